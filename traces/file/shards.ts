/** A machine snapshot cut into shards (see `shard-tables.ts`), as packed tables. */
import { type PackedTable, packTable } from '../codec/table.js';
import type { MachineSnapshot } from '../snapshot.js';
import { RANGE_PAGES, rangeShard } from './shard-tables.js';

/** A shard by name: `maps:12`, `frames:3`, `tlbs:0`, `tlbs:-1`. */
export interface Shard {
  readonly name: string;
  readonly table: PackedTable;
}

/** Rows [from, to) of the snapshot, one after the other in pairs. */
type Stretches = number[];
type Source = Float64Array | Uint32Array | Uint16Array | Uint8Array | Int16Array;

/** The shards of a snapshot, in a fixed order. */
export function cutIntoShards(snapshot: MachineSnapshot): Shard[] {
  const { pages, frames, tlbs } = snapshot;
  const shards: Shard[] = [];
  for (const [shard, stretches] of dealRanges(pages.page, pages.space)) {
    const low = gather(pages.pteLow, stretches);
    const frame = gather(pages.frame, stretches);
    const bits = Float64Array.from(low, (entry) => entry % 4096);
    // Where the entry names the frame that the page is on, these are zeros.
    const against = low.map((entry, i) => ((entry >>> 12) ^ (frame[i]! % 2 ** 20)) & 0xf_ffff);
    shards.push(
      shardOf(`maps:${shard}`, [
        { values: gather(pages.space, stretches), alike: false },
        { values: gather(pages.page, stretches), alike: true },
        { values: frame, alike: true },
      ]),
      shardOf(`ptes:${shard}`, [
        { values: bits, alike: false },
        { values: against, alike: false },
        { values: gather(pages.pteHigh, stretches), alike: false },
        { values: gather(pages.marks, stretches), alike: false },
      ]),
    );
  }
  for (const [shard, stretches] of dealRanges(frames.frame, null)) {
    const generation = gather(frames.generation, stretches);
    const captured = gather(frames.captured, stretches);
    shards.push(
      shardOf(`frames:${shard}`, [
        { values: gather(frames.frame, stretches), alike: true },
        { values: generation, alike: false },
        { values: generation.map((newest, i) => newest - captured[i]!), alike: false },
        { values: gather(frames.memory, stretches), alike: false },
        { values: gather(frames.cached, stretches), alike: false },
        { values: gather(frames.mappers, stretches), alike: false },
      ]),
    );
  }
  for (const [cpu, stretches] of dealCpus(tlbs.cpu)) {
    shards.push(
      shardOf(`tlbs:${cpu}`, [
        { values: gather(tlbs.slot, stretches), alike: true },
        { values: gather(tlbs.space, stretches), alike: false },
        { values: gather(tlbs.page, stretches), alike: true },
        { values: gather(tlbs.frame, stretches), alike: true },
        { values: gather(tlbs.asid, stretches), alike: false },
        { values: gather(tlbs.flags, stretches), alike: false },
      ]),
    );
  }
  return shards;
}

function shardOf(name: string, columns: Array<{ readonly values: Float64Array; readonly alike: boolean }>): Shard {
  return { name, table: packTable(columns, columns[0]!.values.length) };
}

/** The rows of each shard, by ascending shard. Rows are sorted, so those of a range lie together. */
function dealRanges(numbers: Float64Array, spaces: Uint16Array | null): Array<[shard: number, Stretches]> {
  const dealt = new Map<number, Stretches>();
  for (let from = 0; from < numbers.length; ) {
    const end = (Math.floor(numbers[from]! / RANGE_PAGES) + 1) * RANGE_PAGES;
    const space = spaces?.[from];
    let to = from + 1;
    while (to < numbers.length && numbers[to]! < end && numbers[to]! >= numbers[from]! && spaces?.[to] === space) to++;
    push(dealt, rangeShard(numbers[from]!), from, to);
    from = to;
  }
  return [...dealt].sort(([a], [b]) => a - b);
}

function dealCpus(cpus: Int16Array): Array<[cpu: number, Stretches]> {
  const dealt = new Map<number, Stretches>();
  for (let from = 0; from < cpus.length; ) {
    let to = from + 1;
    while (to < cpus.length && cpus[to] === cpus[from]) to++;
    push(dealt, cpus[from]!, from, to);
    from = to;
  }
  return [...dealt].sort(([a], [b]) => a - b);
}

function push(dealt: Map<number, Stretches>, shard: number, from: number, to: number): void {
  const stretches = dealt.get(shard);
  if (stretches === undefined) dealt.set(shard, [from, to]);
  else stretches.push(from, to);
}

function gather(column: Source, stretches: Stretches): Float64Array {
  let rows = 0;
  for (let i = 0; i < stretches.length; i += 2) rows += stretches[i + 1]! - stretches[i]!;
  const values = new Float64Array(rows);
  for (let i = 0, at = 0; i < stretches.length; i += 2) {
    values.set(column.subarray(stretches[i]!, stretches[i + 1]!), at);
    at += stretches[i + 1]! - stretches[i]!;
  }
  return values;
}
