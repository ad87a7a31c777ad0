/**
 * Seeded random events over a small machine, more unruly than any simulator: aliases, moves, unmaps, ranges over pages that are
 * not mapped, slots that belong to another page. Each seed silences some kinds, so that rare mixtures occur.
 */
import { Random } from '../../base/index.js';
import { CARRIERS, EVENT_KINDS, EventBatch, PTE_PRESENT, pteLayout } from '../../traces/index.js';

const FIRST_PAGES = [16, 2 ** 40, 2 ** 52 - 64]; // neighbours in three corners of the address space
const LAYOUT = pteLayout('x86-64');

export function randomEvents(seed: number, events: number): EventBatch {
  const random = new Random(seed);
  const kinds = EVENT_KINDS.filter(
    (definition) => definition.kind === 'write' || definition.kind === 'map' || random.below(4) > 0,
  );
  const batch = new EventBatch(events);
  batch.length = events;
  let harvest = 0;
  for (let row = 0; row < events; row++) {
    const definition =
      random.below(3) === 0 ? kinds.find(({ kind }) => kind === 'write')! : kinds[random.below(kinds.length)]!;
    batch.kind[row] = definition.code;
    batch.time[row] = row * 7;
    batch.cpu[row] = random.below(20) === 0 && !definition.kind.startsWith('tlb') ? -1 : random.below(3);
    batch.space[row] = random.below(2);
    const repeat = row > 0 && random.below(4) === 0;
    batch.page[row] = !definition.hasPage
      ? -1
      : repeat
        ? batch.page[row - 1]!
        : FIRST_PAGES[random.below(3)]! + random.below(12);
    if (definition.hasPage && batch.page[row]! < 0) batch.page[row] = FIRST_PAGES[0]!;
    const present = random.below(4) > 0 ? PTE_PRESENT : 0;
    const flags = present | random.below(64);
    const frame = random.below(30);
    const values: Record<string, number> = {
      pages: random.below(10) === 0 ? 1 + random.below(500) : 1 + random.below(6),
      carrier: 2 + random.below(CARRIERS.length - 2),
      value: random.below(2),
      frame,
      newFrame: frame,
      slot: random.below(16),
      asid: random.below(3),
      flags: random.below(4),
      newLow: LAYOUT.low(flags, frame),
      newHigh: LAYOUT.high(flags, frame),
      scope: random.below(6) === 0 ? 1 + random.below(2) : 0,
      memory: random.below(2),
      reads: random.below(2 ** CARRIERS.length),
    };
    if (definition.kind === 'harvest-begin') harvest++;
    values['harvest'] = harvest;
    if (batch.page[row]! > 2 ** 51) values['pages'] = Math.min(values['pages']!, 6);
    for (const [name, slot] of Object.entries(definition.slot)) batch.slots[slot]![row] = values[name] ?? 0;
  }
  return batch;
}
