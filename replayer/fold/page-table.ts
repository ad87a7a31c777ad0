/**
 * Every page the trail has spoken of, as columns by dense index: entry, marks and the frame behind it. Found by (space, page)
 * through an open-addressed hash, because page numbers are sparse and 52 bits wide. Records are never removed: an unmapped
 * page keeps its index with frame 0, which stands for "none".
 */
import { TrailFormatError } from '../../base/index.js';

/** 64 GiB of 4 KiB pages. Chosen: they take some 1.2 GB here, frames included; a trail that claims more is taken for damaged. */
const PAGE_RECORDS_MAX = 2 ** 24;

export class PageTable {
  /** Records in use; indices are [0, count). */
  count = 0;
  space: Uint16Array<ArrayBuffer> = new Uint16Array(0);
  page: Float64Array<ArrayBuffer> = new Float64Array(0);
  /** Index into the frame table; 0 where the page is not mapped. */
  frame: Int32Array<ArrayBuffer> = new Int32Array(0);
  /** Raw in-memory entry. */
  pteLow: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  pteHigh: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  /** Carrier mask of what mark events set. */
  marks: Uint16Array<ArrayBuffer> = new Uint16Array(0);
  #slots = new Int32Array(0); // index + 1; 0 is free
  #shift = 0;

  constructor(capacity = 1024) {
    this.#grow(capacity);
  }

  get capacity(): number {
    return this.page.length;
  }

  /** Index of the page, or -1. */
  find(space: number, page: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let at = hashOf(space, page, this.#shift);
    for (;;) {
      const index = slots[at]! - 1;
      if (index < 0) return -1;
      if (this.page[index] === page && this.space[index] === space) return index;
      at = (at + 1) & mask;
    }
  }

  /** Index of the page, made if there is none yet. Throws a `TrailFormatError` beyond 2^24 records. */
  ensure(space: number, page: number): number {
    const known = this.find(space, page);
    return known >= 0 ? known : this.append(space, page);
  }

  /** Index of a page that the trail has not spoken of before: as `ensure`, without looking. */
  append(space: number, page: number): number {
    if (this.count === this.capacity) this.#grow(this.capacity * 2);
    const index = this.count++;
    this.space[index] = space;
    this.page[index] = page;
    this.#place(index);
    return index;
  }

  /** Calls `visit` with the index of every page of [page, page + pages) that the trail has spoken of. */
  forRange(space: number, page: number, pages: number, visit: (index: number) => void): void {
    if (pages <= this.count) {
      for (let i = 0; i < pages; i++) {
        const index = this.find(space, page + i);
        if (index >= 0) visit(index);
      }
      return;
    }
    for (let index = 0; index < this.count; index++) {
      const at = this.page[index]!;
      if (at >= page && at < page + pages && this.space[index] === space) visit(index);
    }
  }

  /** Forgets all pages; the room stays. */
  clear(): void {
    if (this.count === 0) return;
    for (const column of [this.frame, this.pteLow, this.marks]) column.fill(0, 0, this.count);
    zero(this.pteHigh, this.count);
    this.#slots.fill(0);
    this.count = 0;
  }

  /** Makes room for that many records at once. */
  reserve(records: number): void {
    if (records > this.capacity) this.#grow(records);
  }

  #grow(wanted: number): void {
    checkRecords(wanted);
    const capacity = 2 ** Math.ceil(Math.log2(wanted));
    this.space = widen(this.space, new Uint16Array(capacity));
    this.page = widen(this.page, new Float64Array(capacity));
    this.frame = widen(this.frame, new Int32Array(capacity));
    this.pteLow = widen(this.pteLow, new Uint32Array(capacity));
    this.pteHigh = widen(this.pteHigh, new Uint32Array(capacity));
    this.marks = widen(this.marks, new Uint16Array(capacity));
    this.#slots = new Int32Array(capacity * 2);
    this.#shift = shiftFor(capacity * 2);
    for (let index = 0; index < this.count; index++) this.#place(index);
  }

  #place(index: number): void {
    const mask = this.#slots.length - 1;
    let at = hashOf(this.space[index]!, this.page[index]!, this.#shift);
    while (this.#slots[at] !== 0) at = (at + 1) & mask;
    this.#slots[at] = index + 1;
  }
}

/**
 * Multiplicative hash, good in its high bits (Knuth, TAOCP 6.4), of the block of 16 pages; the page's place in its block follows. So
 * neighbours share a cache line, and pages at a stride of 16 or more still spread over the blocks.
 */
export function hashOf(space: number, page: number, shift: number): number {
  const high = (page / 0x1_0000_0000) | 0;
  const low = page | 0; // modulo 2^32
  const block = Math.imul((low >>> 4) ^ Math.imul(high ^ (space << 20), 0x85eb_ca6b), 0x9e37_79b1) >>> shift;
  return (block << 4) | (low & 15);
}

/** What `hashOf` is to be given for a hash of so many slots, a power of two. */
export function shiftFor(slots: number): number {
  return 32 - (Math.log2(slots) - 4);
}

/** Throws a `TrailFormatError` for more records than can be: asked before a range is entered page by page, too. */
export function checkRecords(records: number): void {
  if (records <= PAGE_RECORDS_MAX) return;
  throw new TrailFormatError({
    what: `the trail speaks of more than ${PAGE_RECORDS_MAX} pages`,
    why: 'no recording has that many; a range in it is damaged',
    mend: 'restore the file from a copy, or record again',
  });
}

/** The wider array, with the contents of the narrower one. */
export function widen<T extends { set(source: T): void }>(narrow: T, wide: T): T {
  wide.set(narrow);
  return wide;
}

/**
 * Makes the first values zeros. Columns that are zeros all along, as the upper halves of entries on most machines, are only read for it: memory that
 * was never written to takes no room.
 */
export function zero(column: Float64Array | Int32Array | Uint32Array, count: number): void {
  for (let i = 0; i < count; i++) if (column[i] !== 0) column[i] = 0;
}
