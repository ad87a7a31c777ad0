/** Which rows of two tables are of the same page: how tables of pages on top of each other find together. */
import type { ColumnRoom } from '../../codec/table.js';
import { RANGE_PAGES } from '../ranges.js';

/** A number stands for a column in which all rows have it. */
export type Column = Float64Array | number;

/** Columns as `CHANGE_BOUNDS` or `STATE_BOUNDS` names them, sorted by (space, page). */
export interface PageTable {
  readonly rows: number;
  readonly columns: readonly Column[];
}

/** The first two columns. */
export const SPACE = 0;
export const PAGE = 1;

export class PagePairs {
  /** By row of the newer table: the row of the older one that is of the same page, or else the first one behind it. */
  at = new Int32Array(0);
  /** By row of the newer one: 1 where the older one has the page. */
  isThere = new Uint8Array(0);
  readonly #room: ColumnRoom;
  /** By page of a range: 1 + its row in the table that was placed; 0 for none. */
  readonly #rowAt = new Uint16Array(RANGE_PAGES);

  constructor(room: ColumnRoom) {
    this.#room = room;
  }

  /** Finds the rows of the newer table in the older one; how many are there. */
  find(older: PageTable, newer: PageTable): number {
    this.#makeRoom(newer.rows);
    const oldPages = filled(this.#room, older.columns[PAGE]!, older.rows);
    const newPages = filled(this.#room, newer.columns[PAGE]!, newer.rows);
    const [oldSpace, newSpace] = [older.columns[SPACE]!, newer.columns[SPACE]!];
    if (typeof newSpace === 'number' && oldSpace === newSpace)
      return findPages(oldPages, newPages, this.at, this.isThere);
    const oldSpaces = filled(this.#room, oldSpace, older.rows);
    const newSpaces = filled(this.#room, newSpace, newer.rows);
    let found = 0;
    for (let row = 0, at = 0; row < newer.rows; row++) {
      const space = newSpaces[row]!;
      const page = newPages[row]!;
      while (at < older.rows && (oldSpaces[at]! < space || (oldSpaces[at] === space && oldPages[at]! < page))) at++;
      const isThere = at < older.rows && oldPages[at] === page && oldSpaces[at] === space;
      this.at[row] = at;
      this.isThere[row] = isThere ? 1 : 0;
      if (isThere) found++;
    }
    return found;
  }

  /** Notes where each page of the table is, for several to be looked for there; false where they are not all of one range in one space. */
  place({ rows, columns }: PageTable): boolean {
    const pages = columns[PAGE]!;
    if (typeof columns[SPACE] !== 'number' || typeof pages === 'number' || rows === 0) return false;
    const base = rangeStart(pages[0]!);
    if (pages[rows - 1]! >= base + RANGE_PAGES) return false;
    this.#rowAt.fill(0);
    for (let row = 0; row < rows; row++) this.#rowAt[pages[row]! - base] = row + 1;
    return true;
  }

  /** As `find` in the table that was placed. Of pages that are not there, it is not said what comes behind them. */
  findPlaced(older: PageTable, newer: PageTable): number {
    if (newer.columns[SPACE] !== older.columns[SPACE]) return this.find(older, newer);
    this.#makeRoom(newer.rows);
    const base = rangeStart((older.columns[PAGE] as Float64Array)[0]!);
    const pages = filled(this.#room, newer.columns[PAGE]!, newer.rows);
    return findInRange(this.#rowAt, base, pages, this.at, this.isThere);
  }

  #makeRoom(rows: number): void {
    if (this.at.length >= rows) return;
    this.at = new Int32Array(2 * rows);
    this.isThere = new Uint8Array(2 * rows);
  }
}

/** The values of a column. */
export function filled(room: ColumnRoom, column: Column, rows: number): Float64Array {
  return typeof column === 'number' ? room.take(rows).fill(column) : column;
}

function rangeStart(page: number): number {
  return page - (page % RANGE_PAGES);
}

/** Finds pages of the range that begins at `base`; how many are there. */
function findInRange(
  rowAt: Uint16Array,
  base: number,
  pages: Float64Array,
  at: Int32Array,
  isThere: Uint8Array,
): number {
  let found = 0;
  for (let row = 0; row < pages.length; row++) {
    const offset = pages[row]! - base;
    const place = offset >= 0 && offset < rowAt.length ? rowAt[offset]! : 0;
    at[row] = place - 1;
    isThere[row] = place > 0 ? 1 : 0;
    if (place > 0) found++;
  }
  return found;
}

/** Finds ascending numbers among others; how many are there. */
function findPages(olds: Float64Array, news: Float64Array, ats: Int32Array, isThere: Uint8Array): number {
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
