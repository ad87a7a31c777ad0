/**
 * The chunks of a trail in order. A reading that goes on is decoded ahead by a second thread, where there is one to be had: decoding a chunk
 * takes about as long as the fold of it, and neither waits for the other. Whoever reads sees no difference, errors included.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { EventBatch } from '../batch.js';
import { ALL_KINDS, type Selection } from '../codec/index.js';
import { TrailReader } from '../file/index.js';
import { ReadingAhead } from './ahead.js';

/** What has chunks of events: a trail, or a part of one. */
export interface ChunkSource {
  /** In order of seq, without holes. */
  readonly chunks: ReadonlyArray<{ readonly events: number; readonly bytes?: number }>;
  readChunk(index: number, batch: EventBatch, wanted?: number | Selection): void;
}

/** Events that are read before a thread is thought of: many a reading ends where it finds what it looks for. */
const EVENTS_ALONE = 250_000;
/**
 * Bytes left from which on a thread is worth its start, which takes 50 ms of a CPU: decoding so many takes 100 ms. Bytes and not events, because
 * long runs of alike events take none, and are decoded in the time that it takes to hand them over.
 */
const BYTES_AHEAD = 4_000_000;
const WORKER = new URL('./worker.js', import.meta.url);

export interface ReadingOptions {
  /** Nothing but an error ends this reading before the last chunk. */
  readonly toEnd?: boolean;
}

/**
 * Each chunk, with what is wanted of its events; a batch is good until the next is asked for. Throws what `readChunk` throws.
 */
export function* chunksOf(
  source: ChunkSource,
  wanted: number | Selection = ALL_KINDS,
  { toEnd = false }: ReadingOptions = {},
): Generator<EventBatch, void, undefined> {
  const { chunks } = source;
  const batch = new EventBatch(chunks.reduce((most, { events }) => Math.max(most, events), 1));
  let left = chunks.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  let alone = toEnd ? EVENTS_ALONE : 0;
  let ahead: ReadingAhead | null = null;
  try {
    for (let chunk = 0; chunk < chunks.length; chunk++) {
      if (ahead === null && alone >= EVENTS_ALONE && left >= BYTES_AHEAD && hasThreadFor(source))
        ahead = new ReadingAhead(WORKER, source, chunk, wanted);
      const read = ahead?.take(chunk) ?? null;
      if (read === null) source.readChunk(chunk, batch, wanted);
      yield read ?? batch;
      alone += chunks[chunk]!.events;
      left -= chunks[chunk]!.bytes ?? 0;
    }
  } finally {
    ahead?.end();
  }
}

/** A file that no longer changes, a CPU to spare, and a worker, which is what the compiler made: sources that are run as they are have none. */
function hasThreadFor(source: ChunkSource): source is TrailReader {
  return (
    source instanceof TrailReader &&
    source.ending !== null &&
    isMainThread &&
    availableParallelism() > 1 &&
    existsSync(WORKER)
  );
}
