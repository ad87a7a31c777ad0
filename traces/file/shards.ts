/**
 * A machine snapshot as shards: tables small enough that a checkpoint stores again only what has changed. Pages and frames
 * fall into shards by ranges of 4096 (range modulo 1024, so that scattered pages do not make a shard each); TLB entries by CPU, and
 * those of a device's own TLB are those of CPU -1.
 */
import { PAGE_LIMIT } from '../../base/index.js';
import { MOST_TABLE_ROWS, openTable, type PackedTable, packTable } from '../codec/table.js';
import { damaged } from '../codec/varints.js';
import type { MachineSnapshot } from '../snapshot.js';

/** Pages or frames in one range. */
const RANGE_PAGES = 4096;
/** The greatest CPU number. */
const CPU_MOST = 0x7fff;
/** Shards that ranges are dealt to. */
const RANGE_SHARDS = 1024;

/** A shard by name: `pages:12`, `frames:3`, `tlbs:0`, `tlbs:-1`. */
export interface Shard {
  readonly name: string;
  readonly table: PackedTable;
}

export const SHARD_NAME = /^(?:(?:pages|frames|tlbs):\d{1,5}|tlbs:-1)$/;

const WIDE: readonly [number, number] = [-(2 ** 53), 2 ** 53];
const U8: readonly [number, number] = [0, 0xff];
const U16: readonly [number, number] = [0, 0xffff];
const U32: readonly [number, number] = [0, 0xffff_ffff];
const PAGE: readonly [number, number] = [0, PAGE_LIMIT - 1];
const FRAME: readonly [number, number] = [0, Number.MAX_SAFE_INTEGER];

/** space, page, frame, low bits of the entry, its frame bits against the frame, high half, marks */
const PAGE_BOUNDS = [U16, PAGE, FRAME, [0, 0xfff], [0, 0xf_ffff], U32, U16] as const;
/** frame, generation, generation less captured, memory, cached */
const FRAME_BOUNDS = [FRAME, FRAME, WIDE, U8, FRAME] as const;
/** Format version 1 had no cached. */
const FRAME_COLUMNS_AT_LEAST = 4;
/** slot, space, page, frame, asid, flags */
const TLB_BOUNDS = [U32, U16, PAGE, FRAME, U16, U8] as const;

/** The shards of a snapshot, in a fixed order. */
export function cutIntoShards(snapshot: MachineSnapshot): Shard[] {
  const { pages, frames, tlbs } = snapshot;
  return [
    ...shardsOf('pages', deal(pages.page, rangeShard), (rows) => [
      column(rows, (i) => pages.space[i]!),
      column(rows, (i) => pages.page[i]!, true),
      column(rows, (i) => pages.frame[i]!, true),
      column(rows, (i) => pages.pteLow[i]! & 0xfff),
      column(rows, (i) => (pages.pteLow[i]! >>> 12) ^ (pages.frame[i]! % 2 ** 20)),
      column(rows, (i) => pages.pteHigh[i]!),
      column(rows, (i) => pages.marks[i]!),
    ]),
    ...shardsOf('frames', deal(frames.frame, rangeShard), (rows) => [
      column(rows, (i) => frames.frame[i]!, true),
      column(rows, (i) => frames.generation[i]!),
      column(rows, (i) => frames.generation[i]! - frames.captured[i]!),
      column(rows, (i) => frames.memory[i]!),
      column(rows, (i) => frames.cached[i]!),
    ]),
    ...shardsOf(
      'tlbs',
      deal(tlbs.cpu, (cpu) => cpu),
      (rows) => [
        column(rows, (i) => tlbs.slot[i]!, true),
        column(rows, (i) => tlbs.space[i]!),
        column(rows, (i) => tlbs.page[i]!, true),
        column(rows, (i) => tlbs.frame[i]!, true),
        column(rows, (i) => tlbs.asid[i]!),
        column(rows, (i) => tlbs.flags[i]!),
      ],
    ),
  ];
}

function rangeShard(page: number): number {
  return Math.floor(page / RANGE_PAGES) % RANGE_SHARDS;
}

/** Rows by shard, each list in the order of the rows. */
function deal(keys: Float64Array | Int16Array, shardOf: (key: number) => number): Map<number, number[]> {
  const dealt = new Map<number, number[]>();
  for (let i = 0; i < keys.length; i++) {
    const shard = shardOf(keys[i]!);
    const rows = dealt.get(shard);
    if (rows === undefined) dealt.set(shard, [i]);
    else rows.push(i);
  }
  return new Map([...dealt].sort(([a], [b]) => a - b));
}

function shardsOf(
  part: string,
  dealt: Map<number, number[]>,
  columns: (rows: number[]) => Array<{ values: Float64Array; alike: boolean }>,
): Shard[] {
  return Array.from(dealt, ([shard, rows]) => ({
    name: `${part}:${shard}`,
    table: packTable(columns(rows), rows.length),
  }));
}

function column(
  rows: number[],
  valueOf: (row: number) => number,
  alike = false,
): { values: Float64Array; alike: boolean } {
  const values = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) values[i] = valueOf(rows[i]!);
  return { values, alike };
}

