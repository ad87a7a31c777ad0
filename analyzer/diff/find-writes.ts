/**
 * Finds single writes of a trail by their place: the n-th of a CPU, or of a page. A write that did nothing but write has left no trace in
 * the comparison, so what is to be shown of it is looked up afterwards. By CPU only the chunks that hold one are read, because the
 * comparison has noted how many writes of each CPU come before each chunk.
 */
import { batchFor, type EventSource, seqOf } from '../../replayer/index.js';
import { EventBatch, kindMask, write } from '../../traces/index.js';

export interface FoundWrite {
  readonly seq: number;
  readonly cpu: number;
  readonly ordinal: number;
  readonly space: number;
  readonly page: number;
  readonly offset: number;
  readonly size: number;
}

/** The `order`-th write, from 1, of a CPU or of a page. */
export type WantedWrite =
  | { readonly cpu: number; readonly order: number }
  | { readonly space: number; readonly page: number; readonly order: number };

/** Looks writes of one side up. */
export type Find = (side: 0 | 1, wanted: readonly WantedWrite[]) => Array<FoundWrite | null>;

/** By chunk: writes of each CPU (by its number + 1) that come before it; undefined for none. */
export type WritesBefore = ReadonlyArray<ReadonlyArray<number | undefined>>;

const WRITES_ONLY = kindMask(write.kind);

/** The places that are looked for in one CPU or page: which indices of the answer an order stands for. */
class Places {
  readonly #indices = new Map<number, number[]>();
  seen = 0;

  want(order: number, index: number): void {
    this.#indices.set(order, [...(this.#indices.get(order) ?? []), index]);
  }

  at(order: number): readonly number[] | undefined {
    return this.#indices.get(order);
  }

  anyIn(from: number, to: number): boolean {
    return [...this.#indices.keys()].some((order) => order >= from && order <= to);
  }
}

/** What was wanted, in its order; null for what the trail does not have. Throws an `InputError` when it cannot be read. */
export function findWrites(
  source: EventSource,
  wanted: readonly WantedWrite[],
  before: WritesBefore,
): Array<FoundWrite | null> {
  const found: Array<FoundWrite | null> = wanted.map(() => null);
  const byCpu = new Map<number, Places>();
  const byPage = new Map<number, Map<number, Places>>();
  wanted.forEach((one, index) => {
    if ('cpu' in one) entry(byCpu, one.cpu, () => new Places()).want(one.order, index);
    else
      entry(
        entry(byPage, one.space, () => new Map<number, Places>()),
        one.page,
        () => new Places(),
      ).want(one.order, index);
  });
  let left = wanted.length;
  const batch = batchFor(source);
  for (let chunk = 0; chunk < source.chunks.length && left > 0; chunk++) {
    const ordinals = [...(before[chunk] ?? [])];
    const after = before[chunk + 1];
    const inCpu = ([cpu, places]: [number, Places]) =>
      places.anyIn((ordinals[cpu + 1] ?? 0) + 1, after === undefined ? Infinity : (after[cpu + 1] ?? 0));
    if (byPage.size === 0 && ![...byCpu].some(inCpu)) continue;
    source.readChunk(chunk, batch, WRITES_ONLY);
    for (let row = 0; row < batch.length && left > 0; row++) {
      if (batch.kind[row] !== write.code) continue;
      const [cpu, space, page] = [batch.cpu[row]!, batch.space[row]!, batch.page[row]!];
      const ordinal = (ordinals[cpu + 1] ?? 0) + 1;
      ordinals[cpu + 1] = ordinal;
      const places = byPage.get(space)?.get(page);
      const indices = byCpu.get(cpu)?.at(ordinal) ?? places?.at(places.seen + 1);
      if (places !== undefined) places.seen++;
      if (indices === undefined) continue;
      const [offset, size] = [batch.slots[write.slot.offset]![row]!, batch.slots[write.slot.size]![row]!];
      for (const index of indices) found[index] = { seq: seqOf(batch, row), cpu, ordinal, space, page, offset, size };
      left -= indices.length;
    }
  }
  return found;
}

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

/** Seq of the write at that position among all writes, from 1; 0 where there is none. */
export function seqOfWrite(source: EventSource, position: number): number {
  let before = 0;
  for (let chunk = 0; chunk < source.chunks.length; chunk++) {
    const writes = source.chunks[chunk]!.counts[write.kind] ?? 0;
    if (position > before && position <= before + writes) {
      const batch = new EventBatch(source.chunks[chunk]!.events);
      source.readChunk(chunk, batch, WRITES_ONLY);
      for (let row = 0; row < batch.length; row++)
        if (batch.kind[row] === write.code && ++before === position) return seqOf(batch, row);
    }
    before += writes;
  }
  return 0;
}
