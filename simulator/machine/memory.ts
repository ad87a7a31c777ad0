/**
 * Memory as the kernel and the consumer see it: entries, marks, and what has been transferred. Every change is journalled. What
 * CPUs cache of it is `mmu.ts`.
 */
import { PAGE_SIZE } from '../../base/index.js';
import { type MemoryKind, PTE_ACCESSED } from '../../traces/index.js';
import type { Architecture } from '../architectures/index.js';
import { CARRIER, PTE_CAUSE } from './codes.js';
import type { Journal } from './journal.js';
import { lastMapped, nextMapped, regionEnd, slotsBetween } from './order.js';
import { PageStore } from './pages.js';

export interface MemoryOptions {
  readonly architecture: Architecture;
  /** What new pages of the object consist of. */
  readonly memory: MemoryKind;
  /** The object is one VMA, but for gaps of more pages than this; 0: always one. */
  readonly vmaGapPages: number;
}

export class Memory {
  readonly pages = new PageStore();
  readonly #options: MemoryOptions;
  readonly #journal: Journal;

  constructor(options: MemoryOptions, journal: Journal) {
    this.#options = options;
    this.#journal = journal;
  }

  /** Gives the entry of a page other flags; gives its old ones. */
  change(page: number, flags: number, cause: number, costNs = 0): number {
    const { pages } = this;
    const old = pages.flags[page]!;
    if (old === flags) return old;
    pages.setFlags(page, flags);
    this.#journal.pte(pages.number[page]!, pages.frameNumber[pages.frame[page]!]!, old, flags, cause, costNs);
    return old;
  }

  /** Puts a page into the object with an entry of these flags: free of charge, the fault that led here has its own price. */
  map(page: number, flags: number): void {
    const { pages } = this;
    pages.map(page, this.#options.memory);
    const frame = pages.frame[page]!;
    this.#journal.map(pages.number[page]!, pages.frameNumber[frame]!, pages.memory[frame]!);
    // Where no hardware sets A the kernel makes new entries young.
    const young = this.#options.architecture.hardwareSetsDirty ? 0 : PTE_ACCESSED;
    this.change(page, flags | young, PTE_CAUSE.map);
  }

  /** Sets a carrier for a page; 1 if it was set already. */
  markSet(page: number, carrier: number): number {
    const { pages } = this;
    const marks = pages.marks[page]!;
    if (marks & (1 << carrier)) return 1;
    pages.setMarks(page, marks | (1 << carrier));
    this.#journal.mark(pages.number[page]!, 1, carrier, 1);
    return 0;
  }

  /** Clears a carrier of a page and, if it was set, sets another (-1: none). */
  markMove(page: number, from: number, to: number): void {
    if ((this.pages.marks[page]! & (1 << from)) === 0) return;
    this.markClear(page, page, from);
    if (to >= 0) this.markSet(page, to);
  }

  /** What every store does where the change bit belongs to the frame. */
  changed(page: number): void {
    if (this.#options.architecture.changeBitInFrame) this.markSet(page, CARRIER['storage-key']);
  }

  /** Clears a carrier for the run first..last. */
  markClear(first: number, last: number, carrier: number): void {
    const { pages } = this;
    for (let page = first; page >= 0; page = this.nextWithin(page, last)) {
      pages.setMarks(page, pages.marks[page]! & ~(1 << carrier));
    }
    this.#journal.mark(pages.number[first]!, this.span(first, last), carrier, 0);
  }

  /** A write that goes through no page table: it reaches the page's own frame and leaves no mark. It has no CPU. */
  otherWrite(page: number, offset: number, size: number, writer: number): void {
    const { pages } = this;
    const journal = this.#journal;
    const { actor, cpu } = journal;
    const program = journal.program[cpu]!;
    pages.generation[pages.frame[page]!]!++;
    journal.enter(writer, -1);
    journal.time = Math.max(journal.time, program);
    journal.write(pages.number[page]!, offset, size, program);
    this.changed(page);
    journal.enter(actor, cpu);
  }

  report(first: number, last: number): void {
    this.#journal.report(this.pages.number[first]!, this.span(first, last));
  }

  /** The consumer reads the bytes of first..last. */
  transfer(first: number, last: number, costPer4kNs: number): void {
    const { pages } = this;
    for (let page = first; page >= 0; page = this.nextWithin(page, last)) {
      const frame = pages.frame[page]!;
      pages.captured[frame] = pages.generation[frame]!;
    }
    const span = this.span(first, last);
    this.#journal.transfer(pages.number[first]!, span, span * PAGE_SIZE, span * costPer4kNs);
  }

  /** A range walk over first..last ends, having selected `selected` entries. */
  walkEnd(first: number, last: number, selected: number, slotNs: number, selectedNs: number): void {
    const slots = slotsBetween(this.pages, first, last);
    const costNs = slots * slotNs + selected * selectedNs;
    this.#journal.walk(this.pages.number[first]!, this.span(first, last), slots, selected, costNs);
  }

  /** Every page of first..last is compared with the consumer's copy: a walk that looks at no entry. */
  compare(first: number, last: number, pageNs: number): void {
    let mapped = 0;
    for (let page = first; page >= 0; page = this.nextWithin(page, last)) mapped++;
    this.#journal.walk(this.pages.number[first]!, this.span(first, last), 0, 0, mapped * pageNs);
  }

  /** The mapped page behind `page` in order, but none behind `last`; or -1. */
  nextWithin(page: number, last: number): number {
    const next = nextMapped(this.pages, page);
    return next >= 0 && this.pages.number[next]! <= this.pages.number[last]! ? next : -1;
  }

  /** The last page of the VMA that holds `page`, but none behind `bound` (`page` itself: no such bound). */
  vmaEnd(page: number, bound: number): number {
    const { pages } = this;
    const gap = this.#options.vmaGapPages;
    const end = gap === 0 ? lastMapped(pages) : regionEnd(pages, page, gap);
    return bound !== page && pages.number[bound]! < pages.number[end]! ? bound : end;
  }

  /** Pages from one page to another, both included. */
  span(first: number, last: number): number {
    return this.pages.number[last]! - this.pages.number[first]! + 1;
  }
}
