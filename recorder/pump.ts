/**
 * The loop of a recording: pulls accesses from the source, plays them, commits what comes of it. Nothing piles up where one of the three is
 * slower than the others, what there is gets committed within 250 ms, and an interrupt is seen wherever it waits. A run that nobody keeps goes
 * through the same loop, so that it is the same run.
 */
import { AccessBatch, type Simulation } from '../simulator/index.js';
import type { TrailMeta, TrailWriter } from '../traces/index.js';
import type { AccessSource } from './sources/index.js';

/** Events between two checkpoints: 2 chunks, so that no state is further away than some 20 ms of folding. */
const CHECKPOINT_EVENTS = 1 << 17;
/** In fine mode a checkpoint lets all that is under way come to its end, which is no schedule of the run's own; so it is rarer. */
const CHECKPOINT_EVENTS_FINE = 1 << 20;
/** A checkpoint may be made after every so many accesses, or within a long harvest: places that do not depend on how the input arrived. */
const SLICE_ACCESSES = 4096;
/** Events of a slow source wait at most twice this long, ms, before their open chunk is committed. */
const COMMIT_MS = 125;
/** Chunks that may wait for compression or the disk before the machine waits for them. */
const PENDING_CHUNKS = 8;
export const INTERRUPTED = Symbol('interrupted');
/** The event loop gets a turn this often, ms, so that an interrupt is seen. */
const TURN_MS = 50;

export interface RecordHooks {
  /** Ends the recording early; what was recorded stays. */
  readonly signal?: AbortSignal;
  onProgress?(progress: RecordProgress): void;
  onNotice?(text: string): void;
}

export interface RecordProgress {
  readonly events: number;
  readonly writes: number;
  /** Fraction of the source read, 0..1; null where unknown. */
  readonly fraction: number | null;
}

/** Names of actors and spaces in meta, always there before an event by them: CPUs and processes appear as accesses name them. */
export class Names {
  #actors: number;
  #spaces: number;

  constructor(
    private readonly simulation: Simulation,
    private readonly writer: TrailWriter,
    { actors, spaces }: TrailMeta,
  ) {
    this.#actors = actors.length;
    this.#spaces = spaces.length;
  }

  update(): void {
    const { actors, spaces } = this.simulation;
    if (actors.length === this.#actors && spaces.length === this.#spaces) return;
    this.#actors = actors.length;
    this.#spaces = spaces.length;
    this.writer.updateMeta({ actors, spaces });
  }
}

/** Where what is played is kept, and who keeps its names up to date there. */
export interface Keeping {
  readonly writer: TrailWriter;
  readonly names: Names;
}

/** Plays the source to its end; true when it was interrupted. @param keeping null where nothing is kept */
export async function pump(
  source: AccessSource,
  simulation: Simulation,
  keeping: Keeping | null,
  hooks: RecordHooks,
): Promise<boolean> {
  const batch = new AccessBatch();
  const isFine = simulation.settings.interleave === 'fine';
  const every = isFine ? CHECKPOINT_EVENTS_FINE : CHECKPOINT_EVENTS;
  let nextCheckpoint = 0;
  const checkpoint = (): void => {
    if (keeping !== null && simulation.seq > 0) {
      keeping.names.update();
      keeping.writer.checkpoint(simulation.checkpoint());
    }
    nextCheckpoint = simulation.seq + every;
    simulation.pauseAt(nextCheckpoint, checkpoint);
  };
  checkpoint();
  let played = 0;
  let turned = performance.now();
  let openSeq = -1;
  let committedRows = 0;
  // A source that waits (a pipe) must not keep the open chunk waiting too.
  const commit = ({ writer, names }: Keeping): void => {
    const { firstSeq, length } = simulation.openBatch;
    // A chunk that was begun since the last look fills by itself.
    const begun = firstSeq !== openSeq;
    openSeq = firstSeq;
    if (begun || length === committedRows) return;
    committedRows = length;
    names.update();
    writer.commitOpen(simulation.openBatch);
  };
  const timer = keeping === null ? undefined : setInterval(commit, COMMIT_MS, keeping);
  try {
    for (;;) {
      if (hooks.signal?.aborted) return true;
      batch.length = 0;
      const filled = source.fill(batch);
      const count = typeof filled === 'number' ? filled : await interruptible(filled, hooks.signal);
      if (count === INTERRUPTED) return true;
      if (count === 0) return false;
      for (let from = 0, to = 0; from < count; from = to) {
        to = Math.min(count, from + SLICE_ACCESSES - (played % SLICE_ACCESSES));
        simulation.play(batch, from, to);
        played += to - from;
        if (played % SLICE_ACCESSES !== 0 || simulation.seq < nextCheckpoint) continue;
        // What is under way ends here, whether or not a checkpoint is kept: in fine mode that decides what comes next.
        simulation.settle();
        checkpoint();
      }
      if (keeping !== null && keeping.writer.pending > PENDING_CHUNKS) await keeping.writer.drain(PENDING_CHUNKS);
      const now = performance.now();
      if (now - turned > TURN_MS) {
        turned = now;
        hooks.onProgress?.({ events: simulation.seq, writes: simulation.writes, fraction: source.progress });
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  } finally {
    clearInterval(timer);
  }
}

/** What a promise gives, or that an interrupt came first. */
export async function interruptible<T>(
  pending: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T | typeof INTERRUPTED> {
  if (signal === undefined) return pending;
  if (signal.aborted) return INTERRUPTED;
  let stop = () => {};
  const aborted = new Promise<typeof INTERRUPTED>((resolve) => {
    stop = () => resolve(INTERRUPTED);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([pending, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
