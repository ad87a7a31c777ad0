/**
 * A table of integer columns as one sealed blob, for what is not an event: the shards of a checkpoint. The columns are
 * packed as those of a chunk and lie in one block.
 */
import { type Block, compressTable, expandBlock } from './compress.js';
import { MEANS_VALUE, PACK_CONSTANT, packColumn } from './columns.js';
import { seal, unseal } from './envelope.js';
import { OneColumn } from './one-column.js';
import { damaged, VARINT_BYTES, VarintCursor } from './varints.js';

/** Version of the table layout; the first item of the envelope. */
const TABLE_VERSION = 1;
/** Most rows of a table, and of the tables of one checkpoint that lie beside each other, so that a hostile one costs a bounded amount of memory. */
export const MOST_TABLE_ROWS = 2 ** 24;

/** Rows of the first room of columns: chosen, four pages of memory. */
const LEAST_ROOM = 2048;

export interface TableColumn {
  readonly values: Float64Array;
  /** Whether neighbours resemble each other. */
  readonly alike: boolean;
}

export interface PackedTable {
  readonly rows: number;
  readonly columnBytes: readonly number[];
  readonly raw: Uint8Array;
}

/** Packs the first `rows` >= 1 values of each column. */
export function packTable(columns: readonly TableColumn[], rows: number): PackedTable {
  const out = new Uint8Array(columns.length * (rows * VARINT_BYTES + 40));
  const columnBytes: number[] = [];
  let at = 0;
  for (const { values, alike } of columns) {
    const end = packColumn(out, at, values, rows, alike);
    columnBytes.push(end - at);
    at = end;
  }
  return { rows, columnBytes, raw: out.slice(0, at) };
}

/** Tables compressed at once; libuv has as many threads, and each takes megabytes meanwhile. */
const SEALED_AT_ONCE = 4;

/** The tables as they are stored, in the same order. */
export async function sealTables(tables: readonly PackedTable[]): Promise<Uint8Array[]> {
  const sealed: Uint8Array[] = [];
  let next = 0;
  const sealInTurn = async (): Promise<void> => {
    while (next < tables.length) {
      const at = next++;
      sealed[at] = await sealTable(tables[at]!);
    }
  };
  await Promise.all(Array.from({ length: SEALED_AT_ONCE }, sealInTurn));
  return sealed;
}

async function sealTable(table: PackedTable): Promise<Uint8Array> {
  const { codec, rawBytes, data } = await compressTable(table.raw);
  return seal([TABLE_VERSION, table.rows, table.columnBytes, codec, rawBytes, data]);
}

/** Room for columns that are done with soon, many times over: a state of a million pages would otherwise leave hundreds of megabytes behind. */
export class ColumnRoom {
  #room = new Float64Array(0);
  #used = 0;

  /** A column with whatever was in its place before. */
  take(rows: number): Float64Array {
    if (this.#used + rows > this.#room.length) {
      this.#room = new Float64Array(Math.max(2 * this.#room.length, LEAST_ROOM, rows));
      this.#used = 0;
    }
    this.#used += rows;
    return this.#room.subarray(this.#used - rows, this.#used);
  }

  /** All columns are done with. */
  clear(): void {
    this.#used = 0;
  }
}

/** The column of a table that lacks it: constantly 0. */
const ZEROS = Uint8Array.of(MEANS_VALUE | PACK_CONSTANT, 0);

/** A table whose columns are read when they are asked for. */
export class OpenTable {
  readonly rows: number;
  /** Where each column starts; one entry more than columns. */
  readonly #bounds: readonly number[];
  readonly #raw: Uint8Array;
  readonly #columns: OneColumn[] = [];

  constructor({ rows, columnBytes, raw }: PackedTable) {
    this.rows = rows;
    const bounds = [0];
    for (const bytes of columnBytes) bounds.push(bounds.at(-1)! + bytes);
    this.#bounds = bounds;
    this.#raw = raw;
    if (bounds.at(-1)! > raw.length) damaged('its columns are longer than its bytes');
  }

  /** @throws TrailFormatError */
  static sealed(sealed: Uint8Array, mostColumns: number, mostRows: number = MOST_TABLE_ROWS): OpenTable {
    const [version, rowsField, lengths, codec, rawBytes, data] = unseal(sealed).items(6);
    version!.integer(TABLE_VERSION, TABLE_VERSION);
    const rows = rowsField!.integer(1, mostRows);
    const mostBytes = mostColumns * (rows * VARINT_BYTES + 40);
    const block: Block = {
      codec: codec!.integer(0, 255),
      rawBytes: rawBytes!.integer(1, mostBytes),
      data: data!.bytes(),
    };
    const columnBytes = lengths!.items(1).map((field) => field.integer(1, block.rawBytes));
    if (columnBytes.length > mostColumns) damaged('it has another number of columns than it should');
    return new OpenTable({ rows, columnBytes, raw: expandBlock(block) });
  }

  get columns(): number {
    return this.#bounds.length - 1;
  }

  /** A column; one that a later version appended is zeros where it is missing. @throws TrailFormatError */
  column(index: number, bounds: readonly [least: number, most: number], room?: ColumnRoom): OneColumn {
    const cursor =
      index < this.columns
        ? new VarintCursor(this.#raw, this.#bounds[index]!, this.#bounds[index + 1]!)
        : new VarintCursor(ZEROS, 0, ZEROS.length);
    return (this.#columns[index] ??= new OneColumn(cursor, this.rows, MEANS_VALUE, bounds, room));
  }
}

/**
 * The columns of a sealed table.
 * @param bounds least and most value of each column
 * @param mostRows rows that it may have
 * @param leastColumns columns that it must have; those that a later version appended are zeros where they are missing
 * @throws TrailFormatError
 */
export function openTable(
  sealed: Uint8Array,
  bounds: ReadonlyArray<readonly [number, number]>,
  mostRows: number = MOST_TABLE_ROWS,
  leastColumns: number = bounds.length,
): Float64Array[] {
  const table = OpenTable.sealed(sealed, bounds.length, mostRows);
  if (table.columns < leastColumns) damaged('it lacks columns');
  return bounds.map((allowed, column) => table.column(column, allowed).values());
}
