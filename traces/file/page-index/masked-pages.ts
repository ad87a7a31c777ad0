/** What the page index of a trail of format 4 says of single pages: for each aspect a mask of chunks. See `mention-tables.ts` for that of today. */
import type { OpenTable } from '../../codec/table.js';
import { rowFrom } from '../../snapshot.js';
import { ASPECTS, FAMILIES } from './aspects.js';
import { familyOf, partOf, PART_EVENTS_4, partsOf, SEGMENT_CHUNKS } from './first-rows.js';
import { type IndexTables, KeptTables } from './index-tables.js';
import type { PagesOfSegments, UpTo } from './page-index-reader.js';
import { rangeShard, SPACE_BOUNDS } from '../ranges.js';

/** The shard of the pages that `rangeShard` deals to 0; those of 1, 2, ... come below it. On disk. */
const FIRST_PAGE_SHARD = -3;
/** The same of the first rows of these pages, row for row beside them: for each family of aspects a column per chunk. On disk. */
const FIRST_ROWS_SHARD = -2000;

/** A range that reached behind the last page there is was entered all the same. */
const PAGE = [0, Number.MAX_SAFE_INTEGER] as const;
const MASK = [0, 2 ** SEGMENT_CHUNKS - 1] as const;
const ASPECT_BITS = [0, 2 ** ASPECTS - 1] as const;
const PART = [0, partsOf(PART_EVENTS_4)] as const;
/** Columns before the masks: aspects, space, page. */
const KEY_COLUMNS = 3;
const MOST_COLUMNS = Math.max(KEY_COLUMNS + ASPECTS, FAMILIES.length * SEGMENT_CHUNKS);
const NOWHERE = { row: -1, chunks: 0 };

export class MaskedPages implements PagesOfSegments {
  readonly #tables: IndexTables;
  readonly #kept = new KeptTables<OpenTable | null>();

  constructor(tables: IndexTables) {
    this.#tables = tables;
  }

  chunksOf(segment: number, space: number, page: number, aspects: number, upTo: UpTo | null): number {
    const table = this.#table(segment, FIRST_PAGE_SHARD - rangeShard(page));
    if (table === null) return 0;
    const { row, chunks } = this.#tables.named(segment, () => chunksIn(table, space, page, aspects));
    if (upTo === null || (chunks & (1 << upTo.chunk)) === 0) return chunks;
    const firstRows = this.#table(segment, FIRST_ROWS_SHARD - rangeShard(page));
    if (firstRows === null) return chunks;
    const column = familyOf(aspects) * SEGMENT_CHUNKS + upTo.chunk;
    const first = this.#tables.named(segment, () => firstRows.column(column, PART).at(row));
    return first > partOf(upTo.row, PART_EVENTS_4) ? chunks & ~(1 << upTo.chunk) : chunks;
  }

  aspectsOf(segment: number, space: number, page: number, chunk: number): number {
    const table = this.#table(segment, FIRST_PAGE_SHARD - rangeShard(page));
    if (table === null) return 0;
    let aspects = 0;
    for (let aspect = 0; aspect < ASPECTS; aspect++) {
      const { chunks } = this.#tables.named(segment, () => chunksIn(table, space, page, 1 << aspect));
      if ((chunks & (1 << chunk)) !== 0) aspects |= 1 << aspect;
    }
    return aspects;
  }

  #table(segment: number, shard: number): OpenTable | null {
    return this.#kept.get(segment, shard, () => this.#tables.open(segment, shard, MOST_COLUMNS));
  }
}

/** Mask of the chunks that speak of the page and one of the aspects, in a table of pages, and the row of the page there. */
function chunksIn(
  table: OpenTable,
  space: number,
  page: number,
  aspects: number,
): { readonly row: number; readonly chunks: number } {
  const has = table.column(0, ASPECT_BITS).at(0);
  if ((has & aspects) === 0) return NOWHERE;
  const spaces = table.column(1, SPACE_BOUNDS).values();
  const pages = table.column(2, PAGE).values();
  const row = rowFrom(spaces, pages, space, page);
  if (spaces[row] !== space || pages[row] !== page) return NOWHERE;
  let chunks = 0;
  let column = KEY_COLUMNS;
  for (let aspect = 0; aspect < ASPECTS; aspect++) {
    if ((has & (1 << aspect)) === 0) continue;
    if (aspects & (1 << aspect)) chunks |= table.column(column, MASK).at(row);
    column++;
  }
  return { row, chunks };
}
