/**
 * Tables of pages on top of each other: of a page that is in several, frame and generation are summed up, and all else is as the topmost says.
 * Tables can be put together in any groups, which a recorder does with old ones; all of them together are the state.
 * In format 4 a row says all of a page by itself, so nothing is summed up.
 */
import { PAGE_LIMIT } from '../../../base/index.js';
import { ColumnRoom, OpenTable, type PackedTable, packTable } from '../../codec/table.js';
import { damaged } from '../../codec/varints.js';
import { PAGE_GONE, PageRows } from '../../page-rows.js';
import { type PageScope, rowFrom } from '../../snapshot.js';
import { type Column, filled, PAGE, PagePairs, type PageTable, SPACE } from './page-pairs.js';
import { CHANGE_BOUNDS, STATE_BOUNDS } from './shard-tables.js';
import { RANGE_PAGES, rangeShard } from '../ranges.js';

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
  readonly #pairs = new PagePairs(this.#room);

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
    const isPlaced = newer.length > 1 && this.#pairs.place(stacked);
    // Most rows are of pages that the lowest table has, which is large; the others are put together first.
    for (const table of newer) {
      const news = table.rows - (isPlaced ? this.#pairs.findPlaced(stacked, table) : this.#pairs.find(stacked, table));
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

  /** The pages that all tables together say. The columns of the table are used for it. @throws TrailFormatError */
  rowsOf(stacked: PageTable): PageRows {
    const { rows, columns } = this.withoutGone(stacked);
    const valuesOf = (column: number): Float64Array => filled(this.#room, columns[column]!, rows);
    const frames = valuesOf(FRAME);
    const [bits, against] = [valuesOf(BITS), valuesOf(AGAINST)];
    const [generation, lag] = [valuesOf(GENERATION), valuesOf(LAG)];
    const base = this.#isSummed ? PAGE_GONE : 0;
    for (let row = 0; row < rows; row++) {
      const frame = frames[row]! + base;
      // Sums are anything where a table is damaged.
      if (!(frame > PAGE_GONE && frame < PAGE_LIMIT) || generation[row]! < 0) damaged('its sums cannot be');
      frames[row] = frame;
      // The low 20 bits of the frame; the shift drops what is above them. A remainder takes ten times as long.
      const low = frame < 2 ** 31 ? frame : frame % 2 ** 20;
      bits[row] = (bits[row]! | ((against[row]! ^ low) << 12)) >>> 0;
      lag[row] = generation[row]! - lag[row]!;
    }
    const columnsOf = {
      space: valuesOf(SPACE),
      page: valuesOf(PAGE),
      frame: frames,
      pteLow: bits,
      pteHigh: valuesOf(HIGH),
      marks: valuesOf(MARKS),
      own: valuesOf(OWN),
      generation,
      captured: lag,
      cached: valuesOf(CACHED),
    };
    return new PageRows(rows, (name) => columnsOf[name]);
  }

  /** Of a table only those rows that are in the scope. */
  within({ rows, columns }: PageTable, scope: PageScope): PageTable {
    const spaces = filled(this.#room, columns[SPACE]!, rows);
    const pages = filled(this.#room, columns[PAGE]!, rows);
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
    const spaces = filled(this.#room, columns[SPACE]!, rows);
    const pages = filled(this.#room, columns[PAGE]!, rows);
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

  /** Puts those rows of the newer table that the older one has on top of them. */
  #changeInPlace(older: PageTable, newer: PageTable): Column[] {
    const { at, isThere } = this.#pairs;
    return older.columns.map((below, column) => {
      const above = newer.columns[column]!;
      const isSum = this.#isSum(column);
      if (column <= PAGE || (isSum ? above === 0 : typeof above === 'number' && above === below)) return below;
      const out = filled(this.#room, below, older.rows);
      const values = filled(this.#room, above, newer.rows);
      if (isSum) addAt(out, values, newer.rows, at, isThere);
      else putAt(out, values, newer.rows, at, isThere);
      return out;
    });
  }

  /** Those rows that the older table does not have. */
  #others({ rows, columns }: PageTable, count: number): PageTable {
    const { isThere } = this.#pairs;
    const others = columns.map((column) => {
      if (typeof column === 'number') return column;
      const out = this.#room.take(count);
      for (let row = 0, to = 0; row < rows; row++) if (isThere[row] === 0) out[to++] = column[row]!;
      return out;
    });
    return { rows: count, columns: others };
  }

  #merge(older: PageTable, newer: PageTable): PageTable {
    const rows = older.rows + newer.rows - this.#pairs.find(older, newer);
    const { at, isThere } = this.#pairs;
    const columns = older.columns.map((below, column) => {
      const above = newer.columns[column]!;
      const isSum = this.#isSum(column);
      if (typeof above === 'number' && above === below && (!isSum || above === 0)) return above;
      const out = this.#room.take(rows);
      const olds = filled(this.#room, below, older.rows);
      const news = filled(this.#room, above, newer.rows);
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
}

function addAt(out: Float64Array, values: Float64Array, rows: number, at: Int32Array, isThere: Uint8Array): void {
  for (let row = 0; row < rows; row++) if (isThere[row] === 1) out[at[row]!]! += values[row]!;
}

function putAt(out: Float64Array, values: Float64Array, rows: number, at: Int32Array, isThere: Uint8Array): void {
  for (let row = 0; row < rows; row++) if (isThere[row] === 1) out[at[row]!] = values[row]!;
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
