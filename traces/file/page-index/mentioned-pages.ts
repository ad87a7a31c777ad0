/** What the page index of an opened trail says of single pages: see `mention-tables.ts`. */
import type { OpenTable } from '../../codec/table.js';
import { damaged } from '../../codec/varints.js';
import { ASPECTS, FAMILIES } from './aspects.js';
import { familyOf, partOf, partsOf, PART_EVENTS, SEGMENT_CHUNKS } from './first-rows.js';
import { type IndexTables, KeptTables } from './index-tables.js';
import { COMBINATIONS_SHARD, DIGIT, MENTIONS_SHARD, PAGES_SHARD, PARTS_SHARD } from './mention-tables.js';
import type { PagesOfSegments, UpTo } from './page-index-reader.js';
import { PageKeys } from './page-keys.js';
import { PAGE_BOUNDS, rangeShard, SPACE_BOUNDS } from '../ranges.js';

type Small = Uint8Array | Float64Array;

const ASPECT_BITS = [0, 2 ** ASPECTS - 1] as const;
const LATER = [0, 2 ** (FAMILIES.length - 1) - 1] as const;
const DIGITS = [0, DIGIT - 1] as const;
const PART = [0, partsOf(PART_EVENTS)] as const;
/** Columns of the mentions. Four digits are more combinations than a table has rows. */
const MOST_DIGITS = 4;

/** The combinations of a segment by number. */
interface Combinations {
  readonly aspects: Float64Array;
  /** Mask of the families, from 1 on, that begin in a later part than anything does. */
  readonly later: Float64Array;
}

/** The pages of a segment that fall into one shard. */
interface Mentioned {
  readonly keys: PageKeys;
  /** By page and chunk the number of a combination, digit by digit, the lowest first. None until they are asked for. */
  readonly digits: Small[];
  /** Read when they are asked for. */
  parts: Parts | null;
}

/** In which parts chunks begin to speak of pages. */
interface Parts {
  /** Chunk by chunk, combination by combination and page by page; behind all of them those that begin later. */
  readonly values: Small;
  /** Where the values of each chunk start. */
  readonly firsts: Uint32Array;
  /** The same of those that begin later. */
  readonly laters: Uint32Array;
}

/** Where a page is, and what the numbers there mean. */
interface Found {
  readonly mentioned: Mentioned;
  readonly row: number;
  readonly combinations: Combinations;
}

/** Ones in a mask of families. */
const BITS = Uint8Array.from({ length: LATER[1] + 1 }, (_, mask) => (mask & 1) + ((mask >> 1) & 1) + ((mask >> 2) & 1));

export class MentionedPages implements PagesOfSegments {
  readonly #tables: IndexTables;
  readonly #combinations = new KeptTables<Combinations>();
  readonly #mentioned = new KeptTables<Mentioned | 'none'>();

  constructor(tables: IndexTables) {
    this.#tables = tables;
  }

