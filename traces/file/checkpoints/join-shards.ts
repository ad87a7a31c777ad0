/** Columns of a machine snapshot put together from the shards of a checkpoint (see `shard-tables.ts`), all of them or those of some pages. */
import { MOST_TABLE_ROWS, openTable } from '../../codec/table.js';
import { damaged } from '../../codec/varints.js';
import type { MachineSnapshot } from '../../snapshot.js';
import type { PageTable } from './page-pairs.js';
import type { PageStack } from './page-stack.js';
import {
  CPU_MOST,
  FRAME_BOUNDS,
  FRAME_COLUMNS_AT_LEAST,
  MAP_BOUNDS,
  MOST_STACKED,
  PAGES_BOUNDS,
  PTE_BOUNDS,
  type ShardPart,
} from './shard-tables.js';
import { RANGE_PAGES } from '../ranges.js';

export interface ShardBody {
  readonly part: ShardPart;
  readonly number: number;
  readonly body: Uint8Array;
}

type Columns = readonly Float64Array[];
type Bounds = ReadonlyArray<readonly [number, number]>;

/** Opens the tables of one checkpoint; together they have a bounded number of rows, so that a hostile one costs a bounded amount of memory. */
export class ShardOpener {
  #rowsLeft = MOST_TABLE_ROWS;
  /** The same for tables on top of each other, by layer: each has a page once. */
  readonly #leftInLayer = Array.from({ length: MOST_STACKED }, () => MOST_TABLE_ROWS);

