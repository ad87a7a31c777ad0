/**
 * Tables of pages on top of each other: of a page that is in several, frame and generation are summed up, and all else is as the topmost says.
 * Tables can be put together in any groups, which a recorder does with old ones; all of them together are the state.
 * In format 4 a row says all of a page by itself, so nothing is summed up.
 */
import { PAGE_LIMIT } from '../../base/index.js';
import { ColumnRoom, OpenTable, type PackedTable, packTable } from '../codec/table.js';
import { damaged } from '../codec/varints.js';
import { PAGE_GONE, PageRows } from '../page-rows.js';
import { type PageScope, rowFrom } from '../snapshot.js';
import { CHANGE_BOUNDS, RANGE_PAGES, rangeShard, STATE_BOUNDS } from './shard-tables.js';

/** A number stands for a column in which all rows have it. */
type Column = Float64Array | number;

/** Columns as `CHANGE_BOUNDS` or `STATE_BOUNDS` names them, sorted by (space, page). */
export interface PageTable {
  readonly rows: number;
  readonly columns: readonly Column[];
}

const SPACE = 0;
const PAGE = 1;
const FRAME = 2;
const BITS = 3;
const AGAINST = 4;
const HIGH = 5;
const MARKS = 6;
const OWN = 7;
const GENERATION = 8;
const LAG = 9;
const CACHED = 10;

export class PageStack {
  readonly #isSummed: boolean;
  readonly #bounds: typeof CHANGE_BOUNDS;
  readonly #room = new ColumnRoom();
  /** By row of the newer of two tables: the row of the older one that is of the same page, or else the first one behind it. */
  #at = new Int32Array(0);
  /** By row of the newer one: 1 where the older one has the page. */
  #isThere = new Uint8Array(0);

  constructor(isSummed: boolean) {
    this.#isSummed = isSummed;
    this.#bounds = isSummed ? CHANGE_BOUNDS : STATE_BOUNDS;
  }

  /** All tables that were opened are done with. */
  clear(): void {
    this.#room.clear();
  }

