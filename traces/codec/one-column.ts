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
    const values = this.values();
    let sum = 0;
    for (let row = from; row < to; row++) sum += values[row]!;
    return sum;
  }

  /** Passes over the numbers before it, whose ends are the bytes without a high bit. */
  #passTo(row: number): number {
    const cursor = this.#restart();
    const { bytes, end } = cursor;
    let { at } = cursor;
    for (let left = row; left > 0; ) {
      if (at >= end) damaged('a column is longer or shorter than its values');
      if (bytes[at++]! < 128) left--;
    }
    cursor.at = at;
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
