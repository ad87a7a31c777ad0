/**
 * Where the states of a search lie: blocks of them, by number, and slots that find a state again. Both in memory that threads can share, so that a
 * search can be shared out as it stands.
 */

/** States in a block: 2^16. */
export const BLOCK_BITS = 16;
export const BLOCK_STATES = 2 ** BLOCK_BITS;
const BLOCK_MASK = BLOCK_STATES - 1;
/** An array of JavaScript has no more; two words a slot. */
export const SLOTS_MAX = 2 ** 30;

/** What another thread needs to see the same. */
export interface StoreMemory {
  readonly slots: SharedArrayBuffer;
  readonly blocks: readonly SharedArrayBuffer[];
}

export abstract class StateStore {
  readonly words: number;
  protected readonly blocks: Int32Array<SharedArrayBuffer>[];
  /** (hash, number + 1) by slot; both are 0 where it is free. At most five eighths full. */
  protected slots: Int32Array<SharedArrayBuffer>;
  protected mask: number;
  /** Scratch of `touch`. */
  #found = new Int32Array(0);

  protected constructor(words: number, { slots, blocks }: StoreMemory) {
    this.words = words;
    this.blocks = blocks.map((block) => new Int32Array(block));
    this.slots = new Int32Array(slots);
    this.mask = this.slots.length / 2 - 1;
  }

  get memory(): StoreMemory {
    return { slots: this.slots.buffer, blocks: this.blocks.map(({ buffer }) => buffer) };
  }

  /** Number of the state, which is added if it is not there. */
  abstract addHashed(state: Int32Array, hash: number): number;

  /** Reads wherever states of these hashes may be, so that looking them up does not wait for memory one after the other. */
  touch(hashes: Int32Array, count: number): number {
    const { slots, mask } = this;
    const found = this.#found.length < count ? (this.#found = new Int32Array(count)) : this.#found;
    for (let at = 0; at < count; at++) found[at] = slots[2 * (hashes[at]! & mask) + 1]!;
    let sum = 0;
    for (let at = 0; at < count; at++) {
      const number = found[at]! - 1;
      if (number >= 0) sum ^= this.blocks[number >>> BLOCK_BITS]![(number & BLOCK_MASK) * this.words]!;
    }
    return sum;
  }

  /** Copies a state out. */
  read(number: number, into: Int32Array): void {
    const block = this.blocks[number >>> BLOCK_BITS]!;
    const at = (number & BLOCK_MASK) * this.words;
    for (let word = 0; word < this.words; word++) into[word] = block[at + word]!;
  }

  protected write(number: number, state: Int32Array): void {
    const block = this.blocks[number >>> BLOCK_BITS]!;
    const at = (number & BLOCK_MASK) * this.words;
    for (let word = 0; word < this.words; word++) block[at + word] = state[word]!;
  }

  protected equals(number: number, state: Int32Array): boolean {
    const block = this.blocks[number >>> BLOCK_BITS]!;
    const at = (number & BLOCK_MASK) * this.words;
    for (let word = 0; word < this.words; word++) if (block[at + word] !== state[word]) return false;
    return true;
  }

  protected useSlots(slots: SharedArrayBuffer): void {
    this.slots = new Int32Array(slots);
    this.mask = this.slots.length / 2 - 1;
  }
}

export function memoryOfBlock(words: number): SharedArrayBuffer {
  return new SharedArrayBuffer((words << BLOCK_BITS) * Int32Array.BYTES_PER_ELEMENT);
}

export function memoryOfSlots(slots: number): SharedArrayBuffer {
  return new SharedArrayBuffer(2 * slots * Int32Array.BYTES_PER_ELEMENT);
}

/** States that so many slots have room for. */
export function roomOf(slots: number): number {
  return Math.floor(slots * 0.625);
}

/** Of all words, and never 0; mixed as MurmurHash3 does. */
export function hashOf(state: Int32Array, words: number): number {
  let hash = 0x9e37_79b9 | 0;
  for (let word = 0; word < words; word++) {
    hash = Math.imul(hash ^ state[word]!, 0x85eb_ca6b);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0xc2b2_ae35);
  return hash ^ (hash >>> 13) || 1;
}
