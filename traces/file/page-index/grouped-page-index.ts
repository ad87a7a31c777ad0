/**
 * The page index of trails of format 3: a page has one mask of the chunks that name it, and one of
 * the groups of kinds that do so somewhere in the segment. See `page-index.ts` for the one of today.
 */
import { EVENT_BY_CODE } from '../../events/index.js';
import { rowFrom } from '../../snapshot.js';
import { PAGE_BOUNDS, rangeShard, SPACE_BOUNDS } from '../ranges.js';
import { type IndexTables, KeptTables } from './index-tables.js';
import { SEGMENT_CHUNKS } from './first-rows.js';

/** The shard that holds the ranges of a segment; its first row is the mask of the chunks that the segment has. On disk. */
const RANGES_SHARD = -1;

/** Groups of kinds, by bit. On disk. */
const KINDS_OF_GROUPS: ReadonlyArray<readonly string[]> = [
  ['write', 'read'],
  ['tlb-fill', 'tlb-update', 'tlb-evict'],
  ['pte'],
  ['mark'],
  ['map', 'unmap', 'frame-move'],
  ['flush-queue', 'flush-send', 'flush-ack', 'cache-flush', 'notifier', 'walk', 'table-alloc'],
  ['report', 'transfer'],
];
/** Every other kind, and those that come later. */
const OTHER_GROUP = 1 << KINDS_OF_GROUPS.length;

/** Bit of the group of a kind, by event code. */
const GROUP_OF = Uint8Array.from({ length: 32 }, (_, code) => {
  const kind = EVENT_BY_CODE[code]?.kind ?? '';
  const group = KINDS_OF_GROUPS.findIndex((kinds) => kinds.includes(kind));
  return group < 0 ? OTHER_GROUP : 1 << group;
});

/** The groups that a mask of kinds touches. */
function groupsOf(kinds: number): number {
  let groups = 0;
  for (let code = 1; code < 32; code++) if (kinds & (1 << code)) groups |= GROUP_OF[code]!;
  return groups;
}

const MASK = [0, 2 ** SEGMENT_CHUNKS - 1] as const;
const GROUPS = [0, 0xff] as const;
const COUNT = [0, Number.MAX_SAFE_INTEGER] as const;
/** space, page, chunk mask, groups */
const ENTRY_BOUNDS = [SPACE_BOUNDS, PAGE_BOUNDS, MASK, GROUPS];
/** space, page, pages, chunk mask, groups */
const RANGE_BOUNDS = [SPACE_BOUNDS, PAGE_BOUNDS, COUNT, MASK, GROUPS];
export class GroupedPageIndex {
  readonly #tables: IndexTables;
  readonly #kept = new KeptTables<Float64Array[] | null>();

  constructor(tables: IndexTables) {
    this.#tables = tables;
  }

  /** Mask of the chunks of a segment that may speak of the page by events of these kinds. */
  chunksOf(segment: number, space: number, page: number, kinds: number): number {
    const groups = groupsOf(kinds);
    const ranges = this.#table(segment, RANGES_SHARD, RANGE_BOUNDS);
    if (ranges === null) return MASK[1];
    const [rangeSpace, rangePage, rangePages, rangeMask, rangeGroups] = ranges;
    // What came after the segment was indexed, in a trail that is being recorded.
    let mask = MASK[1] & ~rangeMask![0]!;
    for (let row = 1; row < rangePage!.length; row++) {
      const from = rangePage![row]!;
      if (rangeSpace![row] !== space || (rangeGroups![row]! & groups) === 0) continue;
      if (page >= from && page < from + rangePages![row]!) mask |= rangeMask![row]!;
    }
    const table = this.#table(segment, rangeShard(page), ENTRY_BOUNDS);
    if (table === null) return mask;
    const row = find(table[0]!, table[1]!, space, page);
    return row >= 0 && (table[3]![row]! & groups) !== 0 ? mask | table[2]![row]! : mask;
  }

  #table(segment: number, shard: number, bounds: ReadonlyArray<readonly [number, number]>): Float64Array[] | null {
    return this.#kept.get(segment, shard, () => this.#tables.columns(segment, shard, bounds));
  }
}

/** Row of (space, page) in columns sorted by both; -1 where there is none. */
function find(spaces: Float64Array, pages: Float64Array, space: number, page: number): number {
  const row = rowFrom(spaces, pages, space, page);
  return spaces[row] === space && pages[row] === page ? row : -1;
}
