/**
 * One packed column of a chunk, for whoever wants a few of its values: a constant is told at once, a value in the middle is read without
 * unpacking those before it where the packing allows, and who asks again gets the column unpacked.
 */
import { bounded, PACK_CONSTANT, PACK_PLAIN, PACK_SIGNED, PACK_STRIDE, unpackColumn } from './columns.js';
import type { ColumnRoom } from './table.js';
import { damaged, VarintCursor } from './varints.js';

export class OneColumn {
  /** The value of all rows; null where they differ. */
  readonly constant: number | null;
  readonly #cursor: VarintCursor;
  readonly #packing: number;
  readonly #count: number;
  readonly #bounds: readonly [least: number, most: number];
  readonly #room: ColumnRoom | undefined;
  #values: Float64Array | undefined;
  #asked = false;

  /**
   * @param cursor at the tag of the column
   * @param means what the tag must say that the values mean
   * @param room for the unpacked column
   * @throws TrailFormatError
   */
  constructor(
    cursor: VarintCursor,
    count: number,
    means: number,
    bounds: readonly [least: number, most: number],
    room?: ColumnRoom,
  ) {
    const tag = cursor.byte();
    if ((tag & 0xf0) !== means) damaged('a column has an unknown tag');
    this.#packing = tag & 0x0f;
    this.#cursor = cursor;
    this.#count = count;
    this.#bounds = bounds;
    this.#room = room;
    this.constant = null;
    if (this.#packing !== PACK_CONSTANT) return;
    const start = this.#restart();
    this.constant = bounded(start.signed(), ...bounds);
    if (start.at !== start.end) damaged('a constant column is too long');
  }

  /** Whether the packing alone says that no value is negative. */
  get isUnsigned(): boolean {
    return this.constant === null ? this.#packing === PACK_PLAIN : this.constant >= 0;
  }

  /** The value in that row. */
  at(row: number): number {
    if (this.constant !== null) return this.constant;
    if (this.#values === undefined && !this.#asked) {
      this.#asked = true;
      if (this.#packing === PACK_PLAIN || this.#packing === PACK_SIGNED) return this.#passTo(row);
      if (this.#packing === PACK_STRIDE) return this.#stepTo(row);
    }
    return this.values()[row]!;
  }

  /** All of them. */
  values(): Float64Array {
    if (this.#values !== undefined) return this.#values;
    const values = this.#room?.take(this.#count) ?? new Float64Array(this.#count);
    unpackColumn(this.#restart(), this.#packing, values, this.#count, ...this.#bounds);
    return (this.#values = values);
  }

  /** All of them; in place where each takes one byte. */
  small(): Float64Array | Uint8Array {
    const { bytes, at, end } = this.#cursor;
    if (this.#packing !== PACK_PLAIN || end - at !== this.#count) return this.values();
    const small = bytes.subarray(at, end);
    const [least, most] = this.#bounds;
    for (let row = 0; row < small.length; row++) {
      const value = small[row]!;
      // A byte of 128 and more says that the number goes on.
      if (value > 127 || value < least || value > most) return this.values();
    }
    return small;
  }

  /** Sum of the rows [from, to). */
  sum(from: number, to: number): number {
    if (this.constant !== null) return this.constant * (to - from);
    if (this.#values === undefined && (this.#packing === PACK_PLAIN || this.#packing === PACK_SIGNED))
      return this.#sumOf(from, to);
    const values = this.values();
    let sum = 0;
    for (let row = from; row < to; row++) sum += values[row]!;
    return sum;
  }

  /** The same without unpacking: of times a few rows are summed up, or as many as are added up while they are read. */
  #sumOf(from: number, to: number): number {
    const cursor = this.#restart();
    const isPlain = this.#packing === PACK_PLAIN;
    const [least, most] = this.#bounds;
    cursor.at = placeOf(cursor, from);
    let sum = 0;
    for (let row = from; row < to; row++) {
      sum += bounded(isPlain ? cursor.unsigned() : cursor.signed(), least, most);
    }
    return sum;
  }

  /** Passes over the numbers before it. */
  #passTo(row: number): number {
    const cursor = this.#restart();
    cursor.at = placeOf(cursor, row);
    return bounded(this.#packing === PACK_PLAIN ? cursor.unsigned() : cursor.signed(), ...this.#bounds);
  }

  #stepTo(row: number): number {
    const cursor = this.#restart();
    const first = cursor.signed();
    return bounded(first + cursor.signed() * row, ...this.#bounds);
  }

  #restart(): VarintCursor {
    const { bytes, at, end } = this.#cursor;
    return new VarintCursor(bytes, at, end);
  }
}

/** Where number `row` begins, of numbers one after the other: the end of each is a byte without a high bit. */
function placeOf({ bytes, at, end }: VarintCursor, row: number): number {
  let place = at;
  for (let left = row; left > 0; ) {
    if (place >= end) damaged('a column is longer or shorter than its values');
    if (bytes[place++]! < 128) left--;
  }
  return place;
}
