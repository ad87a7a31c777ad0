/**
 * Memory that two threads share while one decodes chunks and the other takes them: a few batches, used in turn. Whoever is about to decode a
 * chunk claims it first, so each is decoded once, by whichever thread comes to it: the taker does not wait for a thread that has only been
 * started, is busy with another ring, or has been stopped.
 */
import { EventBatch } from '../batch.js';
import type { Bell } from './bell.js';

/** Batches: one is being used, one filled, and one waits. Each takes some 100 bytes an event. */
const SLOTS = 3;

// Words of the control.
/** The next chunk that nobody has claimed. */
const CLAIMED = 0;
/** The chunk that the taker is at; those before it are done with. */
const TAKEN = 1;
/** By slot: 1 + the chunk that it holds, or the negative of that for a chunk that could not be read. */
const HOLDS = 2;

/** In `TAKEN`, when there will be no more taking. */
const ENDED = 2 ** 31 - 1;
/** Longest wait for a chunk that the other thread has claimed, ms: twice what it takes. That thread has come to grief, or is given no CPU. */
const PATIENCE_MS = 20;

/** All there is of a ring, as it goes to another thread. */
export interface RingMemory {
  readonly control: Int32Array<SharedArrayBuffer>;
  /** `firstSeq` and `length` by slot. */
  readonly sizes: Float64Array<SharedArrayBuffer>;
  readonly batches: readonly EventBatch[];
}

/** @param capacity events of the longest chunk @param from the first chunk that may be claimed */
export function ringMemory(capacity: number, from: number): RingMemory {
  const control = new Int32Array(new SharedArrayBuffer((HOLDS + SLOTS) * Int32Array.BYTES_PER_ELEMENT));
  control[CLAIMED] = control[TAKEN] = from;
  return {
    control,
    sizes: new Float64Array(new SharedArrayBuffer(2 * SLOTS * Float64Array.BYTES_PER_ELEMENT)),
    batches: Array.from({ length: SLOTS }, () => new EventBatch(capacity, SharedArrayBuffer)),
  };
}

/** The side that uses the chunks, in order. */
export class Taker {
  readonly #memory: RingMemory;
  readonly #bell: Bell;

  /** @param bell rung when there is room for more */
  constructor(memory: RingMemory, bell: Bell) {
    this.#memory = memory;
    this.#bell = bell;
  }

  /**
   * The chunk, when all before it are done with; null where whoever asks is to read it, into a batch that is not of the ring, because the
   * other thread did not, or could not.
   */
  take(chunk: number): EventBatch | null {
    const { control, sizes, batches } = this.#memory;
    if (Atomics.load(control, TAKEN) === ENDED) return null;
    Atomics.store(control, TAKEN, chunk);
    this.#bell.ring();
    const slot = chunk % SLOTS;
    for (;;) {
      const holds = Atomics.load(control, HOLDS + slot);
      if (holds === chunk + 1) {
        const batch = batches[slot]!;
        batch.firstSeq = small(sizes[2 * slot]!);
        batch.length = small(sizes[2 * slot + 1]!);
        return batch;
      }
      if (holds === -(chunk + 1)) return null;
      if (Atomics.compareExchange(control, CLAIMED, chunk, chunk + 1) === chunk) return null;
      // What the other side then has for nothing is in a batch of its own, which it uses again.
      if (Atomics.wait(control, HOLDS + slot, holds, PATIENCE_MS) === 'timed-out') return null;
    }
  }

  end(): void {
    Atomics.store(this.#memory.control, TAKEN, ENDED);
    this.#bell.ring();
  }
}

/**
 * The same integer, held as one: what comes out of a Float64Array is held as a float, and a batch that held floats where others hold integers
 * would be of another shape to the compiler, and all that works on batches compiled once more.
 */
function small(value: number): number {
  return value <= 0x7fff_ffff ? value | 0 : value;
}

/** Fills the batch with that chunk; false when it cannot be read. */
export type ReadChunk = (chunk: number, batch: EventBatch) => boolean;

/** The side that decodes them. */
export class Filler {
  readonly #memory: RingMemory;
  readonly #chunks: number;
  readonly #read: ReadChunk;

  constructor(memory: RingMemory, chunks: number, read: ReadChunk) {
    this.#memory = memory;
    this.#chunks = chunks;
    this.#read = read;
  }

  /** All chunks are claimed, or nobody wants them any more. */
  get isOver(): boolean {
    const { control } = this.#memory;
    return Atomics.load(control, TAKEN) === ENDED || Atomics.load(control, CLAIMED) >= this.#chunks;
  }

  /** How far the next chunk lies ahead of what the other side is at; infinite where no batch is free for it. */
  get lead(): number {
    const { control } = this.#memory;
    const lead = Atomics.load(control, CLAIMED) - Atomics.load(control, TAKEN);
    return lead >= SLOTS ? Infinity : lead;
  }

  /** Reads the next chunk, where there is one and room for it. */
  fillNext(): void {
    const { control, sizes, batches } = this.#memory;
    const chunk = Atomics.load(control, CLAIMED);
    if (this.isOver || chunk - Atomics.load(control, TAKEN) >= SLOTS) return;
    if (Atomics.compareExchange(control, CLAIMED, chunk, chunk + 1) !== chunk) return;
    const slot = chunk % SLOTS;
    const batch = batches[slot]!;
    const isRead = this.#read(chunk, batch);
    sizes[2 * slot] = batch.firstSeq;
    sizes[2 * slot + 1] = batch.length;
    Atomics.store(control, HOLDS + slot, isRead ? chunk + 1 : -(chunk + 1));
    Atomics.notify(control, HOLDS + slot);
  }
}
