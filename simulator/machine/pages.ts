/**
 * Page tables: entries, marks, and which frame is behind each page. Pages are dense indices into typed arrays; a page keeps its index for
 * good. Several pages may have one frame; the one among them that marks and transfers go by is their home.
 *
 * Each table counts its writable, dirty and marked entries, so that a walk in bulk steps over tables with nothing to do.
 */
import { PAGES_PER_TABLE } from '../../base/index.js';
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { FrameStore, grown } from './frames.js';

export interface PageTable {
  readonly space: number;
  /** Page number of slot 0. */
  readonly basePage: number;
  /** Page index by slot, or -1. */
  readonly entries: Int32Array;
  /** One entry for all of it, at slot 0. */
  huge: boolean;
  writable: number;
  dirty: number;
  marked: number;
  /** Pages in it. */
  used: number;
  /** Position in `PageStore.tables`. */
  rank: number;
}

export class PageStore {
  readonly frames = new FrameStore();
  /** Page indices given out. */
  count = 0;
  number = new Float64Array(1024);
  space = new Uint16Array(1024);
  /** Logical flags of the in-memory entry; 0 where there is none. */
  flags = new Uint8Array(1024);
  /** Carrier mask of the marks; of home pages only. */
  marks = new Uint16Array(1024);
  /** Frame index behind the page, or -1 while it does not belong to the object. */
  frame = new Int32Array(1024).fill(-1);
  /** The home page. */
  home = new Int32Array(1024);
  /** The next page with the same home, or -1; begins at the home. */
  nextOfHome = new Int32Array(1024).fill(-1);
  /** The page of the second stage that a guest's page lies on, or -1. */
  under = new Int32Array(1024).fill(-1);
  /** The address space that is a second stage beside the one of a guest, or -1. */
  secondStage = -1;
  /** Pages that were given up and have no frame since. */
  discarded = 0;
  /** Tables in order of (space, page). */
  readonly tables: PageTable[] = [];

  #tableOf: PageTable[] = [];
  /** Open addressing, page index + 1; 0 is empty. At most half full. */
  #hash = new Int32Array(4096);
  #lastTable: PageTable | null = null;

