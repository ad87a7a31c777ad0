/**
 * The tables of a segment's pages. What a chunk says of a page is one of a few combinations of aspects nearly always, so a page has the number
 * of a combination for each chunk, and those are listed once in a segment. Measured against a mask of chunks for every aspect: in a recording
 * of 65,536 pages all that is known takes 0.4 times the bytes.
 */
import { type PackedTable, packTable, type TableColumn } from '../../codec/table.js';
import { FAMILIES } from './aspects.js';
import { SEGMENT_CHUNKS } from './first-rows.js';
import type { Mentions } from './mentions.js';

/** The shard of the combinations of a segment. On disk. */
export const COMBINATIONS_SHARD = -3;
/** The shard of the pages that `rangeShard` deals to 0; those of 1, 2, ... come below it. On disk. */
export const PAGES_SHARD = -4000;
/** The same of the combinations of each of these pages: SEGMENT_CHUNKS rows for one beside it. On disk. */
export const MENTIONS_SHARD = -6000;
/** The same of the parts in which they are first spoken of. On disk. */
export const PARTS_SHARD = -8000;

/** Values of a column of the mentions: each takes one byte, so that one in the middle is found without passing over others. On disk. */
export const DIGIT = 128;

/** A table of the index, by shard. */
export interface IndexShard {
  readonly shard: number;
  readonly table: PackedTable;
}

/** The pages of a segment that fall into one shard, by space and page: their numbers in the segment, and what they are. */
export interface PagesOfShard {
  readonly shard: number;
  readonly entries: readonly number[];
  readonly spaces: Float64Array;
  readonly pages: Float64Array;
}

export function mentionTables(mentions: Mentions, shards: readonly PagesOfShard[]): IndexShard[] {
  const combinations = new Combinations();
  const found = shards.map(({ entries }) => {
    const numbers = new Uint32Array(entries.length * SEGMENT_CHUNKS);
    for (let at = 0; at < numbers.length; at++) {
      const page = entries[Math.floor(at / SEGMENT_CHUNKS)]!;
      numbers[at] = combinations.take(mentions, page, at % SEGMENT_CHUNKS);
    }
    return numbers;
  });
  const { ranks, columns } = combinations.ranked();
  const tables: IndexShard[] = [{ shard: COMBINATIONS_SHARD, table: packTable(columns, ranks.length) }];
  for (const [i, { shard, entries, spaces, pages }] of shards.entries()) {
    const numbers = found[i]!.map((number) => ranks[number]!);
    const keys = [
      { values: spaces, alike: false },
      { values: pages, alike: true },
    ];
    tables.push(
      { shard: PAGES_SHARD - shard, table: packTable(keys, entries.length) },
      { shard: MENTIONS_SHARD - shard, table: packTable(digits(numbers, ranks.length), numbers.length) },
      { shard: PARTS_SHARD - shard, table: partsTable(mentions, entries, numbers) },
    );
  }
  return tables;
}

/** Numbers combinations as they come, the first being nothing at all, and in the end by how often they came. */
class Combinations {
  readonly #numbers = new Map<number, number>([[0, 0]]);
  readonly #times: number[] = [0];

  take(mentions: Mentions, page: number, chunk: number): number {
    const aspects = mentions.aspects(page, chunk);
    if (aspects === 0) return 0;
    const key = aspects + laterFamilies(mentions, page, chunk) * 2 ** 31;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#times.length;
      this.#numbers.set(key, number);
      this.#times.push(0);
    }
    this.#times[number]!++;
    return number;
  }

  /** The rank of each number, and the combinations by rank. */
  ranked(): { readonly ranks: Uint32Array; readonly columns: TableColumn[] } {
    const times = this.#times;
    // Nothing stays 0, whatever else there is.
    const order = [...this.#numbers].sort(
      ([a, i], [b, k]) => Number(i > 0) - Number(k > 0) || times[k]! - times[i]! || a - b,
    );
    const ranks = new Uint32Array(order.length);
    for (const [rank, [, number]] of order.entries()) ranks[number] = rank;
    const column = (of: (key: number) => number) => ({
      values: Float64Array.from(order, ([key]) => of(key)),
      alike: false,
    });
    return { ranks, columns: [column((key) => key % 2 ** 31), column((key) => Math.floor(key / 2 ** 31))] };
  }
}

/** Mask of the families (bit 0 for family 1) that begin in a later part than anything does. */
function laterFamilies(mentions: Mentions, page: number, chunk: number): number {
  const first = mentions.part(page, chunk, 0);
  let later = 0;
  for (let family = 1; family < FAMILIES.length; family++) {
    if (mentions.part(page, chunk, family) > first) later |= 1 << (family - 1);
  }
  return later;
}

/** Numbers below `limit` in columns of one digit each, the lowest first. */
function digits(numbers: Uint32Array, limit: number): TableColumn[] {
  const columns: TableColumn[] = [];
  for (let scale = 1; scale === 1 || scale < limit; scale *= DIGIT) {
    const values = Float64Array.from(numbers, (number) => Math.floor(number / scale) % DIGIT);
    columns.push({ values, alike: false });
  }
  return columns;
}

/**
 * Chunk by chunk, and there combination by combination (what is alike begins at like times), the part of the first event about each page;
 * behind all of them, in that order, how much later the families begin that do.
 */
function partsTable(mentions: Mentions, entries: readonly number[], numbers: Uint32Array): PackedTable {
  const firsts: number[] = [];
  const laters: number[] = [];
  for (let chunk = 0; chunk < SEGMENT_CHUNKS; chunk++) {
    for (const row of byCombination(numbers, chunk, entries.length)) {
      const first = mentions.part(entries[row]!, chunk, 0);
      firsts.push(first);
      for (let family = 1; family < FAMILIES.length; family++) {
        const part = mentions.part(entries[row]!, chunk, family);
        if (part > first) laters.push(part - first);
      }
    }
  }
  return packTable([{ values: Float64Array.from(firsts.concat(laters)), alike: false }], firsts.length + laters.length);
}

/** Rows of the pages that a chunk speaks of, by combination and row. Both in one number are sorted natively. */
function byCombination(numbers: Uint32Array, chunk: number, pages: number): Float64Array {
  const keys = new Float64Array(pages);
  let length = 0;
  for (let row = 0; row < pages; row++) {
    const number = numbers[row * SEGMENT_CHUNKS + chunk]!;
    if (number !== 0) keys[length++] = number * pages + row;
  }
  return keys
    .subarray(0, length)
    .sort()
    .map((key) => key % pages);
}