  /** A table as it is stored, whose pages are of that shard. @throws TrailFormatError */
  openSealed(body: Uint8Array, shard: number, mostRows: number): PageTable {
    const table = OpenTable.sealed(body, this.#bounds.length, mostRows);
    if (table.columns < this.#bounds.length) damaged('it lacks columns');
    const opened = this.#columnsOf(table);
    this.#check(opened, shard);
    return opened;
  }

  open(table: PackedTable): PageTable {
    return this.#columnsOf(new OpenTable(table));
  }

  /** All of them as one, the oldest first. Their columns may be used for it. */
  put(tables: readonly PageTable[]): PageTable {
    const [lowest, ...newer] = tables;
    let stacked = lowest!;
    let added: PageTable | null = null;
    // Most rows are of pages that the lowest table has, which is large; the others are put together first.
    for (const table of newer) {
      const news = table.rows - this.#pair(stacked, table);
      stacked = { rows: stacked.rows, columns: this.#changeInPlace(stacked, table) };
      if (news === 0) continue;
      const others = this.#others(table, news);
      added = added === null ? others : this.#merge(added, others);
    }
    return added === null ? stacked : this.#merge(stacked, added);
  }

  /** Without pages that are gone, where no older table has them. */
  withoutGone({ rows, columns }: PageTable): PageTable {
    const frame = columns[FRAME]!;
    const gone = this.#isSummed ? 0 : PAGE_GONE;
    if (typeof frame === 'number') return frame === gone ? { rows: 0, columns } : { rows, columns };
    let left = 0;
    for (let row = 0; row < rows; row++) if (frame[row] !== gone) left++;
    if (left === rows) return { rows, columns };
    const kept = columns.map((column) => {
      if (typeof column === 'number') return column;
      const out = this.#room.take(left);
      for (let row = 0, to = 0; row < rows; row++) if (frame[row] !== gone) out[to++] = column[row]!;
      return out;
    });
    return { rows: left, columns: kept };
  }

  /** The pages that all tables together say. @throws TrailFormatError */
  rowsOf(stacked: PageTable): PageRows {
    const { rows, columns } = this.withoutGone(stacked);
    const values = columns.map((column) => this.#filled(column, rows));
    const out = new PageRows(rows, (length) => this.#room.take(length));
    out.space.set(values[SPACE]!);
    out.page.set(values[PAGE]!);
    out.pteHigh.set(values[HIGH]!);
    out.marks.set(values[MARKS]!);
    out.own.set(values[OWN]!);
    out.generation.set(values[GENERATION]!);
    out.cached.set(values[CACHED]!);
    const [frames, bits, against, lag] = [values[FRAME]!, values[BITS]!, values[AGAINST]!, values[LAG]!];
    const base = this.#isSummed ? PAGE_GONE : 0;
    for (let row = 0; row < rows; row++) {
      const frame = frames[row]! + base;
      // Sums are anything where a table is damaged.
      if (!(frame > PAGE_GONE && frame < PAGE_LIMIT) || out.generation[row]! < 0) damaged('its sums cannot be');
      out.frame[row] = frame;
      out.pteLow[row] = (bits[row]! | ((against[row]! ^ (frame % 2 ** 20)) << 12)) >>> 0;
      out.captured[row] = out.generation[row]! - lag[row]!;
    }
    return out;
  }

  /** Of a table only those rows that are in the scope. */
  within({ rows, columns }: PageTable, scope: PageScope): PageTable {
    const spaces = this.#filled(columns[SPACE]!, rows);
    const pages = this.#filled(columns[PAGE]!, rows);
    const from = rowFrom(spaces, pages, scope.space, scope.from);
    const to = rowFrom(spaces, pages, scope.space, scope.to);
    return {
      rows: to - from,
      columns: columns.map((column) => (typeof column === 'number' ? column : column.subarray(from, to))),
    };
  }

  #columnsOf(table: OpenTable): PageTable {
    const columns = this.#bounds.map((bounds, index): Column => {
      const column = table.column(index, bounds, this.#room);
      return column.constant ?? column.values();
    });
    return { rows: table.rows, columns };
  }

  /** Rows ascend, and are of that shard. */
  #check({ rows, columns }: PageTable, shard: number): void {
    const spaces = this.#filled(columns[SPACE]!, rows);
    const pages = this.#filled(columns[PAGE]!, rows);
    let range = -1;
    for (let row = 0; row < rows; row++) {
      const page = pages[row]!;
      const ascends = row === 0 || page > pages[row - 1]! || spaces[row]! > spaces[row - 1]!;
      if (!ascends || (row > 0 && spaces[row]! < spaces[row - 1]!)) damaged('its rows are out of order');
      if (range >= 0 && page >= range && page < range + RANGE_PAGES) continue;
      if (rangeShard(page) !== shard) damaged('it has a page of another shard');
      range = page - (page % RANGE_PAGES);
    }
  }

  /** Finds the rows of the newer table in the older one; how many are there. */
  #pair(older: PageTable, newer: PageTable): number {
    if (this.#at.length < newer.rows) {
      this.#at = new Int32Array(2 * newer.rows);
      this.#isThere = new Uint8Array(2 * newer.rows);
    }
    const oldPages = this.#filled(older.columns[PAGE]!, older.rows);
    const newPages = this.#filled(newer.columns[PAGE]!, newer.rows);
    const [oldSpace, newSpace] = [older.columns[SPACE]!, newer.columns[SPACE]!];
    if (typeof newSpace === 'number' && oldSpace === newSpace)
      return pairPages(oldPages, newPages, this.#at, this.#isThere);
    const oldSpaces = this.#filled(oldSpace, older.rows);
    const newSpaces = this.#filled(newSpace, newer.rows);
    let found = 0;
    for (let row = 0, at = 0; row < newer.rows; row++) {
      const space = newSpaces[row]!;
      const page = newPages[row]!;
      while (at < older.rows && (oldSpaces[at]! < space || (oldSpaces[at] === space && oldPages[at]! < page))) at++;
      const isThere = at < older.rows && oldPages[at] === page && oldSpaces[at] === space;
      this.#at[row] = at;
      this.#isThere[row] = isThere ? 1 : 0;
      if (isThere) found++;
    }
    return found;
  }

  /** Puts those rows of the newer table that the older one has on top of them. */
  #changeInPlace(older: PageTable, newer: PageTable): Column[] {
    const at = this.#at;
    const isThere = this.#isThere;
    return older.columns.map((below, column) => {
      const above = newer.columns[column]!;
      const isSum = this.#isSum(column);
      if (column <= PAGE || (isSum ? above === 0 : typeof above === 'number' && above === below)) return below;
      const out = this.#filled(below, older.rows);
      const values = this.#filled(above, newer.rows);
      for (let row = 0; row < newer.rows; row++) {
        if (isThere[row] === 0) continue;
        const to = at[row]!;
        out[to] = isSum ? out[to]! + values[row]! : values[row]!;
      }
      return out;
    });
  }

  /** Those rows that the older table does not have. */
  #others({ rows, columns }: PageTable, count: number): PageTable {
    const isThere = this.#isThere;
    const others = columns.map((column) => {
      if (typeof column === 'number') return column;
      const out = this.#room.take(count);
      for (let row = 0, to = 0; row < rows; row++) if (isThere[row] === 0) out[to++] = column[row]!;
      return out;
    });
    return { rows: count, columns: others };
  }