  /** Index of the page, given a new one if it was never named before. */
  intern(space: number, page: number): number {
    let at = this.#start(space, page);
    for (; this.#hash[at] !== 0; at = (at + 1) & (this.#hash.length - 1)) {
      const index = this.#hash[at]! - 1;
      if (this.number[index] === page && this.space[index] === space) return index;
    }
    if (this.count * 2 >= this.#hash.length) {
      this.#rehash();
      at = this.#start(space, page);
      while (this.#hash[at] !== 0) at = (at + 1) & (this.#hash.length - 1);
    }
    if (this.count === this.number.length) this.#growPages();
    const index = this.count++;
    this.number[index] = page;
    this.space[index] = space;
    this.home[index] = index;
    this.#hash[at] = index + 1;
    return index;
  }

  /** Index of a page that was named before, or -1. */
  find(space: number, page: number): number {
    for (let at = this.#start(space, page); this.#hash[at] !== 0; at = (at + 1) & (this.#hash.length - 1)) {
      const index = this.#hash[at]! - 1;
      if (this.number[index] === page && this.space[index] === space) return index;
    }
    return -1;
  }

  /** Puts a page on a frame and into its table; its entry stays empty. A page that is not its own home joins the pages of that. */
  place(index: number, frame: number): void {
    const home = this.home[index]!;
    if (home !== index) {
      let last = home;
      while (this.nextOfHome[last]! >= 0) last = this.nextOfHome[last]!;
      this.nextOfHome[last] = index;
    }
    if (this.#tableOf[index] !== undefined) this.discarded--;
    this.frame[index] = frame;
    const table = this.#table(this.space[index]!, this.number[index]!);
    table.entries[this.number[index]! - table.basePage] = index;
    table.used++;
    this.#tableOf[index] = table;
  }

  /** Takes a page without an entry off its frame and out of its table, where its place stays known. */
  discard(index: number): void {
    this.setMarks(index, 0);
    const table = this.#tableOf[index]!;
    table.entries[this.number[index]! - table.basePage] = -1;
    table.used--;
    this.frame[index] = -1;
    this.discarded++;
  }

  /** The table that holds a page, or held it before it was given up. */
  tableOf(index: number): PageTable {
    return this.#tableOf[index]!;
  }

  /** Rank of the table that holds that page, or of the next one in order where there is none. */
  rankOf(space: number, page: number): number {
    const basePage = page - (page % PAGES_PER_TABLE);
    let low = 0;
    let high = this.tables.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const table = this.tables[middle]!;
      if (table.space < space || (table.space === space && table.basePage < basePage)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  setFlags(index: number, flags: number): void {
    const old = this.flags[index]!;
    const table = this.#tableOf[index]!;
    table.writable += writable(flags) - writable(old);
    table.dirty += dirty(flags) - dirty(old);
    this.flags[index] = flags;
  }

  setMarks(index: number, marks: number): void {
    const old = this.marks[index]!;
    if ((old === 0) !== (marks === 0)) this.#tableOf[index]!.marked += marks === 0 ? -1 : 1;
    this.marks[index] = marks;
  }

  #start(space: number, page: number): number {
    const high = page < 2 ** 31 ? 0 : Math.imul((page / 2 ** 32) | 0, 0x85eb_ca6b);
    const mixed = Math.imul((page | 0) ^ high ^ (space << 20), 0x9e37_79b1);
    return (mixed ^ (mixed >>> 15)) & (this.#hash.length - 1);
  }

  #rehash(): void {
    this.#hash = new Int32Array(this.#hash.length * 2);
    for (let index = 0; index < this.count; index++) {
      let at = this.#start(this.space[index]!, this.number[index]!);
      while (this.#hash[at] !== 0) at = (at + 1) & (this.#hash.length - 1);
      this.#hash[at] = index + 1;
    }
  }

  #table(space: number, page: number): PageTable {
    const basePage = page - (page % PAGES_PER_TABLE);
    const last = this.#lastTable;
    if (last !== null && last.space === space && last.basePage === basePage) return last;
    const low = this.rankOf(space, basePage);
    const found = this.tables[low];
    if (found !== undefined && found.space === space && found.basePage === basePage) {
      this.#lastTable = found;
      return found;
    }
    const entries = new Int32Array(PAGES_PER_TABLE).fill(-1);
    const counts = { writable: 0, dirty: 0, marked: 0, used: 0 };
    const table: PageTable = { space, basePage, entries, huge: false, ...counts, rank: low };
    this.tables.splice(low, 0, table);
    for (let rank = low + 1; rank < this.tables.length; rank++) this.tables[rank]!.rank = rank;
    this.#lastTable = table;
    return table;
  }

  #growPages(): void {
    const capacity = this.number.length * 2;
    this.number = grown(this.number, new Float64Array(capacity));
    this.space = grown(this.space, new Uint16Array(capacity));
    this.flags = grown(this.flags, new Uint8Array(capacity));
    this.marks = grown(this.marks, new Uint16Array(capacity));
    this.frame = grown(this.frame, new Int32Array(capacity).fill(-1));
    this.home = grown(this.home, new Int32Array(capacity));
    this.nextOfHome = grown(this.nextOfHome, new Int32Array(capacity).fill(-1));
    this.under = grown(this.under, new Int32Array(capacity).fill(-1));
  }
}

function writable(flags: number): number {
  return (flags & (PTE_PRESENT | PTE_WRITABLE)) === (PTE_PRESENT | PTE_WRITABLE) ? 1 : 0;
}

function dirty(flags: number): number {
  return (flags & (PTE_PRESENT | PTE_DIRTY)) === (PTE_PRESENT | PTE_DIRTY) ? 1 : 0;
}
