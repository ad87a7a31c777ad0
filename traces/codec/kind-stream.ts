/** The sequence of kinds in a chunk, with what it takes to go from an event of a kind to its row in the chunk and back. */
import { CHUNK_EVENTS } from '../batch.js';
import { MEANS_VALUE, PACK_PLAIN } from './columns.js';
import { OneColumn } from './one-column.js';
import type { OpenChunk } from './open-chunk.js';
import { KIND_CODES } from './shape.js';
import type { ColumnRoom } from './table.js';
import { damaged, type VarintCursor } from './varints.js';

/** Keeps its working space from chunk to chunk. */
export class KindStream {
  /** Runs of equal kinds. */
  count = 0;
  /** Kind of each run. */
  readonly kinds = new Uint8Array(CHUNK_EVENTS);
  /** First row of each run, and behind the last one the number of events. */
  readonly rows = new Uint32Array(CHUNK_EVENTS + 1);
  /** Events of its kind before each run. */
  readonly before = new Uint32Array(CHUNK_EVENTS);
  /** Events of each kind. */
  readonly #seen = new Uint32Array(KIND_CODES);

  /** Turns to a chunk; `room` for what is unpacked meanwhile. @throws TrailFormatError */
  open(chunk: OpenChunk, room: ColumnRoom): void {
    const { stream, events, groups } = chunk;
    const column = (at: number, most: number) =>
      new OneColumn(chunk.column(stream, at), stream.count, MEANS_VALUE, [1, most], room).values();
    this.count = stream.count;
    if (stream.columns.length > 1) this.#fill(column(0, KIND_CODES - 1), column(1, events));
    else if (chunk.tag(stream, 0) === (MEANS_VALUE | PACK_PLAIN)) this.#fillFrom(chunk.column(stream, 0));
    else {
      const both = column(0, KIND_CODES * events - 1);
      const kinds = room.take(this.count);
      splitRuns(both, kinds, both, this.count);
      this.#fill(kinds, both);
    }
    if (this.rows[this.count] !== events) damaged('its kind stream does not match its events');
    for (const group of groups) {
      if (this.#seen[group.code] !== group.count) damaged('its kind stream does not match its groups');
    }
  }

  #fill(codes: Float64Array, lengths: Float64Array): void {
    const { kinds, rows, before, count } = this;
    const seen = this.#seen.fill(0);
    let row = 0;
    for (let run = 0; run < count; run++) {
      const kind = codes[run]!;
      const length = lengths[run]!;
      kinds[run] = kind;
      rows[run] = row;
      before[run] = seen[kind]!;
      seen[kind] = before[run]! + length;
      row += length;
    }
    rows[count] = row;
  }

  /** The same from a plain column, at its tag, of both in one: in one pass, because every question begins with it. */
  #fillFrom(cursor: VarintCursor): void {
    const { kinds, rows, before, count } = this;
    const { bytes, end } = cursor;
    const seen = this.#seen.fill(0);
    let at = cursor.at + 1;
    let row = 0;
    for (let run = 0; run < count; run++) {
      // A read behind the end gives kind 0, which is none.
      let byte = bytes[at++]!;
      const kind = byte & (KIND_CODES - 1);
      let more = (byte & 127) >> 5;
      if (byte >= 128) {
        byte = bytes[at++]!;
        more |= (byte & 127) << 2;
        if (byte >= 128) more |= bytes[at++]! << 9;
      }
      if (kind === 0 || more >= CHUNK_EVENTS) damaged('its kind stream has runs that cannot be');
      kinds[run] = kind;
      rows[run] = row;
      const earlier = seen[kind]!;
      before[run] = earlier;
      seen[kind] = earlier + more + 1;
      row += more + 1;
    }
    if (at !== end) damaged('a column is longer or shorter than its values');
    rows[count] = row;
  }

  /** The run that the row lies in. */
  runOf(row: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.rows[middle]! <= row) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Events of each of these kinds up to a row. */
  countsUpTo(row: number, kinds: number): Uint32Array {
    const counts = new Uint32Array(KIND_CODES);
    let missing = kinds;
    for (let run = this.runOf(row); run >= 0 && missing !== 0; run--) {
      const kind = this.kinds[run]!;
      if ((missing & (1 << kind)) === 0) continue;
      missing &= ~(1 << kind);
      counts[kind] = this.before[run]! + Math.min(row + 1, this.rows[run + 1]!) - this.rows[run]!;
    }
    return counts;
  }

  /** Row of the event that is number `index` of its kind. It must lie at or behind `atLeast`. */
  rowFrom(kind: number, index: number, atLeast: number): number {
    let run = this.runOf(atLeast);
    while (this.kinds[run] !== kind || this.before[run]! + this.rows[run + 1]! - this.rows[run]! <= index) run++;
    return this.rows[run]! + index - this.before[run]!;
  }

  /** Row of the event that is number `index` of its kind. It must lie at or before `atMost`. */
  rowOf(kind: number, index: number, atMost: number): number {
    let run = this.runOf(atMost);
    while (this.kinds[run] !== kind || this.before[run]! > index) run--;
    return this.rows[run]! + index - this.before[run]!;
  }
}

/** Takes runs apart that are stored in one number each: kind + 32 * (length - 1). `lengths` may be the numbers themselves. */
export function splitRuns(both: Float64Array, kinds: Float64Array, lengths: Float64Array, count: number): void {
  for (let run = 0; run < count; run++) {
    const value = both[run]!;
    const kind = value & (KIND_CODES - 1);
    if (kind === 0) damaged('its kind stream has runs that cannot be');
    kinds[run] = kind;
    lengths[run] = (value >> 5) + 1;
  }
}