/** The parts of a snapshot that its head row does not hold, put together from shards in any order. */
export function joinShards(
  shards: ReadonlyArray<{ readonly name: string; readonly body: Uint8Array }>,
): Pick<MachineSnapshot, 'pages' | 'frames' | 'tlbs'> {
  let rowsLeft = MOST_TABLE_ROWS;
  const open = (part: string, bounds: ReadonlyArray<readonly [number, number]>, leastColumns = bounds.length) =>
    shards
      .filter(({ name }) => name.startsWith(`${part}:`))
      .map(({ name, body }) => {
        const columns = openTable(body, bounds, rowsLeft, leastColumns);
        rowsLeft -= columns[0]!.length;
        return { number: Number(name.slice(part.length + 1)), columns };
      });
  return {
    pages: joinPages(open('pages', PAGE_BOUNDS).map(({ columns }) => columns)),
    frames: joinFrames(open('frames', FRAME_BOUNDS, FRAME_COLUMNS_AT_LEAST).map(({ columns }) => columns)),
    tlbs: joinTlbs(open('tlbs', TLB_BOUNDS)),
  };
}

/** A stretch of rows of one shard in ascending order, that no other stretch reaches into. */
interface Stretch {
  readonly major: number;
  readonly minor: number;
  readonly columns: readonly Float64Array[];
  readonly from: number;
  readonly to: number;
}

/** Stretches of equal (major, range of minor), sorted; rows within one must ascend, by `tie` where they are equal. */
function stretchesOf(
  shards: ReadonlyArray<readonly Float64Array[]>,
  major: number | null,
  minor: number,
  tie: number | null = null,
): Stretch[] {
  const stretches: Stretch[] = [];
  for (const columns of shards) {
    const majors = major === null ? null : columns[major]!;
    const minors = columns[minor]!;
    for (let from = 0; from < minors.length; ) {
      const key = majors === null ? 0 : majors[from]!;
      const range = Math.floor(minors[from]! / RANGE_PAGES);
      let to = from + 1;
      for (; to < minors.length && (majors === null || majors[to] === key); to++) {
        if (Math.floor(minors[to]! / RANGE_PAGES) !== range) break;
        const ascends =
          minors[to]! > minors[to - 1]! ||
          (tie !== null && minors[to] === minors[to - 1] && columns[tie]![to]! > columns[tie]![to - 1]!);
        if (!ascends) damaged('its rows are out of order');
      }
      stretches.push({ major: key, minor: range, columns, from, to });
      from = to;
    }
  }
  stretches.sort((a, b) => a.major - b.major || a.minor - b.minor);
  for (let i = 1; i < stretches.length; i++) {
    const [a, b] = [stretches[i - 1]!, stretches[i]!];
    if (a.major === b.major && a.minor === b.minor) damaged('two of its shards hold the same range');
  }
  return stretches;
}

function eachRow(
  stretches: readonly Stretch[],
  take: (columns: readonly Float64Array[], row: number, to: number) => void,
): void {
  let to = 0;
  for (const { columns, from, to: end } of stretches) for (let row = from; row < end; row++) take(columns, row, to++);
}

function rowCount(shards: ReadonlyArray<readonly Float64Array[]>): number {
  return shards.reduce((sum, columns) => sum + columns[0]!.length, 0);
}

function joinPages(shards: ReadonlyArray<readonly Float64Array[]>): MachineSnapshot['pages'] {
  const rows = rowCount(shards);
  const pages = {
    space: new Uint16Array(rows),
    page: new Float64Array(rows),
    frame: new Float64Array(rows),
    pteLow: new Uint32Array(rows),
    pteHigh: new Uint32Array(rows),
    marks: new Uint16Array(rows),
  };
  eachRow(stretchesOf(shards, 0, 1), (columns, row, to) => {
    const frame = columns[2]![row]!;
    pages.space[to] = columns[0]![row]!;
    pages.page[to] = columns[1]![row]!;
    pages.frame[to] = frame;
    pages.pteLow[to] = columns[3]![row]! | ((columns[4]![row]! ^ (frame % 2 ** 20)) << 12);
    pages.pteHigh[to] = columns[5]![row]!;
    pages.marks[to] = columns[6]![row]!;
  });
  return pages;
}

function joinFrames(shards: ReadonlyArray<readonly Float64Array[]>): MachineSnapshot['frames'] {
  const rows = rowCount(shards);
  const frames = {
    frame: new Float64Array(rows),
    generation: new Float64Array(rows),
    captured: new Float64Array(rows),
    cached: new Float64Array(rows),
    memory: new Uint8Array(rows),
  };
  // A frame of a guest may have the number of another frame.
  eachRow(stretchesOf(shards, null, 0, 3), (columns, row, to) => {
    const generation = columns[1]![row]!;
    frames.frame[to] = columns[0]![row]!;
    frames.generation[to] = generation;
    frames.captured[to] = generation - columns[2]![row]!;
    frames.memory[to] = columns[3]![row]!;
    frames.cached[to] = columns[4]![row]!;
  });
  return frames;
}

function joinTlbs(
  shards: ReadonlyArray<{ number: number; columns: readonly Float64Array[] }>,
): MachineSnapshot['tlbs'] {
  const rows = rowCount(shards.map(({ columns }) => columns));
  const tlbs = {
    cpu: new Int16Array(rows),
    slot: new Uint32Array(rows),
    space: new Uint16Array(rows),
    page: new Float64Array(rows),
    frame: new Float64Array(rows),
    asid: new Uint16Array(rows),
    flags: new Uint8Array(rows),
  };
  let to = 0;
  if (shards.some(({ number }) => number > CPU_MOST)) damaged('it has a TLB of a CPU that cannot be');
  for (const { number, columns } of [...shards].sort((a, b) => a.number - b.number)) {
    const fields = [tlbs.slot, tlbs.space, tlbs.page, tlbs.frame, tlbs.asid, tlbs.flags];
    for (const [i, field] of fields.entries()) field.set(columns[i]!, to);
    tlbs.cpu.fill(number, to, to + columns[0]!.length);
    to += columns[0]!.length;
  }
  return tlbs;
}
