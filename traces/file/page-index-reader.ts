/** The page index of an opened trail: see `page-index.ts`. */
import type Database from 'better-sqlite3';
import { OpenTable } from '../codec/table.js';
import { rowFrom } from '../snapshot.js';
import { ASPECTS, aspectsOfTopic, type Topic } from './aspects.js';
import { GroupedPageIndex } from './grouped-page-index.js';
import { FIRST_ROW_COLUMNS, firstRowColumn, partOf, PARTS, SEGMENT_CHUNKS } from './first-rows.js';
import { FIRST_PAGE_SHARD, FIRST_ROWS_SHARD, RANGES_SHARD } from './page-index.js';
import { PAGE_BOUNDS, rangeShard } from './shard-tables.js';
import { readingPart } from './sqlite-errors.js';

const [SPACE, PAGE] = PAGE_BOUNDS;
const MASK = [0, 2 ** SEGMENT_CHUNKS - 1] as const;
const ASPECT_BITS = [0, 2 ** ASPECTS - 1] as const;
const PART = [0, PARTS] as const;
const COUNT = [0, Number.MAX_SAFE_INTEGER] as const;
/** Columns before the masks: aspects, space, page. */
const KEY_COLUMNS = 3;
const MOST_COLUMNS = Math.max(KEY_COLUMNS + ASPECTS, FIRST_ROW_COLUMNS);
/** Tables that are kept opened. Chosen: enough to ask about a page of a hundred million events again and again. */
const TABLES_KEPT = 256;

/** A moment in a chunk of a segment. */
interface UpTo {
  readonly chunk: number;
  readonly part: number;
}

const NOWHERE = { row: -1, chunks: 0 };

/** The ranges of a segment, and what it has at all. */
interface Ranges {
  /** Mask of the chunks that the segment was built from. */
  readonly chunks: number;
  /** Aspects that some page of it has. */
  readonly aspects: number;
  readonly space: Float64Array;
  readonly page: Float64Array;
  readonly pages: Float64Array;
  readonly chunksOf: Float64Array;
  readonly aspectsOf: Float64Array;
  readonly partOf: Float64Array;
}

export class PageIndexReader {
  readonly #path: string;
  readonly #body: Database.Statement<[number, number], Uint8Array>;
  readonly #grouped: GroupedPageIndex;
  readonly #ranges = new Map<number, Ranges>();
  readonly #tables = new Map<string, OpenTable | null>();

  constructor(path: string, db: Database.Database) {
    this.#path = path;
    this.#body = db
      .prepare<[number, number], Uint8Array>('SELECT body FROM page_index WHERE segment = ? AND shard = ?')
      .pluck();
    this.#grouped = new GroupedPageIndex(path, db);
  }

  /** The last chunk from `atLeast` on that may speak of the page and the topic up to a row of chunk `atMost`; -1 where there is none. */
  lastChunk(space: number, page: number, topic: Topic, atLeast: number, atMost: number, row: number): number {
    const aspects = aspectsOfTopic(topic);
    for (let chunk = atMost; chunk >= atLeast; chunk = segmentStart(chunk) - 1) {
      const first = segmentStart(chunk);
      const segment = first / SEGMENT_CHUNKS;
      const allowed = 2 ** (chunk - first + 1) - 1;
      const upTo = chunk === atMost ? { chunk: chunk - first, part: partOf(row) } : null;
      const ranges = this.#rangesOf(segment);
      const chunks =
        ranges === null
          ? this.#grouped.chunksOf(segment, space, page, topic.kinds)
          : this.#chunksOf(segment, ranges, space, page, aspects, upTo);
      const mask = chunks & allowed;
      if (mask === 0) continue;
      const found = first + 31 - Math.clz32(mask);
      return found >= atLeast ? found : -1;
    }
    return -1;
  }

  /** Mask of the chunks of a segment that may speak of the page and one of the aspects. */
  #chunksOf(segment: number, ranges: Ranges, space: number, page: number, aspects: number, upTo: UpTo | null): number {
    // What came after the segment was indexed, in a trail that is being recorded.
    let mask = MASK[1] & ~ranges.chunks;
    // The first row is no range.
    for (let row = 1; row < ranges.page.length; row++) {
      const from = ranges.page[row]!;
      if (ranges.space[row] !== space || (ranges.aspectsOf[row]! & aspects) === 0) continue;
      if (page < from || page >= from + ranges.pages[row]!) continue;
      const isLater = upTo !== null && ranges.chunksOf[row] === 1 << upTo.chunk && ranges.partOf[row]! > upTo.part;
      if (!isLater) mask |= ranges.chunksOf[row]!;
    }
    if ((ranges.aspects & aspects) === 0) return mask;
    const table = this.#table(segment, FIRST_PAGE_SHARD - rangeShard(page));
    if (table === null) return mask;
    const { row, chunks } = this.#named(segment, () => chunksIn(table, space, page, aspects));
    if (upTo === null || (chunks & (1 << upTo.chunk)) === 0) return mask | chunks;
    const firstRows = this.#table(segment, FIRST_ROWS_SHARD - rangeShard(page));
    if (firstRows === null) return mask | chunks;
    const column = firstRowColumn(aspects, upTo.chunk);
    const first = this.#named(segment, () => firstRows.column(column, PART).at(row));
    return mask | (first > upTo.part ? chunks & ~(1 << upTo.chunk) : chunks);
  }

  /** Null where the segment has no index of today's. */
  #rangesOf(segment: number): Ranges | null {
    const known = this.#ranges.get(segment);
    if (known !== undefined) return known;
    const table = this.#read(segment, RANGES_SHARD);
    // Of a trail that is being recorded, it may come yet.
    if (table === null) return null;
    const ranges = this.#named(segment, () => readRanges(table));
    this.#ranges.set(segment, ranges);
    return ranges;
  }

  #table(segment: number, shard: number): OpenTable | null {
    const key = `${segment} ${shard}`;
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    const table = this.#read(segment, shard);
    if (this.#tables.size >= TABLES_KEPT) this.#tables.delete(this.#tables.keys().next().value!);
    this.#tables.set(key, table);
    return table;
  }

  #read(segment: number, shard: number): OpenTable | null {
    const body = this.#body.get(segment, shard);
    return body === undefined ? null : this.#named(segment, () => OpenTable.sealed(body, MOST_COLUMNS));
  }

  /** What `read` gives; an error about damaged bytes says of which segment and file. */
  #named<Result>(segment: number, read: () => Result): Result {
    return readingPart(`the page index of segment ${segment} of ${this.#path}`, read);
  }
}

function readRanges(table: OpenTable): Ranges {
  const values = (column: number, bounds: readonly [number, number]) => table.column(column, bounds).values();
  const chunksOf = values(3, MASK);
  const aspectsOf = values(4, ASPECT_BITS);
  return {
    chunks: chunksOf[0]!,
    aspects: aspectsOf[0]!,
    space: values(0, SPACE),
    page: values(1, PAGE),
    pages: values(2, COUNT),
    chunksOf,
    aspectsOf,
    partOf: values(5, PART),
  };
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
  const spaces = table.column(1, SPACE).values();
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

function segmentStart(chunk: number): number {
  return chunk - (chunk % SEGMENT_CHUNKS);
}
