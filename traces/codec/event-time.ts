/**
 * The time of one event of a chunk. An access says its own by its lag; any other event is so many ns after the one before it, of whatever
 * kind, so its time is summed up from the last access before it (see `times.ts`).
 */
import { bounded, MEANS_LAG_CHANGE, MEANS_SINCE_PREVIOUS, MEANS_VALUE } from './columns.js';
import type { KindStream } from './kind-stream.js';
import { OneColumn } from './one-column.js';
import type { Group, OpenChunk } from './open-chunk.js';
import { COLUMN_BOUNDS, COLUMN_CPU, COLUMN_TIME, COMMON_COLUMNS, KIND_SHAPES } from './shape.js';
import { TIME_LIMIT } from './times.js';
import { damaged } from './varints.js';

const EITHER_WAY = [-TIME_LIMIT, TIME_LIMIT] as const;

/** ns of the event in that row of the chunk. @throws TrailFormatError */
export function timeOfRow(chunk: OpenChunk, stream: KindStream, row: number): number {
  const groups = new Map(chunk.groups.map((group) => [group.code, group]));
  const columns = new Map<number, OneColumn>();
  // Kinds seen on the way back; there may be as many runs as events.
  let seen = 0;
  let run = stream.runOf(row);
  for (; run >= 0; run--) {
    const kind = stream.kinds[run]!;
    if ((seen & (1 << kind)) !== 0) continue;
    const group = groups.get(kind)!;
    if (saysItsLag(chunk, group)) break;
    seen |= 1 << kind;
    const cursor = chunk.column(group, COLUMN_TIME);
    columns.set(kind, new OneColumn(cursor, group.count, MEANS_SINCE_PREVIOUS, EITHER_WAY));
  }
  let time = chunk.timeFirst;
  let at = 0;
  if (run >= 0) {
    at = Math.min(stream.rows[run + 1]!, row + 1);
    const access = stream.before[run]! + at - 1 - stream.rows[run]!;
    time = timeByLag(chunk, groups.get(stream.kinds[run]!)!, access);
  }
  if (at > row) return time;
  const inAnyOrder = [...columns.values()].every((column) => column.isUnsigned);
  return bounded(
    inAnyOrder ? time + sumByKind(stream, columns, at, row) : sumInOrder(time, stream, columns, at, row),
    0,
    TIME_LIMIT,
  );
}

/** Sum of the differences of the rows [from, row], none of which is negative, so that no sum is larger than it all. */
function sumByKind(stream: KindStream, columns: ReadonlyMap<number, OneColumn>, from: number, row: number): number {
  const kinds = [...columns.keys()].reduce((mask, code) => mask | (1 << code), 0);
  const first = stream.countsUpTo(from - 1, kinds);
  const end = stream.countsUpTo(row, kinds);
  let sum = 0;
  for (const [code, column] of columns) sum += column.sum(first[code]!, end[code]!);
  return sum;
}

/** The same from `time` on, where clocks went back: differences may then be so large that only sums in order are exact. */
function sumInOrder(
  time: number,
  stream: KindStream,
  columns: ReadonlyMap<number, OneColumn>,
  from: number,
  row: number,
): number {
  let now = time;
  for (let run = stream.runOf(from); run < stream.count && stream.rows[run]! <= row; run++) {
    const column = columns.get(stream.kinds[run]!)!;
    for (let at = stream.rows[run]!; at < stream.rows[run + 1]! && at <= row; at++) {
      now = bounded(now + column.at(stream.before[run]! + at - stream.rows[run]!), 0, TIME_LIMIT);
    }
  }
  return now;
}

function saysItsLag(chunk: OpenChunk, group: Group): boolean {
  const tag = chunk.tag(group, COLUMN_TIME);
  if (tag === MEANS_LAG_CHANGE && KIND_SHAPES[group.code]!.programSlot >= 0) return true;
  return (tag & 0xf0) === MEANS_SINCE_PREVIOUS ? false : damaged('a time column has an unknown tag');
}

/** Program time and lag of an access, which is the first lag and its CPU's changes since. */
function timeByLag(chunk: OpenChunk, group: Group, at: number): number {
  const { count } = group;
  const cursor = chunk.column(group, COLUMN_TIME);
  cursor.byte();
  let lag = bounded(cursor.signed(), 0, TIME_LIMIT);
  const changes = new OneColumn(cursor, count, MEANS_VALUE, EITHER_WAY);
  const cpu = new OneColumn(chunk.column(group, COLUMN_CPU), count, MEANS_VALUE, COLUMN_BOUNDS[COLUMN_CPU]!);
  if (cpu.constant !== null || changes.constant === 0) lag += changes.sum(0, at + 1);
  else {
    const [cpus, values] = [cpu.values(), changes.values()];
    for (let i = 0; i <= at; i++) if (cpus[i] === cpus[at]) lag += values[i]!;
  }
  const program = chunk.column(group, COMMON_COLUMNS + KIND_SHAPES[group.code]!.programSlot);
  return bounded(lag + new OneColumn(program, count, MEANS_VALUE, [0, TIME_LIMIT]).at(at), 0, TIME_LIMIT);
}
