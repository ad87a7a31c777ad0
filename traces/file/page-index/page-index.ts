/**
 * Which chunks speak of which page, and of what of it: what makes the last event about a page a matter of milliseconds in a trail of any
 * length. Chunks are taken 16 at a time, a *segment*; in each, a page has the aspects (see `aspects.ts`) that each chunk speaks of, and where
 * in it that begins (see `mention-tables.ts`). Events about long ranges (a walk over all of the object) are kept as ranges. A segment without
 * index is searched chunk by chunk, so the index is a help and never the truth.
 */
import { PAGE_LIMIT, PAGES_PER_TABLE } from '../../../base/index.js';
import type { EventBatch } from '../../batch.js';
import { type PackedTable, packTable } from '../../codec/table.js';
import { PAGES_SLOT, pte, tlbFill, tlbUpdate, write } from '../../events/index.js';
import { PTE_HUGE, type PteLayout } from '../../layouts/index.js';
import { TLB_HUGE } from '../../vocabulary.js';
import { aspectsOfEvent } from './aspects.js';
import { partOf, SEGMENT_CHUNKS } from './first-rows.js';
import { type IndexShard, mentionTables, type PagesOfShard } from './mention-tables.js';
import { Mentions } from './mentions.js';
import { rangeShard } from '../ranges.js';

/** The shard that holds the ranges of a segment; its first row is the mask of the chunks that the segment has. On disk. */
export const RANGES_SHARD = -2;
/** Ranges up to so many pages are entered page by page. Chosen: what a harvest reports in one go is mostly shorter. */
const NARROW_PAGES = 64;

/** Builds the index of one segment after another. */
export class PageIndexBuilder {
  /** Chunks taken since the last segment was finished. */
  chunks = 0;
  readonly #layoutOf: (space: number) => PteLayout;
  #count = 0;
  #space = new Uint16Array(4096);
  #page = new Float64Array(4096);
  readonly #mentions = new Mentions();
  /** Aspects that some page of the segment has. */
  #aspects = 0;
  /** Open addressing, entry + 1; 0 is free. At most half full. */
  #slots = new Int32Array(8192);
  /** Space, page, pages, chunk mask, aspects, part; one for each chunk, by its first event. */
  readonly #ranges = new Map<string, readonly number[]>();

  constructor(layoutOf: (space: number) => PteLayout) {
    this.#layoutOf = layoutOf;
  }

  get isFull(): boolean {
    return this.chunks === SEGMENT_CHUNKS;
  }

