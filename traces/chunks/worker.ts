/** Decodes chunks of trails on a thread of its own, with readers of its own. Started by `ahead.ts`, and by nobody else. */
import { isDeepStrictEqual } from 'node:util';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Selection } from '../codec/index.js';
import { TrailReader } from '../file/reader.js';
import { Bell } from './bell.js';
import { Filler, type RingMemory } from './ring.js';

export interface ThreadSetup {
  readonly bell: Bell['word'];
}

/** A reading that begins. */
export interface ReadingSetup {
  readonly path: string;
  /** What the trail that is meant says of itself: another may have taken its place. */
  readonly metaRows: ReadonlyMap<string, string>;
  readonly chunks: number;
  readonly wanted: number | Selection;
  readonly memory: RingMemory;
}

interface Reading {
  readonly reader: TrailReader;
  readonly filler: Filler;
}

const port = parentPort!;
const bell = new Bell((workerData as ThreadSetup).bell);
let readings: Reading[] = [];

port.on('message', (setup: ReadingSetup) => {
  begin(setup);
  serve();
});

/** Until no reading is left; then the thread waits for a message. */
function serve(): void {
  while (readings.length > 0) {
    const { rings } = bell;
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port))
      begin(next.message as ReadingSetup);
    readings = readings.filter(goesOn);
    // Whoever is about to wait first is served first.
    let nearest: Filler | null = null;
    for (const { filler } of readings) if (filler.lead < (nearest?.lead ?? Infinity)) nearest = filler;
    if (nearest !== null) nearest.fillNext();
    else if (readings.length > 0) bell.waitBeyond(rings);
  }
}

/** A reading that does not has its file closed. */
function goesOn({ reader, filler }: Reading): boolean {
  if (!filler.isOver) return true;
  reader.close();
  return false;
}

function begin({ path, metaRows, chunks, wanted, memory }: ReadingSetup): void {
  let reader: TrailReader;
  try {
    reader = TrailReader.open(path);
  } catch {
    return;
  }
  if (reader.chunks.length !== chunks || !isDeepStrictEqual(reader.metaRows, metaRows)) {
    reader.close();
    return;
  }
  const filler = new Filler(memory, chunks, (chunk, batch) => {
    try {
      reader.readChunk(chunk, batch, wanted);
      return true;
    } catch {
      return false;
    }
  });
  readings.push({ reader, filler });
}