  open(body: Uint8Array, bounds: Bounds, leastColumns = bounds.length): Columns {
    const columns = openTable(body, bounds, this.#rowsLeft, leastColumns);
    this.#rowsLeft -= columns[0]!.length;
    return columns;
  }

  /** A table of pages of that shard, which so many others lie below. */
  openPages(stack: PageStack, body: Uint8Array, shard: number, layer: number): PageTable {
    const table = stack.openSealed(body, shard, this.#leftInLayer[layer]!);
    this.#leftInLayer[layer]! -= table.rows;
    return table;
  }
}

/** Pages of trails before format 4: from `maps` and `ptes`, or from `pages`. */
export function joinPages(opener: ShardOpener, bodies: readonly ShardBody[]): MachineSnapshot['pages'] {
  const of = (part: ShardPart) => bodies.filter((body) => body.part === part);
  const ptes = new Map(of('ptes').map((body) => [body.number, opener.open(body.body, PTE_BOUNDS)]));
  const tables = of('pages').map((body) => opener.open(body.body, PAGES_BOUNDS));
  for (const body of of('maps')) {
    const maps = opener.open(body.body, MAP_BOUNDS);
    const entries = ptes.get(body.number);
    if (entries?.[0]!.length !== maps[0]!.length) damaged('the entries of its pages are not as many as the pages');
    tables.push([...maps, ...entries!]);
  }
  if (of('maps').length !== ptes.size) damaged('it has entries of pages that lie nowhere');
  const stretches = stretchesOf(tables, 0, 1, null);
  const rows = rowCount(tables);
  const pages = {
    space: new Uint16Array(rows),
    page: new Float64Array(rows),
    frame: new Float64Array(rows),
    pteLow: new Uint32Array(rows),
    pteHigh: new Uint32Array(rows),
    marks: new Uint16Array(rows),
  };
  let to = 0;
  for (const { columns, from, end } of stretches) {
    const [space, page, frame, bits, against, high, marks] = columns;
    pages.space.set(space!.subarray(from, end), to);
    pages.page.set(page!.subarray(from, end), to);
    pages.frame.set(frame!.subarray(from, end), to);
    pages.pteHigh.set(high!.subarray(from, end), to);
    pages.marks.set(marks!.subarray(from, end), to);
    for (let row = from; row < end; row++)
      pages.pteLow[to++] = bits![row]! | ((against![row]! ^ (frame![row]! % 2 ** 20)) << 12);
  }
  return pages;
}

export function joinFrames(opener: ShardOpener, bodies: readonly ShardBody[]): MachineSnapshot['frames'] {
  const tables = bodies.map((body) => opener.open(body.body, FRAME_BOUNDS, FRAME_COLUMNS_AT_LEAST));
  const rows = rowCount(tables);
  const frames = {
    frame: new Float64Array(rows),
    generation: new Float64Array(rows),
    captured: new Float64Array(rows),
    cached: new Float64Array(rows),
    memory: new Uint8Array(rows),
    mappers: new Uint32Array(rows),
  };
  let to = 0;
  // A frame of a guest may have the number of another frame.
  for (const { columns, from, end } of stretchesOf(tables, null, 0, 3)) {
    const [frame, generation, lag, memory, cached, mappers] = columns;
    frames.frame.set(frame!.subarray(from, end), to);
    frames.generation.set(generation!.subarray(from, end), to);
    frames.memory.set(memory!.subarray(from, end), to);
    frames.cached.set(cached!.subarray(from, end), to);
    frames.mappers.set(mappers!.subarray(from, end), to);
    for (let row = from; row < end; row++) frames.captured[to++] = generation![row]! - lag![row]!;
  }
  return frames;
}

export function joinTlbs(tables: ReadonlyArray<{ cpu: number; columns: Columns }>): MachineSnapshot['tlbs'] {
  const rows = rowCount(tables.map(({ columns }) => columns));
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
  if (tables.some(({ cpu }) => cpu > CPU_MOST)) damaged('it has a TLB of a CPU that cannot be');
  for (const { cpu, columns } of [...tables].sort((a, b) => a.cpu - b.cpu)) {
    const fields = [tlbs.slot, tlbs.space, tlbs.page, tlbs.frame, tlbs.asid, tlbs.flags];
    for (const [i, field] of fields.entries()) field.set(columns[i]!, to);
    tlbs.cpu.fill(cpu, to, to + columns[0]!.length);
    to += columns[0]!.length;
  }
  return tlbs;
}

/** A stretch of rows of one shard in ascending order, that no other stretch reaches into. */
interface Stretch {
  readonly major: number;
  readonly minor: number;
  readonly columns: Columns;
  readonly from: number;
  readonly end: number;
}

/** Stretches of equal (major, range of minor), sorted; rows within one must ascend, by `tie` where they are equal. */
function stretchesOf(tables: readonly Columns[], major: number | null, minor: number, tie: number | null): Stretch[] {
  const stretches: Stretch[] = [];
  for (const columns of tables) {
    const majors = major === null ? null : columns[major]!;
    const minors = columns[minor]!;
    const ties = tie === null ? null : columns[tie]!;
    for (let from = 0; from < minors.length; ) {
      const key = majors === null ? 0 : majors[from]!;
      const range = Math.floor(minors[from]! / RANGE_PAGES);
      const limit = (range + 1) * RANGE_PAGES;
      let end = from + 1;
      for (; end < minors.length && (majors === null || majors[end] === key); end++) {
        const number = minors[end]!;
        const before = minors[end - 1]!;
        if (number >= limit || number < limit - RANGE_PAGES) break;
        if (number < before || (number === before && (ties === null || ties[end]! <= ties[end - 1]!)))
          damaged('its rows are out of order');
      }
      stretches.push({ major: key, minor: range, columns, from, end });
      from = end;
    }
  }
  stretches.sort((a, b) => a.major - b.major || a.minor - b.minor);
  for (let i = 1; i < stretches.length; i++) {
    const [a, b] = [stretches[i - 1]!, stretches[i]!];
    if (a.major === b.major && a.minor === b.minor) damaged('two of its shards hold the same range');
  }
  return stretches;
}

function rowCount(tables: readonly Columns[]): number {
  return tables.reduce((sum, columns) => sum + columns[0]!.length, 0);
}
