/** Memory that a search on several threads is given as it grows: slots for all, and blocks of states for each thread. */
import { invariant } from '../../base/index.js';
import { BLOCK_STATES, memoryOfBlock, memoryOfSlots, roomOf, SLOTS_MAX, type StoreMemory } from './state-store.js';

const SLOT_BYTES = 2 * Int32Array.BYTES_PER_ELEMENT;

export interface Blocks {
  readonly blocks: readonly SharedArrayBuffer[];
  /** By thread: numbers of those that it may write to. */
  readonly own: ReadonlyArray<readonly number[]>;
}

export class Room {
  readonly #words: number;
  #slots: SharedArrayBuffer;
  #blocks: number;

  constructor(words: number, { slots, blocks }: StoreMemory) {
    this.#words = words;
    this.#slots = slots;
    this.#blocks = blocks.length;
  }

  /** Bytes that are taken when there are so many states. */
  bytesOf(states: number): number {
    return this.#slots.byteLength + states * this.#words * Int32Array.BYTES_PER_ELEMENT;
  }

  /** A larger table, to which slots have to be moved; null where there is room for so many states. */
  largerFor(states: number): SharedArrayBuffer | null {
    let slots = this.#slots.byteLength / SLOT_BYTES;
    if (states <= roomOf(slots)) return null;
    while (states > roomOf(slots)) slots *= 2;
    invariant(2 * slots <= SLOTS_MAX, 'the table of visited states is as large as an array can be');
    this.#slots = memoryOfSlots(slots);
    return this.#slots;
  }

  /** Blocks with which every thread has room for so many states. @param free what it has already, by thread */
  blocksFor(states: number, free: readonly number[]): Blocks {
    const blocks: SharedArrayBuffer[] = [];
    const own = free.map((has) =>
      Array.from({ length: Math.max(0, Math.ceil((states - has) / BLOCK_STATES)) }, () => {
        blocks.push(memoryOfBlock(this.#words));
        return this.#blocks++;
      }),
    );
    return { blocks, own };
  }
}