  chunksOf(segment: number, space: number, page: number, aspects: number, upTo: UpTo | null): number {
    return this.#tables.named(segment, () => {
      const found = this.#find(segment, space, page);
      if (found === null) return 0;
      const { mentioned, combinations, row } = found;
      let chunks = 0;
      for (let chunk = 0; chunk < SEGMENT_CHUNKS; chunk++) {
        if ((aspectsAt(found, chunk) & aspects) !== 0) chunks |= 1 << chunk;
      }
      if (upTo === null || (chunks & (1 << upTo.chunk)) === 0) return chunks;
      mentioned.parts ??= this.#readParts(segment, rangeShard(page), mentioned, combinations);
      const part = partAt(mentioned, combinations, row, upTo.chunk, familyOf(aspects));
      return part > partOf(upTo.row) ? chunks & ~(1 << upTo.chunk) : chunks;
    });
  }

  aspectsOf(segment: number, space: number, page: number, chunk: number): number {
    return this.#tables.named(segment, () => {
      const found = this.#find(segment, space, page);
      return found === null ? 0 : aspectsAt(found, chunk);
    });
  }

  #find(segment: number, space: number, page: number): Found | null {
    const shard = rangeShard(page);
    const mentioned = this.#mentioned.get(segment, shard, () => this.#read(segment, shard) ?? 'none');
    if (mentioned === 'none') return null;
    const row = mentioned.keys.rowOf(space, page);
    if (row < 0) return null;
    // A page that is seldom spoken of is looked for in many segments that do not have it.
    if (mentioned.digits.length === 0) mentioned.digits.push(...this.#readDigits(segment, shard, mentioned.keys.rows));
    return { mentioned, row, combinations: this.#combinations.get(segment, 0, () => this.#readCombinations(segment)) };
  }

  #read(segment: number, shard: number): Mentioned | null {
    const keys = this.#tables.open(segment, PAGES_SHARD - shard, 2);
    if (keys === null) return null;
    return {
      keys: new PageKeys(keys.column(0, SPACE_BOUNDS), keys.column(1, PAGE_BOUNDS).values()),
      digits: [],
      parts: null,
    };
  }

  #readDigits(segment: number, shard: number, pages: number): Small[] {
    const mentions = this.#present(segment, MENTIONS_SHARD - shard, MOST_DIGITS);
    if (mentions.rows !== pages * SEGMENT_CHUNKS) damaged('its pages and what is said of them are not as many');
    return Array.from({ length: mentions.columns }, (_, at) => mentions.column(at, DIGITS).small());
  }

  #readCombinations(segment: number): Combinations {
    const table = this.#present(segment, COMBINATIONS_SHARD, 2);
    return { aspects: table.column(0, ASPECT_BITS).values(), later: table.column(1, LATER).values() };
  }

  #readParts(segment: number, shard: number, mentioned: Mentioned, combinations: Combinations): Parts {
    const values = this.#present(segment, PARTS_SHARD - shard, 1)
      .column(0, PART)
      .small();
    return partsOfMentions(values, mentioned, combinations);
  }

  #present(segment: number, shard: number, mostColumns: number): OpenTable {
    return this.#tables.open(segment, shard, mostColumns) ?? damaged(`its shard ${shard} is missing`);
  }
}

/** What the chunk speaks of. */
function aspectsAt({ mentioned, combinations, row }: Found, chunk: number): number {
  return (
    combinations.aspects[numberAt(mentioned, row * SEGMENT_CHUNKS + chunk)] ??
    damaged('it has a combination that is not listed')
  );
}

function numberAt({ digits }: Mentioned, at: number): number {
  let number = digits[0]![at]!;
  for (let digit = 1, scale = DIGIT; digit < digits.length; digit++, scale *= DIGIT)
    number += digits[digit]![at]! * scale;
  return number;
}

/** What lies before each chunk. */
function partsOfMentions(values: Small, mentioned: Mentioned, { later }: Combinations): Parts {
  const firsts = new Uint32Array(SEGMENT_CHUNKS + 1);
  const laters = new Uint32Array(SEGMENT_CHUNKS + 1);
  const mentions = mentioned.keys.rows * SEGMENT_CHUNKS;
  for (let at = 0; at < mentions; at++) {
    const number = numberAt(mentioned, at);
    if (number === 0) continue;
    const next = (at % SEGMENT_CHUNKS) + 1;
    firsts[next]!++;
    laters[next]! += BITS[later[number]!]!;
  }
  for (let chunk = 0; chunk < SEGMENT_CHUNKS; chunk++) {
    firsts[chunk + 1]! += firsts[chunk]!;
    laters[chunk + 1]! += laters[chunk]!;
  }
  if (firsts[SEGMENT_CHUNKS]! + laters[SEGMENT_CHUNKS]! !== values.length)
    damaged('its parts are not those of its pages');
  return { values, firsts, laters };
}

/** The part in which a chunk begins to speak of a family of aspects of the page in that row. */
function partAt(mentioned: Mentioned, { later }: Combinations, row: number, chunk: number, family: number): number {
  const { values, firsts, laters } = mentioned.parts!;
  let first = firsts[chunk]!;
  let behind = laters[chunk]!;
  const own = numberAt(mentioned, row * SEGMENT_CHUNKS + chunk);
  for (let other = 0; other < mentioned.keys.rows; other++) {
    const number = numberAt(mentioned, other * SEGMENT_CHUNKS + chunk);
    if (number === 0 || number > own || (number === own && other >= row)) continue;
    first++;
    behind += BITS[later[number]!]!;
  }
  const begins = later[own]!;
  if (family === 0 || (begins & (1 << (family - 1))) === 0) return values[first]!;
  return values[first]! + values[firsts[SEGMENT_CHUNKS]! + behind + BITS[begins & (2 ** (family - 1) - 1)]!]!;
}
