/**
 * Every frame the trail has spoken of, as columns by dense index: what it has seen and what the consumer has of it. Index 0 is
 * no frame at all, so that a write to a page the trail never mapped has somewhere harmless to count. Frames of a guest are numbered apart from the others.
 *
 * Mostly a frame is come to by way of a page that is on it. The hash by number is made up to date when one is looked for by its number.
 */
import { checkRecords, hashOf, shiftFor, widen, zero } from './page-table.js';

const REAL = 0;
const GUEST = 1;

export class FrameTable {
  /** Records in use; frames are [1, count). */
  count = 0;
  /** Writes the frame has seen. */
  generation: Float64Array<ArrayBuffer> = new Float64Array(0);
  /** The generation that the consumer transferred last. */
  captured: Float64Array<ArrayBuffer> = new Float64Array(0);
  /** Writes, of those it has seen, that are in CPU caches alone. */
  cached: Float64Array<ArrayBuffer> = new Float64Array(0);
  /** Pages that map it; a frame without any is out of use, and its generations mean nothing. */
  mappers: Int32Array<ArrayBuffer> = new Int32Array(0);
  /** Index into MEMORY_KINDS. */
  memory: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #number = new Float64Array(0);
  /** REAL or GUEST. */
  #whose = new Uint8Array(0);
  #slots = new Int32Array(0); // index + 1; 0 is free
  #shift = 0;
  /** Records that are in the hash. */
  #placed = 0;

  constructor() {
    this.#grow(1024);
    this.append(-1, false);
  }

  /** Records there is room for. */
  get capacity(): number {
    return this.generation.length;
  }

  /** Whether the frame is memory of a guest: its number is its page in the second stage. */
  isGuest(index: number): boolean {
    return this.#whose[index] === GUEST;
  }

  /** Frame number by index; -1 for index 0. */
  numberOf(index: number): number {
    return this.#number[index]!;
  }

  /** Index of the frame, or -1. */
  find(frame: number, ofGuest = false): number {
    while (this.#placed < this.count) this.#place(this.#placed++);
    const whose = ofGuest ? GUEST : REAL;
    const mask = this.#slots.length - 1;
    for (let at = hashOf(whose, frame, this.#shift); ; at = (at + 1) & mask) {
      const index = this.#slots[at]! - 1;
      if (index < 0 || (this.#number[index] === frame && this.#whose[index] === whose)) return index;
    }
  }

  /** Index of the frame, made if there is none yet. */
  ensure(frame: number, ofGuest = false): number {
    const known = this.find(frame, ofGuest);
    return known >= 0 ? known : this.append(frame, ofGuest);
  }

  /** Index of a frame that is not there yet: as `ensure`, without looking. */
  append(frame: number, ofGuest: boolean): number {
    if (this.count === this.capacity) this.#grow((this.capacity - 1) * 2);
    this.#number[this.count] = frame;
    this.#whose[this.count] = ofGuest ? GUEST : REAL;
    return this.count++;
  }

  /** Forgets all frames; the room stays. */
  clear(): void {
    for (const column of [this.generation, this.captured, this.mappers, this.memory]) column.fill(0, 0, this.count);
    zero(this.cached, this.count);
    if (this.#placed > 0) this.#slots.fill(0);
    this.count = this.#placed = 0;
    this.append(-1, false);
  }

  #place(index: number): void {
    const mask = this.#slots.length - 1;
    let at = hashOf(this.#whose[index]!, this.#number[index]!, this.#shift);
    while (this.#slots[at] !== 0) at = (at + 1) & mask;
    this.#slots[at] = index + 1;
  }

  /** @param frames a power of two; index 0 has its place beside them, lest it double what a state of so many takes */
  #grow(frames: number): void {
    checkRecords(frames);
    const capacity = frames + 1;
    this.generation = widen(this.generation, new Float64Array(capacity));
    this.captured = widen(this.captured, new Float64Array(capacity));
    this.cached = widen(this.cached, new Float64Array(capacity));
    this.mappers = widen(this.mappers, new Int32Array(capacity));
    this.memory = widen(this.memory, new Uint8Array(capacity));
    this.#number = widen(this.#number, new Float64Array(capacity));
    this.#whose = widen(this.#whose, new Uint8Array(capacity));
    this.#slots = new Int32Array(frames * 2);
    this.#shift = shiftFor(frames * 2);
    this.#placed = 0;
  }
}
