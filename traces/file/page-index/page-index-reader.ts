/** The page index of an opened trail: see `page-index.ts`. */
import type Database from 'better-sqlite3';
import type { OpenTable } from '../../codec/table.js';
import { ALL_KINDS } from '../../codec/shape.js';
import { ASPECTS, aspectsOfTopic, kindsOfAspects, type Topic } from './aspects.js';
import { partOf, PART_EVENTS, PART_EVENTS_4, partsOf, SEGMENT_CHUNKS } from './first-rows.js';
import { GroupedPageIndex } from './grouped-page-index.js';
import { IndexTables } from './index-tables.js';
import { MaskedPages } from './masked-pages.js';
import { MentionedPages } from './mentioned-pages.js';
import { RANGES_SHARD } from './page-index.js';
import { PAGE_BOUNDS, SPACE_BOUNDS } from '../ranges.js';

const MASK = [0, 2 ** SEGMENT_CHUNKS - 1] as const;
const ASPECT_BITS = [0, 2 ** ASPECTS - 1] as const;
const COUNT = [0, Number.MAX_SAFE_INTEGER] as const;
const RANGE_COLUMNS = 6;

/** A moment in a chunk of a segment. */
export interface UpTo {
  readonly chunk: number;
  readonly row: number;
}

/** What the index says of single pages. */
export interface PagesOfSegments {
  /** Mask of the chunks of a segment that speak of the page and one of the aspects, up to a moment where one is given. */
  chunksOf(segment: number, space: number, page: number, aspects: number, upTo: UpTo | null): number;
  /** Aspects of the page that a chunk of a segment speaks of. */
  aspectsOf(segment: number, space: number, page: number, chunk: number): number;
}

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
  readonly #tables: IndexTables;
  readonly #pages: PagesOfSegments;
  readonly #partEvents: number;
  /** Of a trail of format 3. */
  readonly #grouped: GroupedPageIndex | null;
  readonly #ranges = new Map<number, Ranges>();

  /** @param version of the format, 3 or later */
  constructor(path: string, db: Database.Database, version: number) {
    this.#tables = new IndexTables(path, db);
    this.#pages = version < 5 ? new MaskedPages(this.#tables) : new MentionedPages(this.#tables);
    this.#partEvents = version < 5 ? PART_EVENTS_4 : PART_EVENTS;
    this.#grouped = version < 4 ? new GroupedPageIndex(this.#tables) : null;
  }

  /** The last chunk from `atLeast` on that may speak of the page and the topic up to a row of chunk `atMost`; -1 where there is none. */
  lastChunk(space: number, page: number, topic: Topic, atLeast: number, atMost: number, row: number): number {
    const aspects = aspectsOfTopic(topic);
    for (let chunk = atMost; chunk >= atLeast; chunk = segmentStart(chunk) - 1) {
      const first = segmentStart(chunk);
      const segment = first / SEGMENT_CHUNKS;
      const allowed = 2 ** (chunk - first + 1) - 1;
      const upTo = chunk === atMost ? { chunk: chunk - first, row } : null;
      const chunks =
        this.#grouped === null
          ? this.#chunksOf(segment, space, page, aspects, upTo)
          : this.#grouped.chunksOf(segment, space, page, topic.kinds);
      const mask = chunks & allowed;
      if (mask === 0) continue;
      const found = first + 31 - Math.clz32(mask);
      return found >= atLeast ? found : -1;
    }
    return -1;
  }

  /** The kinds that the events of a chunk about a page may be of: bit c for event code c. */
  kindsAbout(chunk: number, space: number, page: number): number {
    const segment = Math.floor(chunk / SEGMENT_CHUNKS);
    const ranges = this.#grouped === null ? this.#rangesOf(segment) : null;
    const at = chunk % SEGMENT_CHUNKS;
    if (ranges === null || (ranges.chunks & (1 << at)) === 0) return ALL_KINDS;
    let aspects = this.#pages.aspectsOf(segment, space, page, at);
    for (let row = 1; row < ranges.page.length; row++) {
      if ((ranges.chunksOf[row]! & (1 << at)) !== 0 && covers(ranges, row, space, page))
        aspects |= ranges.aspectsOf[row]!;
    }
    return kindsOfAspects(aspects);
  }

  /** Mask of the chunks of a segment that may speak of the page and one of the aspects. */
  #chunksOf(segment: number, space: number, page: number, aspects: number, upTo: UpTo | null): number {
    const ranges = this.#rangesOf(segment);
    if (ranges === null) return MASK[1];
    // What came after the segment was indexed, in a trail that is being recorded.
    let mask = MASK[1] & ~ranges.chunks;
    // The first row is no range.
    for (let row = 1; row < ranges.page.length; row++) {
      if ((ranges.aspectsOf[row]! & aspects) === 0 || !covers(ranges, row, space, page)) continue;
      if (upTo === null || !this.#isLater(ranges, row, upTo)) mask |= ranges.chunksOf[row]!;
    }
    if ((ranges.aspects & aspects) === 0) return mask;
    return mask | this.#pages.chunksOf(segment, space, page, aspects, upTo);
  }

  /** Whether a range is of that chunk, and its first event of a later part. */
  #isLater({ chunksOf, partOf: parts }: Ranges, row: number, upTo: UpTo): boolean {
    return chunksOf[row] === 1 << upTo.chunk && parts[row]! > partOf(upTo.row, this.#partEvents);
  }

  /** Null where the segment has no index. */
  #rangesOf(segment: number): Ranges | null {
    const known = this.#ranges.get(segment);
    if (known !== undefined) return known;
    const table = this.#tables.open(segment, RANGES_SHARD, RANGE_COLUMNS);
    // Of a trail that is being recorded, it may come yet.
    if (table === null) return null;
    const ranges = this.#tables.named(segment, () => readRanges(table, [0, partsOf(this.#partEvents)]));
    this.#ranges.set(segment, ranges);
    return ranges;
  }
}

function covers({ space, page, pages }: Ranges, row: number, asked: number, at: number): boolean {
  return space[row] === asked && page[row]! <= at && page[row]! + pages[row]! > at;
}

function readRanges(table: OpenTable, part: readonly [number, number]): Ranges {
  const values = (column: number, bounds: readonly [number, number]) => table.column(column, bounds).values();
  const chunksOf = values(3, MASK);
  const aspectsOf = values(4, ASPECT_BITS);
  return {
    chunks: chunksOf[0]!,
    aspects: aspectsOf[0]!,
    space: values(0, SPACE_BOUNDS),
    page: values(1, PAGE_BOUNDS),
    pages: values(2, COUNT),
    chunksOf,
    aspectsOf,
    partOf: values(5, part),
  };
}

function segmentStart(chunk: number): number {
  return chunk - (chunk % SEGMENT_CHUNKS);
}
