/**
 * Seeded random events over a small machine, more unruly than any simulator: several spaces, aliases, moves, unmaps, huge entries, a
 * device with a TLB, ranges over pages that are not mapped, slots that belong to another page. Each seed silences some kinds, so that rare
 * mixtures occur; every second one has a guest, and half of each a device that does not snoop.
 */
import { Random } from '../../base/index.js';
import { CARRIERS, EVENT_KINDS, EventBatch, PTE_PRESENT, pteLayout, type TrailMeta } from '../../traces/index.js';
import { DRAWN_META } from './drawn.js';

const FIRST_PAGES = [512, 2 ** 40, 2 ** 52 - 64]; // neighbours in three corners of the address space; two begin a table

/** The meta of the trail that `randomEvents` makes of a seed. */
export function randomMeta(seed: number): TrailMeta {
  return {
    ...DRAWN_META,
    actors: ['thread', 'device'],
    options: seed & 2 ? { nonCoherent: 1 } : {},
    spaces: [
      { kind: 'mm', layout: 'x86-64' },
      seed & 1
        ? { kind: 'second-stage', layout: 'ept', carriers: ['pte-dirty', 'pml-buffer'] }
        : { kind: 'mm', layout: 'arm64', carriers: ['uffd-wp', 'shadow-copy'] },
    ],
  };
}

export function randomEvents(seed: number, events: number): EventBatch {
  const random = new Random(seed);
  const { spaces } = randomMeta(seed);
  const kinds = EVENT_KINDS.filter(
    (definition) => definition.kind === 'write' || definition.kind === 'map' || random.below(4) > 0,
  );
  const batch = new EventBatch(events);
  batch.length = events;
  let harvest = 0;
  const entries = new Map<string, readonly [low: number, high: number]>();
  for (let row = 0; row < events; row++) {
    const definition =
      random.below(3) === 0 ? kinds.find(({ kind }) => kind === 'write')! : kinds[random.below(kinds.length)]!;
    batch.kind[row] = definition.code;
    batch.time[row] = row * 7;
    batch.cpu[row] = random.below(10) === 0 ? -1 : random.below(3);
    batch.actor[row] = random.below(2);
    batch.space[row] = random.below(2);
    const repeat = row > 0 && random.below(4) === 0;
    batch.page[row] = !definition.hasPage
      ? -1
      : repeat
        ? batch.page[row - 1]!
        : FIRST_PAGES[random.below(3)]! + random.below(12);
    if (definition.hasPage && batch.page[row]! < 0) batch.page[row] = FIRST_PAGES[0]!;
    const present = random.below(4) > 0 ? PTE_PRESENT : 0;
    const layout = pteLayout(spaces[batch.space[row]!]!.layout);
    const flags = present | (random.below(256) & layout.keeps);
    const frame = 510 + random.below(30);
    const values: Record<string, number> = {
      pages: random.below(10) === 0 ? 1 + random.below(500) : 1 + random.below(6),
      carrier: 2 + random.below(CARRIERS.length - 2),
      value: random.below(2),
      frame,
      newFrame: frame,
      slot: random.below(16),
      asid: random.below(3),
      flags: random.below(8),
      newLow: layout.low(flags, frame),
      newHigh: layout.high(flags, frame),
      scope: random.below(6) === 0 ? 1 + random.below(2) : 0,
      memory: random.below(3),
      reads: random.below(2 ** CARRIERS.length),
    };
    const place = `${batch.space[row]} ${batch.page[row]}`;
    [values['oldLow'], values['oldHigh']] = entries.get(place) ?? [0, 0];
    if (definition.kind === 'pte') entries.set(place, [values['newLow']!, values['newHigh']!]);
    if (definition.kind === 'unmap') entries.delete(place);
    if (definition.kind === 'harvest-begin') harvest++;
    values['harvest'] = harvest;
    if (batch.page[row]! > 2 ** 51) values['pages'] = Math.min(values['pages']!, 6);
    for (const [name, slot] of Object.entries(definition.slot)) batch.slots[slot]![row] = values[name] ?? 0;
  }
  return batch;
}
