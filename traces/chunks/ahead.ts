/**
 * A thread that decodes the chunks of trails ahead of whoever goes through them, who waits for none of it but the chunk it is at. One thread
 * serves all readings of a process, two trails read in step among them: it need not learn anew how to decode, and there is seldom a CPU
 * for a third. What it cannot read is left to this side, which then says why; so nothing depends on it but the time it saves.
 */
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Selection } from '../codec/index.js';
import type { EventBatch } from '../batch.js';
import type { TrailReader } from '../file/index.js';
import { Bell } from './bell.js';
import { ringMemory, Taker } from './ring.js';
import type { ReadingSetup, ThreadSetup } from './worker.js';

interface DecodingThread {
  readonly worker: Worker;
  readonly bell: Bell;
}

let running: DecodingThread | null = null;

/** The thread, started when it is first asked for, or when the last one has come to grief. */
function decodingThread(url: URL): DecodingThread {
  if (running !== null) return running;
  const bell = new Bell();
  const workerData: ThreadSetup = { bell: bell.word };
  const worker = new Worker(url, { workerData });
  const thread = (running = { worker, bell });
  worker.on('error', () => {}); // whatever it is, what the thread did not read is read here
  worker.on('exit', () => {
    if (running === thread) running = null;
  });
  worker.unref();
  return thread;
}

export class ReadingAhead {
  readonly #taker: Taker;

  /** @param from the first chunk that will be asked for */
  constructor(url: URL, reader: TrailReader, from: number, wanted: number | Selection) {
    const { path, chunks, metaRows } = reader;
    const memory = ringMemory(
      chunks.reduce((most, { events }) => Math.max(most, events), 1),
      from,
    );
    const { worker, bell } = decodingThread(url);
    this.#taker = new Taker(memory, bell);
    worker.postMessage({ path: resolve(path), metaRows, chunks: chunks.length, wanted, memory } satisfies ReadingSetup);
    bell.ring();
  }

  /** The chunk after the one that was asked for last; null where the thread has not read it: then it is for whoever asks to read. */
  take(chunk: number): EventBatch | null {
    return this.#taker.take(chunk);
  }

  end(): void {
    this.#taker.end();
  }
}
