/**
 * Memory as the kernel and the consumer see it: entries, marks, frames, and what has been transferred. Every change is journalled. What
 * CPUs cache of it is `mmu.ts`. Pages are indices; an operation on an entry is given a page whose entry it is (`entryOf`).
 */
import { invariant, PAGE_SIZE, PAGES_PER_TABLE } from '../../base/index.js';
import { MEMORY_KINDS, PTE_ACCESSED, PTE_HUGE, PTE_SPECIAL } from '../../traces/index.js';
import type { Architecture } from '../architectures/index.js';
import { CARRIER, PTE_CAUSE } from './codes.js';
import { MEMORY_CODE, type RealMemory } from './frames.js';
import type { Journal } from './journal.js';
import { type Alias, Mappings } from './mappings.js';
import { firstAt, lastAt, nextEntry, nextPage, regionEnd, slotsBetween } from './order.js';
import type { PageStore } from './pages.js';

/** Pages of one kind in a row where an object has both. Chosen: 64 KiB, as drivers that evict in parts do. */
const MIXED_BLOCK_PAGES = 16;

export interface MemoryOptions {
  readonly architecture: Architecture;
  /** What new pages of the object consist of; `mixed`: blocks of both. */
  readonly memory: RealMemory | 'mixed';
  /** Whether a frame of each memory has a struct page behind its entries. */
  readonly structPage: Readonly<Record<RealMemory, boolean>>;
  /** Devices do not snoop: what a CPU wrote is in its caches until they are written back. */
  readonly nonCoherent: boolean;
  /** The object is mapped by entries of 2 MiB. */
  readonly huge: boolean;
  /** Address spaces that map the object from the start. */
  readonly mms: number;
  readonly alias: Alias | null;
  /** The object is one VMA, but for gaps of more pages than this; 0: always one. */
  readonly vmaGapPages: number;
}

export class Memory {
  readonly pages: PageStore;
  readonly mappings: Mappings;
  readonly #options: MemoryOptions;
  readonly #journal: Journal;
  /** Flags of every entry that maps a frame of each kind of memory, by its code. */
  readonly #flagsByMemory: readonly number[];

  constructor(options: MemoryOptions, pages: PageStore, journal: Journal) {
    this.#options = options;
    this.pages = pages;
    this.mappings = new Mappings(options.mms, options.alias);
    this.#journal = journal;
    // Where no hardware sets A the kernel makes new entries young.
    const young = options.architecture.hardwareSetsDirty ? 0 : PTE_ACCESSED;
    const special = (memory: RealMemory) => young | (options.structPage[memory] ? 0 : PTE_SPECIAL);
    this.#flagsByMemory = MEMORY_KINDS.map((memory) => (memory === 'guest' ? young : special(memory)));
  }

  /** Index of a page of an address space, with its home. */
  intern(space: number, number: number): number {
    const { pages } = this;
    const known = pages.count;
    const index = pages.intern(space, number);
    if (index < known || space === pages.secondStage) return index;
    const homeNumber = this.mappings.homeOf(number);
    if (space === 0 && homeNumber === number) return index;
    const home = pages.intern(0, homeNumber); // may replace the columns by longer ones
    pages.home[index] = home;
    return index;
  }

