/** Batches for the tests of the codec, and the naive picture of a batch. */
import { PAGE_LIMIT, type Random } from '../../base/index.js';
import { EventBatch } from '../batch.js';
import { EVENT_KINDS } from '../events/index.js';
import { ALL_KINDS } from './shape.js';

const LARGEST = Number.MAX_SAFE_INTEGER;

/** Numbers as they occur, and the extremes. */
function anyInteger(random: Random, most: number): number {
  switch (random.below(6)) {
    case 0:
      return 0;
    case 1:
      return most;
    case 2:
      return Math.min(most, random.below(100));
    case 3:
      return Math.min(most, random.uint32());
    default:
      return Math.min(most, Math.floor(random.unit() * 2 ** random.below(53)));
  }
}

/** A batch of random kinds; each column is constant, evenly spaced, small or wild, so that every packing occurs. */
export function randomBatch(random: Random, length: number, sane: boolean): EventBatch {
  const batch = new EventBatch(Math.max(1, length));
  batch.length = length;
  batch.firstSeq = 1 + anyInteger(random, 2 ** 40);
  const kinds = EVENT_KINDS.filter(() => random.below(3) === 0);
  if (kinds.length === 0) kinds.push(EVENT_KINDS[random.below(EVENT_KINDS.length)]!);
  const column = (most: number) => {
    const style = random.below(4);
    const start = anyInteger(random, most);
    const step = style === 1 ? random.below(5) - 2 : 0;
    return (i: number) => {
      if (style === 0) return start;
      if (style === 1) return Math.min(most, Math.max(0, start + step * i));
      return style === 2 ? Math.min(most, random.below(300)) : anyInteger(random, most);
    };
  };
  const time = column(2 ** 30);
  const common = [column(0x7fff), column(0xffff), column(0xffff), column(0xffff)];
  // A program's writes: a few places in turn, and now and then somewhere else.
  const places = Array.from({ length: 1 + random.below(24) }, () => anyInteger(random, PAGE_LIMIT - 1));
  const visits = () =>
    random.below(8) === 0 ? anyInteger(random, PAGE_LIMIT - 1) : places[random.below(places.length)]!;
  const page = random.below(2) === 0 ? visits : column(PAGE_LIMIT - 1);
  const fields = Array.from({ length: 6 }, () => column(LARGEST));
  const offset = column(sane ? 4095 : 5000);
  let now = 0;
  for (let i = 0; i < length; i++) {
    const definition = kinds[random.below(kinds.length)]!;
    batch.kind[i] = definition.code;
    now = sane ? Math.min(LARGEST, now + time(i)) : anyInteger(random, LARGEST);
    batch.time[i] = now;
    batch.cpu[i] = common[0]!(i) - 1;
    batch.actor[i] = common[1]!(i);
    batch.space[i] = common[2]!(i);
    batch.step[i] = common[3]!(i);
    batch.page[i] = definition.hasPage ? page(i) : -1;
    if (!sane && random.below(9) === 0) batch.page[i] = -1;
    for (const [slot, field] of Object.values(definition.fields).entries()) {
      const value = field.coding === 'program-time' && sane ? Math.max(0, now - (i % 3)) : fields[slot]!(i);
      batch.slots[slot]![i] = value;
    }
    if ('offset' in definition.slot) batch.slots[definition.slot.offset]![i] = offset(i);
  }
  return batch;
}

/** Every event as a list of numbers; the naive picture that two batches are compared by. */
export function rowsOf(batch: EventBatch, kinds: number = ALL_KINDS): number[][] {
  const rows: number[][] = [];
  for (let i = 0; i < batch.length; i++) {
    const code = batch.kind[i]!;
    if ((kinds & (1 << code)) === 0) continue;
    const definition = EVENT_KINDS.find((candidate) => candidate.code === code)!;
    const fields = Object.keys(definition.fields).map((_, slot) => batch.slots[slot]![i]!);
    const common = [batch.time, batch.cpu, batch.actor, batch.space, batch.step, batch.page].map(
      (column) => column[i]!,
    );
    rows.push([batch.firstSeq + batch.row[i]!, code, ...common, ...fields]);
  }
  return rows;
}
