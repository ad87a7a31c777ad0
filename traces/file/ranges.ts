/**
 * How pages are dealt to tables, of checkpoints and of the page index alike: by ranges of 4096, range modulo 1024, so that neighbours lie in
 * one table and scattered pages do not make a table each.
 */
import { PAGE_LIMIT } from '../../base/index.js';

/** Pages or frames in one range. */
export const RANGE_PAGES = 4096;
/** Shards that ranges are dealt to. */
export const RANGE_SHARDS = 1024;

/** What a column of spaces, or of pages, may hold. */
export const SPACE_BOUNDS = [0, 0xffff] as const;
export const PAGE_BOUNDS = [0, PAGE_LIMIT - 1] as const;

/** The shard that a page or frame of that number falls into. */
export function rangeShard(number: number): number {
  return Math.floor(number / RANGE_PAGES) % RANGE_SHARDS;
}
