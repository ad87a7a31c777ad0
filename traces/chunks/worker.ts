/** Decodes chunks of a trail on a thread of its own, with a reader of its own. Started by `ahead.ts`, and by nobody else. */
import { isDeepStrictEqual } from 'node:util';
import { workerData } from 'node:worker_threads';
import type { Selection } from '../codec/index.js';
import { TrailReader } from '../file/reader.js';
import { fill, type RingMemory } from './ring.js';

export interface WorkerSetup {
  readonly path: string;
  /** What the trail that is meant says of itself: another may have taken its place. */
  readonly metaRows: ReadonlyMap<string, string>;
  readonly chunks: number;
  readonly wanted: number | Selection;
  readonly memory: RingMemory;
}

const { path, metaRows, chunks, wanted, memory } = workerData as WorkerSetup;
const reader = TrailReader.open(path);
try {
  if (reader.chunks.length === chunks && isDeepStrictEqual(reader.metaRows, metaRows)) {
    fill(memory, chunks, (chunk, batch) => {
      try {
        reader.readChunk(chunk, batch, wanted);
        return true;
      } catch {
        return false;
      }
    });
  }
} finally {
  reader.close();
}
