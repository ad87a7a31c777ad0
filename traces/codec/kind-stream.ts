/** The sequence of kinds in a chunk, with what it takes to go from an event of a kind to its row in the chunk and back. */
import { CHUNK_EVENTS } from '../batch.js';
import { MEANS_VALUE } from './columns.js';
import { OneColumn } from './one-column.js';
import type { OpenChunk } from './open-chunk.js';
import { KIND_CODES } from './shape.js';
import type { ColumnRoom } from './table.js';
import { damaged } from './varints.js';

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
      new OneColumn(chunk.column(stream, at), stream.count, MEANS_VALUE, [1, most], room);
    const [codes, lengths] = [column(0, KIND_CODES - 1), column(1, events)];
    this.count = stream.count;
    const [code, length] = [codes.bytes(), lengths.bytes()];
    if (code === null || length === null || !this.#fill(code, length)) this.#fill(codes.values(), lengths.values());
    if (this.rows[this.count] !== events) damaged('its kind stream does not match its events');
    for (const group of groups) {
      if (this.#seen[group.code] !== group.count) damaged('its kind stream does not match its groups');
    }
  }

  /** False where a byte is no number of its own, or none that can be. */
  #fill(codes: Uint8Array | Float64Array, lengths: Uint8Array | Float64Array): boolean {
    const { kinds, rows, before, count } = this;
    const inPlace = codes instanceof Uint8Array;
    const seen = this.#seen.fill(0);
    let row = 0;
    for (let run = 0; run < count; run++) {
      const kind = codes[run]!;
      const length = lengths[run]!;
      if (inPlace && (kind === 0 || kind >= KIND_CODES || length === 0 || length > 127)) return false;
      kinds[run] = kind;
      rows[run] = row;
      const earlier = seen[kind]!;
      before[run] = earlier;
      seen[kind] = earlier + length;
      row += length;
    }
    rows[count] = row;
    return true;
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