  /** Takes the events of the next chunk. */
  add(batch: EventBatch): void {
    const { kind, page, space, length } = batch;
    const chunk = this.chunks++;
    let entry = -1;
    let lastPage = -1;
    let lastSpace = -1;
    let lastCode = -1;
    for (let row = 0; row < length; row++) {
      const at = page[row]!;
      const code = kind[row]!;
      // One more write to the page says nothing new, and most events are that.
      if (code === write.code && lastCode === code && at === lastPage && space[row] === lastSpace) continue;
      lastCode = code;
      if (at < 0) continue;
      const slot = PAGES_SLOT[code]!;
      const pages = slot >= 0 ? batch.slots[slot]![row]! : at % PAGES_PER_TABLE === 0 ? this.#reach(batch, row) : 1;
      const aspects = aspectsOfEvent(batch, row, this.#layoutOf);
      if (pages > NARROW_PAGES) {
        this.#addRange(space[row]!, at, pages, 1 << chunk, aspects, partOf(row));
        continue;
      }
      if (at !== lastPage || space[row] !== lastSpace) {
        lastPage = at;
        lastSpace = space[row]!;
        entry = this.#entry(lastSpace, at);
      }
      this.#aspects |= aspects;
      this.#mentions.note(entry, chunk, row, aspects);
      for (let more = 1; more < pages && at + more < PAGE_LIMIT; more++) {
        this.#mentions.note(this.#entry(lastSpace, at + more), chunk, row, aspects);
      }
    }
  }

  /** The tables of the segment, which ends here. */
  finish(): IndexShard[] {
    const shards = [
      { shard: RANGES_SHARD, table: this.#rangeTable() },
      ...mentionTables(this.#mentions, this.#pagesOfShards()),
    ];
    this.chunks = this.#count = this.#aspects = 0;
    this.#slots.fill(0);
    this.#mentions.clear();
    this.#ranges.clear();
    return shards;
  }

  #rangeTable(): PackedTable {
    const rows = [[0, 0, 0, 2 ** this.chunks - 1, this.#aspects, 0], ...this.#ranges.values()];
    const columns = [0, 1, 2, 3, 4, 5].map((column) => ({
      values: Float64Array.from(rows, (row) => row[column]!),
      alike: column === 1,
    }));
    return packTable(columns, rows.length);
  }

  #pagesOfShards(): PagesOfShard[] {
    const byShard = new Map<number, number[]>();
    for (const entry of this.#sorted()) {
      const shard = rangeShard(this.#page[entry]!);
      const entries = byShard.get(shard);
      if (entries === undefined) byShard.set(shard, [entry]);
      else entries.push(entry);
    }
    return [...byShard].map(([shard, entries]) => ({
      shard,
      entries,
      spaces: Float64Array.from(entries, (entry) => this.#space[entry]!),
      pages: Float64Array.from(entries, (entry) => this.#page[entry]!),
    }));
  }

  /** Entries by space and page. Page numbers are sorted natively and looked up again: several times as fast as a comparison in JS. */
  #sorted(): Int32Array {
    const out = new Int32Array(this.#count);
    const spaces = [...new Set(this.#space.subarray(0, this.#count))].sort((a, b) => a - b);
    const numbers = new Float64Array(this.#count);
    let done = 0;
    for (const space of spaces) {
      let n = 0;
      for (let entry = 0; entry < this.#count; entry++)
        if (this.#space[entry] === space) numbers[n++] = this.#page[entry]!;
      for (const page of numbers.subarray(0, n).sort()) out[done++] = this.#entry(space, page);
    }
    return out;
  }

  #addRange(space: number, page: number, pages: number, bit: number, aspects: number, part: number): void {
    const key = `${space} ${page} ${pages} ${bit} ${aspects}`;
    if (!this.#ranges.has(key)) this.#ranges.set(key, [space, page, pages, bit, aspects, part]);
  }

  /** Pages that an event about the first page of a table is about: all of them where it is about a huge entry. */
  #reach({ kind, space, slots }: EventBatch, row: number): number {
    if (kind[row] === tlbFill.code) return slots[tlbFill.slot.flags]![row]! & TLB_HUGE ? PAGES_PER_TABLE : 1;
    if (kind[row] === tlbUpdate.code) return slots[tlbUpdate.slot.flags]![row]! & TLB_HUGE ? PAGES_PER_TABLE : 1;
    if (kind[row] !== pte.code) return 1;
    const layout = this.#layoutOf(space[row]!);
    const before = layout.flags(slots[pte.slot.oldLow]![row]!, slots[pte.slot.oldHigh]![row]!);
    const after = layout.flags(slots[pte.slot.newLow]![row]!, slots[pte.slot.newHigh]![row]!);
    return (before | after) & PTE_HUGE ? PAGES_PER_TABLE : 1;
  }

  #entry(space: number, page: number): number {
    const mask = this.#slots.length - 1;
    let at = hash(space, page) & mask;
    for (;;) {
      const entry = this.#slots[at]! - 1;
      if (entry < 0) break;
      if (this.#page[entry] === page && this.#space[entry] === space) return entry;
      at = (at + 1) & mask;
    }
    if (this.#count === this.#page.length) {
      this.#grow();
      return this.#entry(space, page);
    }
    const entry = this.#count++;
    this.#space[entry] = space;
    this.#page[entry] = page;
    this.#slots[at] = entry + 1;
    return entry;
  }

  #grow(): void {
    const capacity = this.#page.length * 2;
    const widen = <T extends { set(from: T): void }>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#space = widen(this.#space, new Uint16Array(capacity));
    this.#page = widen(this.#page, new Float64Array(capacity));
    this.#slots = new Int32Array(capacity * 2);
    const mask = this.#slots.length - 1;
    for (let entry = 0; entry < this.#count; entry++) {
      let at = hash(this.#space[entry]!, this.#page[entry]!) & mask;
      while (this.#slots[at] !== 0) at = (at + 1) & mask;
      this.#slots[at] = entry + 1;
    }
  }
}

/** Multiplicative hash (Knuth, TAOCP 6.4) whose high bits are folded into the low ones. */
function hash(space: number, page: number): number {
  const high = (page / 0x1_0000_0000) | 0;
  const mixed = Math.imul((page | 0) ^ Math.imul(high ^ (space << 20), 0x85eb_ca6b), 0x9e37_79b1);
  return mixed ^ (mixed >>> 15);
}
