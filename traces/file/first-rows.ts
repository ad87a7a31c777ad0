/**
 * Where in a chunk a page is first spoken of, roughly: in which 512 events. A question about a moment in the middle of a chunk is then not led
 * to that chunk by what comes after the moment, which is one question in five. Kept for a segment, beside the masks of its pages.
 */
import { CHUNK_EVENTS } from '../batch.js';
import type { TableColumn } from '../codec/table.js';
import { FAMILIES } from './aspects.js';

/** Chunks in a segment: the bits of a mask. On disk. */
export const SEGMENT_CHUNKS = 16;
/** Events that are not told apart; chosen so that a part takes one byte. On disk. */
const PART_EVENTS = 512;
/** Parts of a full chunk. */
export const PARTS = CHUNK_EVENTS / PART_EVENTS;

/** Columns of its table: for each family of aspects one per chunk. */
export const FIRST_ROW_COLUMNS = FAMILIES.length * SEGMENT_CHUNKS;

/** The part that a row lies in, from 1 on: what a column holds; 0 where the chunk does not speak of the page. */
export function partOf(row: number): number {
  return 1 + Math.floor(row / PART_EVENTS);
}

/** The column to look in where somebody asks about these aspects. */
export function firstRowColumn(aspects: number, chunk: number): number {
  const family = FAMILIES.findLastIndex((all) => (aspects & ~all) === 0);
  return family * SEGMENT_CHUNKS + chunk;
}

export class FirstRows {
  /** By page of the segment, then by column. */
  #parts = new Uint8Array(0);

  /** Takes notice of an event: its page by number in the segment, its chunk there, and its row. */
  note(page: number, chunk: number, row: number, aspects: number): void {
    const first = page * FIRST_ROW_COLUMNS + chunk;
    if (first + FIRST_ROW_COLUMNS > this.#parts.length) this.#grow(first + FIRST_ROW_COLUMNS);
    const parts = this.#parts;
    for (let family = 0; family < FAMILIES.length; family++) {
      const at = first + family * SEGMENT_CHUNKS;
      if (parts[at] === 0 && (aspects & FAMILIES[family]!) !== 0) parts[at] = partOf(row);
    }
  }

  /** The columns of a table of these pages. */
  columns(pages: readonly number[]): TableColumn[] {
    return Array.from({ length: FIRST_ROW_COLUMNS }, (_, column) => ({
      values: Float64Array.from(pages, (page) => this.#parts[page * FIRST_ROW_COLUMNS + column] ?? 0),
      alike: false,
    }));
  }

  clear(): void {
    this.#parts.fill(0);
  }

  #grow(least: number): void {
    const wider = new Uint8Array(Math.max(least, 2 * this.#parts.length, 4096 * FIRST_ROW_COLUMNS));
    wider.set(this.#parts);
    this.#parts = wider;
  }
}
