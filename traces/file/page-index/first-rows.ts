/**
 * Where in a chunk a page is first spoken of, roughly: in which 2048 events. A question about a moment in the middle of a chunk is then not
 * led to that chunk by what comes after the moment, which is one question in five.
 */
import { CHUNK_EVENTS } from '../../batch.js';
import { FAMILIES } from './aspects.js';

/** Chunks in a segment: the bits of a mask. On disk. */
export const SEGMENT_CHUNKS = 16;
/** Events that are not told apart. Measured: with half as many the index is a tenth larger; with a quarter 1 question in 100 opens one chunk less. On disk. */
export const PART_EVENTS = 2048;
/** The same in format 4. */
export const PART_EVENTS_4 = 512;

/** Parts of a full chunk. */
export function partsOf(partEvents: number): number {
  return CHUNK_EVENTS / partEvents;
}

/** The part that a row lies in, from 1 on. */
export function partOf(row: number, partEvents: number = PART_EVENTS): number {
  return 1 + Math.floor(row / partEvents);
}

/** The narrowest family that has all of these aspects: where it begins is what is known of them. */
export function familyOf(aspects: number): number {
  return FAMILIES.findLastIndex((all) => (aspects & ~all) === 0);
}
