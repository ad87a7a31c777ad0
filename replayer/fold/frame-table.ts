/**
 * Every frame the trail has spoken of, as columns by dense index: what it has seen and what the consumer has of it. Index 0 is
 * no frame at all, so that a write to a page the trail never mapped has somewhere harmless to count. Frames of a guest are numbered apart from the others.
 */
import { PageTable, widen } from './page-table.js';

const REAL = 0;
const GUEST = 1;

export class FrameTable {
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
  // Frame numbers are sparse like page numbers, so the same index serves, a guest's as those of another space; -1 takes index 0.
  readonly #index = new PageTable();

  constructor() {
    this.ensure(-1);
  }

  /** Records in use; frames are [1, count). */
  get count(): number {
    return this.#index.count;
  }

  /** Records there is room for. */
  get capacity(): number {
    return this.generation.length;
  }

  /** Whether the frame is memory of a guest: its number is its page in the second stage. */
  isGuest(index: number): boolean {
    return this.#index.space[index] === GUEST;
  }

  /** Frame number by index; -1 for index 0. */
  numberOf(index: number): number {
    return this.#index.page[index]!;
  }

  /** Index of the frame, or -1. */
  find(frame: number, ofGuest = false): number {
    return this.#index.find(ofGuest ? GUEST : REAL, frame);
  }

  /** Index of the frame, made if there is none yet. */
  ensure(frame: number, ofGuest = false): number {
    const index = this.#index.ensure(ofGuest ? GUEST : REAL, frame);
    if (index >= this.generation.length) this.#grow(this.#index.capacity);
    return index;
  }

  /** Index of a frame that is not there yet: as `ensure`, without looking. */
  append(frame: number, ofGuest: boolean): number {
    const index = this.#index.append(ofGuest ? GUEST : REAL, frame);
    if (index >= this.generation.length) this.#grow(this.#index.capacity);
    return index;
  }

  /** Makes room for that many records at once. */
  reserve(records: number): void {
    this.#index.reserve(records);
    if (this.#index.capacity > this.generation.length) this.#grow(this.#index.capacity);
  }

  #grow(capacity: number): void {
    this.generation = widen(this.generation, new Float64Array(capacity));
    this.captured = widen(this.captured, new Float64Array(capacity));
    this.cached = widen(this.cached, new Float64Array(capacity));
    this.mappers = widen(this.mappers, new Int32Array(capacity));
    this.memory = widen(this.memory, new Uint8Array(capacity));
  }
}
