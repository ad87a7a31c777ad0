/**
 * The states that a search has seen, each told apart by all of its words: nothing is hashed away. States lie in the order in which they were found, so
 * the store is the queue of a breadth-first search as well; an open-addressed table of (hash, number) finds them again.
 */
import { invariant } from '../../base/index.js';

/** States in a block: 2^16. */
const BLOCK_BITS = 16;
const BLOCK_MASK = 2 ** BLOCK_BITS - 1;
const FIRST_SLOTS = 2 ** 14;
/** An array of JavaScript has no more; two words a slot. */
const SLOTS_MAX = 2 ** 30;

export class Visited {
  readonly words: number;
  count = 0;
  readonly #blocks: Int32Array[] = [];
  /** (hash, number + 1) by slot; number 0 is free. At most five eighths full. */
  #slots = new Int32Array(2 * FIRST_SLOTS);
  #mask = FIRST_SLOTS - 1;
  #room = (FIRST_SLOTS * 5) >> 3;
  /** Scratch of `touch`. */
  #found = new Int32Array(0);

  constructor(words: number) {
    this.words = words;
  }

  /** Number of the state, which is added if it is not there; `count` tells. */
  add(state: Int32Array): number {
    return this.addHashed(state, hashOf(state, this.words));
  }

  /** The same where its hash is known. */
  addHashed(state: Int32Array, hash: number): number {
    const { words } = this;
    const slots = this.#slots;
    let slot = hash & this.#mask;
    for (;;) {
      const known = slots[2 * slot + 1]!;
      if (known === 0) break;
      if (slots[2 * slot] === hash && this.#equals(known - 1, state)) return known - 1;
      slot = (slot + 1) & this.#mask;
    }
    const number = this.count++;
    slots[2 * slot] = hash;
    slots[2 * slot + 1] = number + 1;
    if ((number & BLOCK_MASK) === 0) this.#blocks.push(new Int32Array(words << BLOCK_BITS));
    const block = this.#blocks[number >>> BLOCK_BITS]!;
    const at = (number & BLOCK_MASK) * words;
    for (let word = 0; word < words; word++) block[at + word] = state[word]!;
    if (this.count > this.#room) this.#grow();
    return number;
  }

  /** Reads wherever states of these hashes may be, so that looking them up does not wait for memory one after the other. */
  touch(hashes: Int32Array, count: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    const found = this.#found.length < count ? (this.#found = new Int32Array(count)) : this.#found;
    for (let at = 0; at < count; at++) found[at] = slots[2 * (hashes[at]! & mask) + 1]!;
    let sum = 0;
    for (let at = 0; at < count; at++) {
      const number = found[at]! - 1;
      if (number >= 0) sum ^= this.#blocks[number >>> BLOCK_BITS]![(number & BLOCK_MASK) * this.words]!;
    }
    return sum;
  }

  /** Number of the state, or -1. */
  find(state: Int32Array): number {
    const hash = hashOf(state, this.words);
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const known = this.#slots[2 * slot + 1]!;
      if (known === 0) return -1;
      if (this.#slots[2 * slot] === hash && this.#equals(known - 1, state)) return known - 1;
    }
  }

  /** Copies a state out. */
  read(number: number, into: Int32Array): void {
    const block = this.#blocks[number >>> BLOCK_BITS]!;
    const at = (number & BLOCK_MASK) * this.words;
    for (let word = 0; word < this.words; word++) into[word] = block[at + word]!;
  }

  /** Bytes that are held. */
  get bytes(): number {
    return this.#slots.byteLength + this.#blocks.length * (this.words << BLOCK_BITS) * 4;
  }

  #equals(number: number, state: Int32Array): boolean {
    const block = this.#blocks[number >>> BLOCK_BITS]!;
    const at = (number & BLOCK_MASK) * this.words;
    for (let word = 0; word < this.words; word++) if (block[at + word] !== state[word]) return false;
    return true;
  }

  #grow(): void {
    const old = this.#slots;
    const slots = old.length; // twice as many as there were
    invariant(slots <= SLOTS_MAX, 'the table of visited states is as large as an array can be');
    this.#slots = new Int32Array(2 * slots);
    this.#mask = slots - 1;
    this.#room = Math.floor(slots * 0.625);
    for (let at = 0; at < old.length; at += 2) {
      const number = old[at + 1]!;
      if (number === 0) continue;
      let slot = old[at]! & this.#mask;
      while (this.#slots[2 * slot + 1] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[2 * slot] = old[at]!;
      this.#slots[2 * slot + 1] = number;
    }
  }
}

/** Of all words; mixed as MurmurHash3 does. */
export function hashOf(state: Int32Array, words: number): number {
  let hash = 0x9e37_79b9 | 0;
  for (let word = 0; word < words; word++) {
    hash = Math.imul(hash ^ state[word]!, 0x85eb_ca6b);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0xc2b2_ae35);
  return hash ^ (hash >>> 13);
}
