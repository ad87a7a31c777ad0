/**
 * Memory that two threads share while one decodes chunks and the other takes them: a few batches, used in turn. Whoever is about to decode a
 * chunk claims it first, so each is decoded once, by whichever thread comes to it: the taker does not wait for a thread that has only been
 * started, or has been stopped.
 */
import { EventBatch } from '../batch.js';

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

  constructor(memory: RingMemory) {
    this.#memory = memory;
  }

  /**
   * The chunk, when all before it are done with; null where whoever asks is to read it, into a batch that is not of the ring, because the
   * other thread did not, or could not.
   */
  take(chunk: number): EventBatch | null {
    const { control, sizes, batches } = this.#memory;
    if (Atomics.load(control, TAKEN) === ENDED) return null;
    Atomics.store(control, TAKEN, chunk);
    Atomics.notify(control, TAKEN);
    const slot = chunk % SLOTS;
    for (;;) {
      const holds = Atomics.load(control, HOLDS + slot);
      if (holds === chunk + 1) {
        const batch = batches[slot]!;
        batch.firstSeq = sizes[2 * slot]!;
        batch.length = sizes[2 * slot + 1]!;
        return batch;
      }
      if (holds === -(chunk + 1)) return null;
      if (Atomics.compareExchange(control, CLAIMED, chunk, chunk + 1) === chunk) return null;
      // What the other side then has for nothing is in a batch of its own, which it uses again.
      if (Atomics.wait(control, HOLDS + slot, holds, PATIENCE_MS) === 'timed-out') return null;
    }
  }

  end(): void {
    const { control } = this.#memory;
    Atomics.store(control, TAKEN, ENDED);
    Atomics.notify(control, TAKEN);
  }
}

/** The side that decodes them. Fills batches until all chunks are claimed, or nobody wants them any more. */
export function fill({ control, sizes, batches }: RingMemory, chunks: number, read: ReadChunk): void {
  for (;;) {
    const taken = Atomics.load(control, TAKEN);
    const chunk = Atomics.load(control, CLAIMED);
    if (taken === ENDED || chunk >= chunks) return;
    if (chunk - taken >= SLOTS) {
      Atomics.wait(control, TAKEN, taken);
      continue;
    }
    if (Atomics.compareExchange(control, CLAIMED, chunk, chunk + 1) !== chunk) continue;
    const slot = chunk % SLOTS;
    const batch = batches[slot]!;
    const isRead = read(chunk, batch);
    sizes[2 * slot] = batch.firstSeq;
    sizes[2 * slot + 1] = batch.length;
    Atomics.store(control, HOLDS + slot, isRead ? chunk + 1 : -(chunk + 1));
    Atomics.notify(control, HOLDS + slot);
  }
}

/** Fills the batch with that chunk; false when it cannot be read. */
export type ReadChunk = (chunk: number, batch: EventBatch) => boolean;
