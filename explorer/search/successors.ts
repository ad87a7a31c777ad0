/**
 * States on their way into the store. A store of millions is far larger than any cache, so each look into it waits for memory; but looks that do not depend on each
 * other wait together. Successors are gathered, the places where they may be are all touched, and only then is each looked up.
 */
import type { Edges } from './edges.js';
import { hashOf, type StateStore } from './state-store.js';

/** Chosen: touched lines stay in the second-level cache until they are used. */
const GATHERED = 1024;

export class Successors {
  /** Successors that wait. */
  count = 0;
  readonly #store: StateStore;
  readonly #states: Int32Array;
  readonly #hashes: Int32Array;
  /** How many were gathered when each parent was done. */
  readonly #ends: number[] = [];
  readonly #one: Int32Array;

  /** @param most successors of one state */
  constructor(store: StateStore, most: number) {
    this.#store = store;
    this.#hashes = new Int32Array(GATHERED + most);
    this.#states = new Int32Array((GATHERED + most) * store.words);
    this.#one = new Int32Array(store.words);
  }

  /** Another parent should not be gone on from before these are taken in. */
  get full(): boolean {
    return this.count >= GATHERED;
  }

  add(state: Int32Array): void {
    const { words } = this.#store;
    const at = this.count * words;
    for (let word = 0; word < words; word++) this.#states[at + word] = state[word]!;
    this.#hashes[this.count++] = hashOf(state, words);
  }

  endParent(): void {
    this.#ends.push(this.count);
  }

  /** Takes all in, in order; the graph, where it is kept, gets its edges. */
  takeIn(edges: Edges | null): void {
    const store = this.#store;
    const one = this.#one;
    store.touch(this.#hashes, this.count);
    let parent = 0;
    for (let at = 0; at <= this.count; at++) {
      while (this.#ends[parent] === at) {
        edges?.endState();
        parent++;
      }
      if (at === this.count) break;
      for (let word = 0; word < one.length; word++) one[word] = this.#states[at * one.length + word]!;
      const number = store.addHashed(one, this.#hashes[at]!);
      edges?.add(number);
    }
    this.count = 0;
    this.#ends.length = 0;
  }
}
