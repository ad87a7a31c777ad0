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

  /** Turns to a chunk; `room` for what is unpacked meanwhile. @throws TrailFormatError */
  open(chunk: OpenChunk, room: ColumnRoom): void {
    const { stream, events, groups } = chunk;
    const column = (at: number, most: number) =>
      new OneColumn(chunk.column(stream, at), stream.count, MEANS_VALUE, [1, most], room).small();
    const codes = column(0, KIND_CODES - 1);
    const lengths = column(1, events);
    const { kinds, rows, before } = this;
    const seen = new Uint32Array(KIND_CODES);
    let row = 0;
    for (let run = 0; run < stream.count; run++) {
      const kind = codes[run]!;
      const length = lengths[run]!;
      kinds[run] = kind;
      rows[run] = row;
      before[run] = seen[kind]!;
      seen[kind] = before[run]! + length;
      row += length;
    }
    this.count = stream.count;
    rows[this.count] = row;
    if (row !== events) damaged('its kind stream does not match its events');
    for (const group of groups) {
      if (seen[group.code] !== group.count) damaged('its kind stream does not match its groups');
    }
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

  /** Row of the event that is number `index` of its kind. It must lie at or before `atMost`. */
  rowOf(kind: number, index: number, atMost: number): number {
    let run = this.runOf(atMost);
    while (this.kinds[run] !== kind || this.before[run]! > index) run--;
    return this.rows[run]! + index - this.before[run]!;
  }
}
