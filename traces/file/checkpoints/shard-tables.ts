/**
 * What the shards of a checkpoint are: tables small enough that a checkpoint stores only what has changed, and a question about a few
 * pages reads only what it needs. Pages and frames fall into shards by ranges (see `ranges.ts`); TLB entries by CPU, those of a device's own
 * TLB being of CPU -1.
 *
 *   changes:N  pages, their entries and marks, and what the frames have seen that are theirs alone: rows on top of those in earlier tables
 *   frames:N   frames that several pages are on
 *   tlbs:C     what CPU C has cached
 *
 * In trails of earlier formats pages are
 *
 *   state:N    the same, where a row says all of a page by itself (format 4)
 *   maps:N     where they lie, with ptes:N row for row beside it: their entries and marks; all frames in frames:N (format 3)
 *   pages:N    both in one (formats 1 and 2)
 */
import { PAGE_GONE } from '../../page-rows.js';
import { PAGE_BOUNDS, SPACE_BOUNDS } from '../ranges.js';

/** The greatest CPU number. */
export const CPU_MOST = 0x7fff;

const SHARD_PARTS = ['changes', 'state', 'pages', 'maps', 'ptes', 'frames', 'tlbs'] as const;
export type ShardPart = (typeof SHARD_PARTS)[number];

export const SHARD_NAME = new RegExp(`^(?:(?:${SHARD_PARTS.join('|')}):\\d{1,5}|tlbs:-1)$`);

/** Tables that lie on top of each other. Chosen: a recorder stacks 13 at most. */
export const MOST_STACKED = 16;

type Bounds = readonly [least: number, most: number];
const WIDE: Bounds = [-(2 ** 53), 2 ** 53];
const U8: Bounds = [0, 0xff];
const U16: Bounds = [0, 0xffff];
const U32: Bounds = [0, 0xffff_ffff];
const FRAME: Bounds = [0, Number.MAX_SAFE_INTEGER];
/** -1: the page has an entry or a mark, and no frame. */
const FRAME_OR_NONE: Bounds = [-1, Number.MAX_SAFE_INTEGER];
const FRAME_OR_GONE: Bounds = [PAGE_GONE, Number.MAX_SAFE_INTEGER];

/** space, page, frame */
export const MAP_BOUNDS = [SPACE_BOUNDS, PAGE_BOUNDS, FRAME_OR_NONE] as const;
/** low 12 bits of the entry, its frame bits against the frame, high half, marks */
export const PTE_BOUNDS = [[0, 0xfff], [0, 0xf_ffff], U32, U16] as const;
/** space, page, frame and the columns of an entry */
export const PAGES_BOUNDS = [SPACE_BOUNDS, PAGE_BOUNDS, FRAME, ...PTE_BOUNDS] as const;
/** space, page, frame (or gone), the columns of an entry, whose frame, generation, generation less captured, cached */
export const STATE_BOUNDS = [SPACE_BOUNDS, PAGE_BOUNDS, FRAME_OR_GONE, ...PTE_BOUNDS, U8, FRAME, WIDE, FRAME] as const;
/** The same, with frame and generation less those of earlier tables. */
export const CHANGE_BOUNDS = [SPACE_BOUNDS, PAGE_BOUNDS, WIDE, ...PTE_BOUNDS, U8, WIDE, WIDE, FRAME] as const;
/** frame, generation, generation less captured, memory, cached, pages on it */
export const FRAME_BOUNDS = [FRAME, FRAME, WIDE, U8, FRAME, U32] as const;
/** Format version 1 had no cached, version 2 no count of pages. */
export const FRAME_COLUMNS_AT_LEAST = 4;
/** slot, space, page, frame, asid, flags */
export const TLB_BOUNDS = [U32, SPACE_BOUNDS, PAGE_BOUNDS, FRAME, U16, U8] as const;
