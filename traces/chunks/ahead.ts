/**
 * A thread that decodes the chunks of a trail ahead of whoever goes through them, who waits for none of it but the chunk it is at. What the
 * thread cannot read is left to this side, which then says why; so nothing depends on the thread but the time it saves.
 */
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Selection } from '../codec/index.js';
import type { EventBatch } from '../batch.js';
import type { TrailReader } from '../file/index.js';
import { ringMemory, Taker } from './ring.js';
import type { WorkerSetup } from './worker.js';

export class ReadingAhead {
  readonly #taker: Taker;

  /** @param from the first chunk that will be asked for */
  constructor(worker: URL, reader: TrailReader, from: number, wanted: number | Selection) {
    const { path, chunks, metaRows } = reader;
    const memory = ringMemory(
      chunks.reduce((most, { events }) => Math.max(most, events), 1),
      from,
    );
    this.#taker = new Taker(memory);
    const workerData: WorkerSetup = { path: resolve(path), metaRows, chunks: chunks.length, wanted, memory };
    const thread = new Worker(worker, { workerData });
    thread.on('error', () => {}); // whatever it is, what the thread did not read is read here
    thread.unref();
  }

  /** The chunk after the one that was asked for last; null where the thread has not read it: then it is for whoever asks to read. */
  take(chunk: number): EventBatch | null {
    return this.#taker.take(chunk);
  }

  end(): void {
    this.#taker.end();
  }
}
