/**
 * The states that all threads of a search have seen, as one of them sees them. A slot is claimed by writing its hash, and whoever meets a claimed slot
 * waits the few instructions until the number is there; the state itself has been written before. Every thread numbers its states in blocks of its own.
 */
import { invariant } from '../../base/index.js';
import { BLOCK_STATES, StateStore, type StoreMemory } from './state-store.js';

/** Loads of a number that is not there yet before the thread lets others run, ms each time. */
const SPINS = 1000;
const NAP_MS = 1;

export class SharedStates extends StateStore {
  /** States that this thread has added. */
  added = 0;
  /** Of those since they were last taken: first number and count of each row of neighbours. */
  #rows: number[] = [];
  /** Numbers of blocks that this thread may write to, of its next state, and of the first that is behind its block. */
  #free: number[] = [];
  #next = 0;
  #end = 0;

  constructor(words: number, memory: StoreMemory) {
    super(words, memory);
  }

  /** States that there is room for in blocks of this thread. */
  get free(): number {
    return this.#free.length * BLOCK_STATES + this.#end - this.#next;
  }

  /** @param own numbers of those that this thread may write to */
  addBlocks(blocks: readonly SharedArrayBuffer[], own: readonly number[]): void {
    this.blocks.push(...blocks.map((block) => new Int32Array(block)));
    this.#free.push(...own);
  }

  /** Number of the state, which is added if it is not there. There must be room. */
  addHashed(state: Int32Array, hash: number): number {
    const { slots, mask } = this;
    let isWritten = false;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      let claimed = slots[2 * slot]!;
      if (claimed === 0) {
        if (!isWritten) {
          if (this.#next === this.#end) this.#nextBlock();
          this.write(this.#next, state);
          isWritten = true;
        }
        claimed = Atomics.compareExchange(slots, 2 * slot, 0, hash);
        if (claimed === 0) {
          Atomics.store(slots, 2 * slot + 1, this.#next + 1);
          return this.#keep();
        }
      }
      if (claimed !== hash) continue;
      const known = this.#numberIn(2 * slot + 1) - 1;
      if (this.equals(known, state)) return known;
    }
  }

  /** Rows of neighbours that were added since this was asked last. */
  takeRows(): number[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  /** Copies slots to a larger table, of which others copy other parts; that is the table from now on. @param part of so many */
  moveTo(larger: SharedArrayBuffer, part: number, parts: number): void {
    const old = this.slots;
    const first = (at: number) => 2 * Math.floor(((old.length / 2) * at) / parts);
    this.useSlots(larger);
    const { slots, mask } = this;
    for (let at = first(part), end = first(part + 1); at < end; at += 2) {
      const hash = old[at]!;
      if (hash === 0) continue;
      let slot = hash & mask;
      while (Atomics.compareExchange(slots, 2 * slot, 0, hash) !== 0) slot = (slot + 1) & mask;
      slots[2 * slot + 1] = old[at + 1]!;
    }
  }

  #nextBlock(): void {
    const block = this.#free.shift();
    invariant(block !== undefined, 'a thread goes on only while it has room');
    this.#next = block * BLOCK_STATES;
    this.#end = this.#next + BLOCK_STATES;
  }

  #keep(): number {
    const rows = this.#rows;
    const last = rows.length - 2;
    if (last >= 0 && rows[last]! + rows[last + 1]! === this.#next) rows[last + 1]!++;
    else rows.push(this.#next, 1);
    this.added++;
    return this.#next++;
  }

  #numberIn(at: number): number {
    for (let spins = 0; ; spins++) {
      const number = Atomics.load(this.slots, at);
      if (number !== 0) return number;
      if (spins > SPINS) Atomics.wait(this.slots, at, 0, NAP_MS);
    }
  }
}
