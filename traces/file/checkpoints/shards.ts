/** A state to be stored, cut into shards (see `shard-tables.ts`) as packed tables. */
import { type PackedTable, packTable } from '../../codec/table.js';
import { type CheckpointState, PAGE_GONE } from '../../page-rows.js';
import type { MachineSnapshot } from '../../snapshot.js';
import { RANGE_PAGES, rangeShard } from '../ranges.js';
import type { PageTable } from './page-pairs.js';

/** A shard by name: `changes:12`, `frames:3`, `tlbs:0`, `tlbs:-1`. */
export interface Shard {
  readonly name: string;
  readonly table: PackedTable;
}

export interface NumberedTable {
  readonly number: number;
  readonly table: PageTable;
}

/** Rows [from, to), one after the other in pairs. */
type Stretches = number[];
type Source = Float64Array | Uint32Array | Uint16Array | Uint8Array | Int16Array;

/** The rows of each `changes` shard, by ascending number: what is to be put on top of what is known. */
export function cutPages({ changed, before }: Pick<CheckpointState, 'changed' | 'before'>): NumberedTable[] {
  return dealRanges(changed.page, changed.space).map(([number, stretches]) => {
    const column = (values: Float64Array) => gather(values, stretches);
    const less = (values: Float64Array, told: Float64Array) => values.map((value, i) => value - told[i]!);
    const frame = column(changed.frame);
    const low = column(changed.pteLow);
    const generation = column(changed.generation);
    const columns = [
      column(changed.space),
      column(changed.page),
      less(frame, column(before.frame)),
      low.map((entry) => entry % 4096),
      // Where the entry names the frame that the page is on, these are zeros.
      low.map((entry, i) => (frame[i] === PAGE_GONE ? 0 : ((entry >>> 12) ^ (frame[i]! % 2 ** 20)) & 0xf_ffff)),
      column(changed.pteHigh),
      column(changed.marks),
      column(changed.own),
      less(generation, column(before.generation)),
      less(generation, column(changed.captured)),
      column(changed.cached),
    ];
    return { number, table: { rows: frame.length, columns } };
  });
}

export function cutFrames(frames: MachineSnapshot['frames']): Shard[] {
  return dealRanges(frames.frame, null).map(([number, stretches]) => {
    const column = (values: Source) => gather(values, stretches);
    const generation = column(frames.generation);
    const captured = column(frames.captured);
    const table = tableOf([
      { values: column(frames.frame), alike: true },
      { values: generation, alike: false },
      { values: generation.map((newest, i) => newest - captured[i]!), alike: false },
      { values: column(frames.memory), alike: false },
      { values: column(frames.cached), alike: false },
      { values: column(frames.mappers), alike: false },
    ]);
    return { name: `frames:${number}`, table };
  });
}

export function cutTlbs(tlbs: MachineSnapshot['tlbs']): Shard[] {
  return dealCpus(tlbs.cpu).map(([cpu, stretches]) => {
    const column = (values: Source) => gather(values, stretches);
    const table = tableOf([
      { values: column(tlbs.slot), alike: true },
      { values: column(tlbs.space), alike: false },
      { values: column(tlbs.page), alike: true },
      { values: column(tlbs.frame), alike: true },
      { values: column(tlbs.asid), alike: false },
      { values: column(tlbs.flags), alike: false },
    ]);
    return { name: `tlbs:${cpu}`, table };
  });
}

function tableOf(columns: Array<{ readonly values: Float64Array; readonly alike: boolean }>): PackedTable {
  return packTable(columns, columns[0]!.values.length);
}

/** The rows of each shard, by ascending shard. Rows are sorted, so those of a range lie together. */
function dealRanges(numbers: Float64Array, spaces: Float64Array | null): Array<[shard: number, Stretches]> {
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