  /** The page whose entry governs a page: itself, or the first of a huge one. */
  entryOf(page: number): number {
    if (!this.#options.huge || this.pages.frame[page]! < 0) return page;
    const table = this.pages.tableOf(page);
    return table.huge ? table.entries[0]! : page;
  }

  /** Gives an entry other flags; gives its old ones. */
  change(entry: number, flags: number, cause: number, costNs = 0): number {
    const { pages } = this;
    const old = pages.flags[entry]!;
    if (old === flags) return old;
    pages.setFlags(entry, flags);
    this.#journal.pte(entry, pages.frames.number[pages.frame[entry]!]!, old, flags, cause, costNs);
    return old;
  }

  /** The page becomes part of the object, on a frame, without an entry; nothing happens if it is. */
  place(page: number): void {
    const { pages } = this;
    if (pages.frame[page]! >= 0) return;
    const home = pages.home[page]!;
    if (home !== page) {
      this.place(home);
      this.#placeOn(page, pages.frame[home]!);
    } else if (pages.secondStage >= 0 && pages.space[page] !== pages.secondStage) {
      const under = pages.intern(pages.secondStage, pages.number[page]!);
      this.place(under);
      pages.under[page] = under;
      this.#placeOn(page, pages.frames.takeGuest(pages.number[page]!));
    } else if (this.#options.huge) this.#placeHuge(page);
    else this.#placeOn(page, pages.frames.take(this.#memoryOf(page)));
  }

  /** Puts an entry of these flags in place, and the page into the object: free of charge, the fault that led here has its own price. */
  map(page: number, flags: number): void {
    this.place(page);
    const entry = this.entryOf(page);
    this.change(entry, flags | this.flagsOfFrame(entry), PTE_CAUSE.map);
  }

  /** What the kind of frame behind an entry, and its size, add to the flags of any entry for it. */
  flagsOfFrame(entry: number): number {
    const { pages } = this;
    const huge = this.#options.huge && pages.tableOf(entry).huge ? PTE_HUGE : 0;
    return this.#flagsByMemory[pages.frames.memory[pages.frame[entry]!]!]! | huge;
  }

  /** Whether a struct page is behind the page. */
  hasStructPage(page: number): boolean {
    return (this.flagsOfFrame(page) & PTE_SPECIAL) === 0;
  }

  /** The contents of a home page move to a frame of the other kind of memory; false, and nothing, while an entry still maps it. */
  move(home: number, costNs: number): boolean {
    const { pages } = this;
    for (let page = home; page >= 0; page = pages.nextOfHome[page]!) if (pages.flags[page] !== 0) return false;
    const memory = pages.frames.memory[pages.frame[home]!] === MEMORY_CODE.system ? 'device' : 'system';
    this.#moveTo(home, memory, costNs);
    return true;
  }

  /** The contents of a home page without an entry move to a new frame of the same kind of memory: no cost but that of whoever copies. */
  renew(home: number): void {
    const { pages } = this;
    const memory = pages.frames.memory[pages.frame[home]!];
    invariant(pages.home[home] === home && !this.#options.huge, 'a frame is replaced for a small home page');
    invariant(memory !== MEMORY_CODE.guest, 'the frames of a guest are its own to number');
    for (let page = home; page >= 0; page = pages.nextOfHome[page]!)
      invariant(pages.flags[page] === 0, 'a frame is replaced that another entry maps');
    this.#moveTo(home, memory === MEMORY_CODE.system ? 'system' : 'device', 0);
  }

  /** The frame behind a page is given up, with its contents and marks; nothing where it has none. */
  discard(page: number): void {
    const { pages } = this;
    const frame = pages.frame[page]!;
    if (frame < 0) return;
    invariant(pages.flags[page] === 0, 'a frame is given up that an entry maps');
    invariant(pages.home[page] === page && pages.nextOfHome[page]! < 0, 'a frame is given up that other pages are on');
    invariant(!this.#options.huge && pages.under[page]! < 0, 'frames are given up one by one, and by no guest');
    this.#journal.unmap(page, pages.frames.number[frame]!);
    pages.discard(page);
  }

  #moveTo(home: number, memory: RealMemory, costNs: number): void {
    const { pages } = this;
    const { frames } = pages;
    const from = pages.frame[home]!;
    const to = frames.take(memory);
    frames.move(from, to);
    for (let page = home; page >= 0; page = pages.nextOfHome[page]!) {
      pages.frame[page] = to;
      const cost = page === home ? costNs : 0;
      this.#journal.frameMove(page, frames.number[from]!, frames.number[to]!, frames.memory[to]!, cost);
    }
  }

  /** Sets a carrier for the home of a page; 1 if it was set already. */
  markSet(page: number, carrier: number): number {
    const { pages } = this;
    const home = pages.home[page]!;
    const marks = pages.marks[home]!;
    if (marks & (1 << carrier)) return 1;
    if (pages.frame[home]! < 0) return 0; // given up meanwhile: nothing is left to be remembered
    pages.setMarks(home, marks | (1 << carrier));
    this.#journal.mark(home, 1, carrier, 1);
    return 0;
  }

  /** Sets a carrier for every page that an entry covers. */
  recordEntry(entry: number, carrier: number): void {
    const table = this.pages.tableOf(entry);
    if (!table.huge) {
      this.markSet(entry, carrier);
      return;
    }
    const { pages } = this;
    for (const page of table.entries) pages.setMarks(page, pages.marks[page]! | (1 << carrier));
    this.#journal.mark(entry, PAGES_PER_TABLE, carrier, 1);
  }

  isMarked(page: number, carrier: number): boolean {
    return (this.pages.marks[this.pages.home[page]!]! & (1 << carrier)) !== 0;
  }

  /** Clears a carrier of a page and, if it was set, sets another (-1: none); whether it was. */
  markMove(page: number, from: number, to: number): boolean {
    const home = this.pages.home[page]!;
    if (!this.isMarked(home, from)) return false;
    this.markClear(home, home, from);
    if (to >= 0) this.markSet(home, to);
    return true;
  }

  /** Clears a carrier for the run first..last of home pages. */
  markClear(first: number, last: number, carrier: number): void {
    const { pages } = this;
    for (let page = first; page >= 0; page = this.nextWithin(page, last)) {
      pages.setMarks(page, pages.marks[page]! & ~(1 << carrier));
    }
    this.#journal.mark(first, this.span(first, last), carrier, 0);
  }

  /** A write reaches a frame, by way of the CPU caches or past them, and the host's frame behind it. */
  written(frame: number, page: number, bypassesCaches = false): void {
    const { frames, under } = this.pages;
    frames.generation[frame]!++;
    if (this.#options.nonCoherent && !bypassesCaches) frames.cached[frame]!++;
    if (under[page]! >= 0) frames.generation[this.pages.frame[under[page]!]!]!++;
  }

  /** What every store does where the change bit belongs to the frame. */
  changed(page: number): void {
    if (this.#options.architecture.changeBitInFrame) this.markSet(page, CARRIER['storage-key']);
  }

  /** A write that goes through no page table of a CPU: it reaches that frame and leaves no mark in entries. It has no CPU. */
  otherWrite(page: number, frame: number, offset: number, size: number, writer: number, bypassesCaches: boolean): void {
    const { pages } = this;
    const journal = this.#journal;
    const { actor, cpu } = journal;
    const program = journal.program[cpu]!;
    this.written(frame, page, bypassesCaches);
    journal.enter(writer, -1);
    journal.time = Math.max(journal.time, program);
    journal.write(pages.space[page]!, pages.number[page]!, offset, size, program);
    this.changed(page);
    journal.enter(actor, cpu);
  }

  report(first: number, last: number): void {
    this.#journal.report(first, this.span(first, last));
  }

  /** CPU caches are written back for first..last. */
  flushCaches(first: number, last: number, costPer4kNs: number): void {
    const { frame, frames } = this.pages;
    for (let page = first; page >= 0; page = this.nextWithin(page, last)) frames.cached[frame[page]!] = 0;
    const span = this.span(first, last);
    this.#journal.cacheFlush(first, span, span * costPer4kNs);
  }

  /** The consumer reads the bytes of first..last, as they are in memory. */
  transfer(first: number, last: number, costPer4kNs: number): void {
    const { frame, frames } = this.pages;
    for (let page = first; page >= 0; page = this.nextWithin(page, last)) {
      const at = frame[page]!;
      frames.captured[at] = frames.generation[at]! - frames.cached[at]!;
    }
    const span = this.span(first, last);
    this.#journal.transfer(first, span, span * PAGE_SIZE, span * costPer4kNs);
  }

  /** A range walk over first..last ends, having selected `selected` entries. */
  walkEnd(first: number, last: number, selected: number, slotNs: number, selectedNs: number): void {
    const slots = slotsBetween(this.pages, first, last);
    this.#journal.walk(first, this.span(first, last), slots, selected, slots * slotNs + selected * selectedNs);
  }

  /** Every home page of first..last is compared with the consumer's copy: a walk that looks at no entry. */
  compare(first: number, last: number, pageNs: number): void {
    let mapped = 0;
    for (let page = first; page >= 0; page = this.nextWithin(page, last)) if (this.pages.home[page] === page) mapped++;
    this.#journal.walk(first, this.span(first, last), 0, 0, mapped * pageNs);
  }

  /** The page behind `page` in order, but none behind `last`; or -1. */
  nextWithin(page: number, last: number): number {
    return this.bounded(nextPage(this.pages, page), last);
  }

  /** The page with an entry of its own behind `page`, but none behind `last`; or -1. */
  nextEntryWithin(page: number, last: number): number {
    return this.bounded(nextEntry(this.pages, page), last);
  }

  /** The last page of the VMA that holds `page`, but none behind `bound`. */
  vmaEnd(page: number, bound: number): number {
    const { pages } = this;
    const end = regionEnd(pages, page, this.#options.vmaGapPages);
    return pages.number[bound]! < pages.number[end]! ? bound : end;
  }

  /** The first (or last) page of a mapping that lies in the home interval first..last, or -1. */
  partEdge(first: number, last: number, mapping: number, edge: typeof firstAt | typeof lastAt): number {
    const { number, space, secondStage } = this.pages;
    if (space[first] === secondStage) return edge(this.pages, secondStage, number[first]!, number[last]!);
    const at = this.mappings.list[mapping]!;
    const from = Math.max(at.first, number[first]! + at.delta);
    const to = Math.min(at.last, number[last]! + at.delta);
    return from > to ? -1 : edge(this.pages, at.space, from, to);
  }

  /** Pages from one page to another, both included. */
  span(first: number, last: number): number {
    return this.pages.number[last]! - this.pages.number[first]! + 1;
  }

  /** The page, unless it lies behind `last` or in another address space; then -1. */
  bounded(page: number, last: number): number {
    const { number, space } = this.pages;
    return page >= 0 && space[page] === space[last] && number[page]! <= number[last]! ? page : -1;
  }

  #placeOn(page: number, frame: number): void {
    const { pages } = this;
    pages.place(page, frame);
    this.#journal.map(page, pages.frames.number[frame]!, pages.frames.memory[frame]!);
  }

  /** All of the 2 MiB around a page, on neighbouring frames. */
  #placeHuge(page: number): void {
    const { pages } = this;
    const base = pages.number[page]! - (pages.number[page]! % PAGES_PER_TABLE);
    const first = pages.frames.takeRun(this.#memoryOf(page), PAGES_PER_TABLE);
    for (let i = 0; i < PAGES_PER_TABLE; i++) this.#placeOn(pages.intern(pages.space[page]!, base + i), first + i);
    pages.tableOf(page).huge = true;
  }

  #memoryOf(page: number): RealMemory {
    const { memory } = this.#options;
    if (this.pages.space[page] === this.pages.secondStage) return 'system';
    if (memory !== 'mixed') return memory;
    return Math.floor(this.pages.number[page]! / MIXED_BLOCK_PAGES) % 2 === 0 ? 'system' : 'device';
  }
}