  #merge(older: PageTable, newer: PageTable): PageTable {
    const rows = older.rows + newer.rows - this.#pair(older, newer);
    const at = this.#at;
    const isThere = this.#isThere;
    const columns = older.columns.map((below, column) => {
      const above = newer.columns[column]!;
      const isSum = this.#isSum(column);
      if (typeof above === 'number' && above === below && (!isSum || above === 0)) return above;
      const out = this.#room.take(rows);
      const olds = this.#filled(below, older.rows);
      const news = this.#filled(above, newer.rows);
      let to = 0;
      let from = 0;
      for (let row = 0; row < newer.rows; row++) {
        for (const end = at[row]!; from < end; from++) out[to++] = olds[from]!;
        const value = news[row]!;
        if (isThere[row] === 0) out[to++] = value;
        else {
          out[to++] = isSum ? olds[from]! + value : value;
          from++;
        }
      }
      while (from < older.rows) out[to++] = olds[from++]!;
      return out;
    });
    return { rows, columns };
  }

  #isSum(column: number): boolean {
    return this.#isSummed && (column === FRAME || column === GENERATION);
  }

  #filled(column: Column, rows: number): Float64Array {
    return typeof column === 'number' ? this.#room.take(rows).fill(column) : column;
  }
}

/** Finds ascending numbers among others; how many are there. */
function pairPages(olds: Float64Array, news: Float64Array, ats: Int32Array, isThere: Uint8Array): number {
  // Of few numbers each is looked for by steps that double, of many the next one is near.
  const leap = news.length * 8 < olds.length;
  let found = 0;
  let at = 0;
  for (let row = 0; row < news.length; row++) {
    const page = news[row]!;
    if (leap) {
      let step = 1;
      for (; at + step < olds.length && olds[at + step]! < page; step *= 2) at += step;
      // Somewhere in the last step, of which the first half is known to come before.
      for (; step >= 1; step >>= 1) if (at + step < olds.length && olds[at + step]! < page) at += step;
    }
    while (at < olds.length && olds[at]! < page) at++;
    const is = at < olds.length && olds[at] === page;
    ats[row] = at;
    isThere[row] = is ? 1 : 0;
    if (is) found++;
  }
  return found;
}

/** @param isFirst whether no other table lies below it */
export function packPages({ rows, columns }: PageTable, isFirst: boolean): PackedTable {
  const packed = columns.map((column, index) => ({
    values: typeof column === 'number' ? new Float64Array(rows).fill(column) : column,
    // Frames are often given out in the order of pages; most differences to older ones are 0.
    alike: index === PAGE || (index === FRAME && isFirst),
  }));
  return packTable(packed, rows);
}
