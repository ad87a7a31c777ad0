/**
 * The states that a search has seen, each told apart by all of its words: nothing is hashed away. States lie in the order in which they were found, so
 * the store is the queue of a breadth-first search as well; an open-addressed table of (hash, number) finds them again.
 */
import { invariant } from '../../base/index.js';
import { BLOCK_STATES, hashOf, memoryOfBlock, memoryOfSlots, roomOf, SLOTS_MAX, StateStore } from './state-store.js';

export { hashOf } from './state-store.js';

const FIRST_SLOTS = 2 ** 14;

export class Visited extends StateStore {
  count = 0;
  #room = roomOf(FIRST_SLOTS);

  constructor(words: number) {
    super(words, { slots: memoryOfSlots(FIRST_SLOTS), blocks: [] });
  }

  /** Number of the state, which is added if it is not there; `count` tells. */
  add(state: Int32Array): number {
    return this.addHashed(state, hashOf(state, this.words));
  }

  /** The same where its hash is known. */
  addHashed(state: Int32Array, hash: number): number {
    const { words, slots, mask } = this;
    let slot = hash & mask;
    for (;;) {
      const known = slots[2 * slot + 1]!;
      if (known === 0) break;
      if (slots[2 * slot] === hash && this.equals(known - 1, state)) return known - 1;
      slot = (slot + 1) & mask;
    }
    const number = this.count++;
    slots[2 * slot] = hash;
    slots[2 * slot + 1] = number + 1;
    if (number % BLOCK_STATES === 0) this.blocks.push(new Int32Array(memoryOfBlock(words)));
    this.write(number, state);
    if (this.count > this.#room) this.#grow();
    return number;
  }

  /** Number of the state, or -1. */
  find(state: Int32Array): number {
    const { slots, mask } = this;
    const hash = hashOf(state, this.words);
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const known = slots[2 * slot + 1]!;
      if (known === 0) return -1;
      if (slots[2 * slot] === hash && this.equals(known - 1, state)) return known - 1;
    }
  }

  /** Bytes that are held. */
  get bytes(): number {
    return this.slots.byteLength + this.blocks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  #grow(): void {
    const old = this.slots;
    const count = old.length; // twice as many as there were
    invariant(count <= SLOTS_MAX, 'the table of visited states is as large as an array can be');
    this.useSlots(memoryOfSlots(count));
    this.#room = roomOf(count);
    const { slots, mask } = this;
    for (let at = 0; at < old.length; at += 2) {
      const number = old[at + 1]!;
      if (number === 0) continue;
      let slot = old[at]! & mask;
      while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
      slots[2 * slot] = old[at]!;
      slots[2 * slot + 1] = number;
    }
  }
}
