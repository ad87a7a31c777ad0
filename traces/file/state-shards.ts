/** A `state` shard read back: its whole rows with the changes that checkpoints since then have stored, the later ones first in what they say. */
import type { ColumnRoom } from '../codec/table.js';
import { damaged } from '../codec/varints.js';
import { PAGE_GONE, PageRows } from '../page-rows.js';
import { type PageScope, rowFrom } from '../snapshot.js';
import type { ShardOpener } from './join-shards.js';
import { rangeShard, STATE_BOUNDS } from './shard-tables.js';

type Columns = readonly Float64Array[];

const [SPACE, PAGE, FRAME, BITS, AGAINST, HIGH, MARKS, OWN, GENERATION, LAG, CACHED] = STATE_BOUNDS.keys();

/** Rows of several tables in order: which table, and which row of it. */
interface Order {
  readonly table: Uint8Array;
  readonly row: Int32Array;
  readonly length: number;
}

/**
 * The pages of a shard, those of `scope` only where it is given.
 * @param room where they are put, and all that is needed on the way
 * @param bodies tables as they are stored: the whole, then changes from the oldest to the latest
 */
export function openState(
  opener: ShardOpener,
  room: ColumnRoom,
  number: number,
  bodies: readonly Uint8Array[],
  scope: PageScope | null,
): PageRows {
  const tables = bodies.map((body) => opener.open(body, STATE_BOUNDS, STATE_BOUNDS.length, room));
  for (const columns of tables) checkRows(columns, number);
  const [whole, ...changes] = tables.map((columns, table) => orderOf(columns, table, scope));
  // Changes are few rows, so they are joined with each other first.
  const [first, ...later] = changes;
  if (first === undefined) return gather(tables, whole!, room);
  const changed = later.reduce((older, newer) => joined(tables, older, newer), first);
  return gather(tables, joined(tables, whole!, changed), room);
}

/** Rows ascend, and are of that shard. */
function checkRows(columns: Columns, number: number): void {
  const spaces = columns[SPACE!]!;
  const pages = columns[PAGE!]!;
  for (let row = 0; row < pages.length; row++) {
    const ascends = row === 0 || pages[row]! > pages[row - 1]! || spaces[row]! > spaces[row - 1]!;
    if (!ascends || (row > 0 && spaces[row]! < spaces[row - 1]!)) damaged('its rows are out of order');
    if (rangeShard(pages[row]!) !== number) damaged('it has a page of another shard');
  }
}

function orderOf(columns: Columns, table: number, scope: PageScope | null): Order {
  const spaces = columns[SPACE!]!;
  const pages = columns[PAGE!]!;
  const from = scope === null ? 0 : rowFrom(spaces, pages, scope.space, scope.from);
  const to = scope === null ? pages.length : rowFrom(spaces, pages, scope.space, scope.to);
  const length = to - from;
  const row = new Int32Array(length);
  for (let i = 0; i < length; i++) row[i] = from + i;
  return { table: new Uint8Array(length).fill(table), row, length };
}

/** Both orders in one; where a page is in both, the newer row. */
function joined(tables: readonly Columns[], older: Order, newer: Order): Order {
  const table = new Uint8Array(older.length + newer.length);
  const row = new Int32Array(older.length + newer.length);
  let length = 0;
  let a = 0;
  for (let b = 0; b <= newer.length; b++) {
    const columns = b < newer.length ? tables[newer.table[b]!] : undefined;
    const at = newer.row[b]!;
    // Behind the last of the newer come all that are left.
    const space = columns === undefined ? Infinity : columns[SPACE!]![at]!;
    const page = columns === undefined ? Infinity : columns[PAGE!]![at]!;
    for (; a < older.length; a++) {
      const [oldTable, oldRow] = [older.table[a]!, older.row[a]!];
      const oldSpace = tables[oldTable]![SPACE!]![oldRow]!;
      const oldPage = tables[oldTable]![PAGE!]![oldRow]!;
      if (oldSpace > space || (oldSpace === space && oldPage >= page)) {
        if (oldSpace === space && oldPage === page) a++;
        break;
      }
      table[length] = oldTable;
      row[length++] = oldRow;
    }
    if (columns === undefined) break;
    table[length] = newer.table[b]!;
    row[length++] = at;
  }
  return { table, row, length };
}

/** The rows in that order, without those of pages that are gone. */
function gather(tables: readonly Columns[], { table, row, length }: Order, room: ColumnRoom): PageRows {
  let rows = 0;
  for (let i = 0; i < length; i++) if (tables[table[i]!]![FRAME!]![row[i]!] !== PAGE_GONE) rows++;
  const out = new PageRows(rows, (length) => room.take(length));
  let to = 0;
  for (let i = 0; i < length; i++) {
    const columns = tables[table[i]!]!;
    const at = row[i]!;
    const frame = columns[FRAME!]![at]!;
    if (frame === PAGE_GONE) continue;
    out.space[to] = columns[SPACE!]![at]!;
    out.page[to] = columns[PAGE!]![at]!;
    out.frame[to] = frame;
    out.pteLow[to] = (columns[BITS!]![at]! | ((columns[AGAINST!]![at]! ^ (frame % 2 ** 20)) << 12)) >>> 0;
    out.pteHigh[to] = columns[HIGH!]![at]!;
    out.marks[to] = columns[MARKS!]![at]!;
    out.own[to] = columns[OWN!]![at]!;
    out.generation[to] = columns[GENERATION!]![at]!;
    out.captured[to] = columns[GENERATION!]![at]! - columns[LAG!]![at]!;
    out.cached[to++] = columns[CACHED!]![at]!;
  }
  return out;
}
