/**
 * Which frame is behind each page, and which pages are on each frame: a doubly linked list by frame, so that aliases are found, and a page is
 * taken off, without a search. A frame is in use while a page maps it; mapping an unused one starts its generations at 0.
 */
import { MEMORY_KINDS } from '../../traces/index.js';
import type { FrameTable } from './frame-table.js';
import { type PageTable, widen, zero } from './page-table.js';

const MEMORY_GUEST = MEMORY_KINDS.indexOf('guest');
const MEMORY_SYSTEM = MEMORY_KINDS.indexOf('system');

export class Mappings {
  readonly #pages: PageTable;
  readonly #frames: FrameTable;
  // Page indices + 1; 0 is the end of a list.
  #first = new Int32Array(0);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  /** Whether any page is on a frame, or was since they were forgotten. */
  #isUsed = false;

  constructor(pages: PageTable, frames: FrameTable) {
    this.#pages = pages;
    this.#frames = frames;
  }

  /** A page on that frame, the one that was put on it last; -1 where there is none. */
  firstOf(frame: number): number {
    return frame < this.#first.length ? this.#first[frame]! - 1 : -1;
  }

  /** The next page on the same frame, or -1. */
  nextOf(page: number): number {
    return page < this.#next.length ? this.#next[page]! - 1 : -1;
  }

  /** Puts a page on a frame (an index), as it was. */
  attach(page: number, frame: number): void {
    this.#pages.frame[page] = frame;
    if (frame === 0) return;
    this.#makeRoom();
    this.#isUsed = true;
    const next = this.#first[frame]!;
    // Lists of one page, as most are, are never written to: see `zero`.
    if (this.#next[page] !== next) this.#next[page] = next;
    if (this.#previous[page] !== 0) this.#previous[page] = 0;
    if (next !== 0) this.#previous[next - 1] = page + 1;
    this.#first[frame] = page + 1;
    this.#frames.mappers[frame]!++;
  }

  /** Puts a page on a frame, which starts afresh if no other page is on it. */
  map(page: number, frame: number, memory: number): void {
    const frames = this.#frames;
    if (this.#pages.frame[page] === frame) return;
    this.release(page);
    if (frames.mappers[frame] === 0) frames.generation[frame] = frames.captured[frame] = frames.cached[frame] = 0;
    frames.memory[frame] = memoryOf(frames, frame, memory);
    this.attach(page, frame);
  }

  /** Takes a page off its frame. */
  release(page: number): void {
    const frame = this.#pages.frame[page]!;
    if (frame === 0) return;
    const next = this.#next[page]!;
    const previous = this.#previous[page]!;
    if (next !== 0) this.#previous[next - 1] = previous;
    if (previous !== 0) this.#next[previous - 1] = next;
    else this.#first[frame] = next;
    this.#frames.mappers[frame]!--;
    this.#pages.frame[page] = 0;
  }

  /** The contents of the page move to that frame, through the caches and out of them. */
  move(page: number, to: number, memory: number): void {
    const frames = this.#frames;
    const from = this.#pages.frame[page]!;
    const generation = frames.generation[from]!;
    const captured = frames.captured[from]!;
    this.map(page, to, memory);
    // Where another page is on the new frame already, whichever contents are newer stay.
    if (from === 0 || from === to || generation < frames.generation[to]!) return;
    frames.generation[to] = generation;
    frames.captured[to] = captured;
    frames.cached[to] = 0;
  }

  /** Forgets all of them; the tables of pages and frames are cleared by their own. */
  clear(): void {
    if (!this.#isUsed) return;
    this.#isUsed = false;
    this.#first.fill(0);
    zero(this.#next, this.#next.length);
    zero(this.#previous, this.#previous.length);
  }

  #makeRoom(): void {
    if (this.#next.length < this.#pages.capacity) {
      this.#next = widen(this.#next, new Int32Array(this.#pages.capacity));
      this.#previous = widen(this.#previous, new Int32Array(this.#pages.capacity));
    }
    if (this.#first.length < this.#frames.capacity)
      this.#first = widen(this.#first, new Int32Array(this.#frames.capacity));
  }
}

/** A frame is a guest's where the space of its pages is, whatever a damaged trail says. */
function memoryOf(frames: FrameTable, frame: number, said: number): number {
  if (frames.isGuest(frame)) return MEMORY_GUEST;
  return said === MEMORY_GUEST ? MEMORY_SYSTEM : said;
}
