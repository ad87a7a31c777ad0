/**
 * The record loop: accesses from a source, through the machine, into a trail. It pulls, so nothing piles up where one of the
 * three is slower than the others; it commits what it has within 250 ms; and it leaves a valid trail however it ends.
 */
import { statSync } from 'node:fs';
import { InputError, InterruptedError, UsageError } from '../base/index.js';
import {
  AccessBatch,
  configure,
  Simulation,
  type SimulationRequest,
  type SimulationSettings,
} from '../simulator/index.js';
import { type TrailMeta, TrailWriter } from '../traces/index.js';
import { inputPath, openSource, type SourceRequest } from './open-source.js';
import { metaOf, vmOf } from './settings-in-meta.js';
import type { AccessSource } from './sources/index.js';

/** Events between two checkpoints; with 64 Ki pages of state this stays near 8 bytes per page and million events. */
const CHECKPOINT_EVENTS = 1 << 20;
/** A checkpoint may be made after every so many accesses: a place that does not depend on how the input arrived. */
const SLICE_ACCESSES = 4096;
/** Events of a slow source wait at most twice this long, ms, before their open chunk is committed. */
const COMMIT_MS = 125;
/** Chunks that may wait for compression or the disk before the machine waits for them. */
const PENDING_CHUNKS = 8;
const INTERRUPTED = Symbol('interrupted');
/** The event loop gets a turn this often, ms, so that an interrupt is seen. */
const TURN_MS = 50;

export interface RecordRequest extends SimulationRequest {
  /** Where the trail goes. */
  readonly output: string;
  readonly source: SourceRequest;
}

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

export interface RecordResult {
  readonly trail: string;
  readonly events: number;
  readonly writes: number;
  /** Size of the closed file. */
  readonly bytes: number;
  readonly bytesPerWrite: number;
  readonly bytesPerEvent: number;
  readonly seconds: number;
  readonly writesPerSecond: number;
  readonly eventsPerSecond: number;
  readonly strategy: string;
  readonly variant: string | null;
  /** Who tracks inside and outside of a virtual machine; null where none is modelled. */
  readonly vm: NonNullable<TrailMeta['vm']> | null;
  readonly arch: string;
  readonly epochs: number;
  readonly complete: boolean;
  /** Why it is not complete; null when it is. */
  readonly incompleteReason: string | null;
  readonly skipped: { readonly lines: number; readonly firstLine: number | null };
  /** What broke the input off, where something did; the trail holds what came before. */
  readonly failure: InputError | null;
}

/**
 * Records a source under a strategy.
 * @throws UsageError for a request that cannot be; InputError for a source that cannot be read or holds no access, and for an
 * output that cannot be written; InterruptedError when the signal comes before the first access. An input that breaks off later
 * is no throw: see `failure`.
 */
export async function record(request: RecordRequest, hooks: RecordHooks = {}): Promise<RecordResult> {
  const settings = configure(request);
  for (const notice of settings.notices) hooks.onNotice?.(notice);
  refuseOverwritingInput(inputPath(request.source), request.output);
  const opening = openSource(request.source, { seed: settings.seed, cpus: request.cpus });
  const source = await interruptible(opening, hooks.signal);
  if (source === INTERRUPTED) {
    opening.then((late) => late.close()).catch(() => undefined);
    throw nothingRecorded();
  }
  try {
    const objectPages = settings.objectPages ?? source.objectPages ?? null;
    return await recordSource(source, { ...settings, objectPages }, request.output, hooks);
  } finally {
    source.close();
  }
}

async function recordSource(
  source: AccessSource,
  settings: SimulationSettings,
  output: string,
  hooks: RecordHooks,
): Promise<RecordResult> {
  const started = performance.now();
  let writer: TrailWriter;
  const simulation = new Simulation(settings, (batch) => {
    names.update();
    writer.append(batch);
  });
  const meta = metaOf(simulation, source);
  writer = TrailWriter.create(output, meta);
  const names = new Names(simulation, writer, meta);
  let interrupted = false;
  try {
    interrupted = await pump(source, simulation, writer, names, hooks);
    if (simulation.seq === 0) throw interrupted ? nothingRecorded() : (source.failure ?? noAccess(source));
    if (interrupted || source.failure !== null) simulation.settle();
    else simulation.finish(source.programNs);
  } catch (error) {
    if (simulation.seq === 0) await writer.abandon();
    else await close(writer, names, simulation, source, started, 'the recorder failed').catch(() => undefined);
    throw error;
  }
  const reason = interrupted ? 'interrupted' : (source.failure?.what ?? null);
  const { bytes, seconds } = await close(writer, names, simulation, source, started, reason);
  return {
    trail: output,
    events: simulation.seq,
    writes: simulation.writes,
    bytes,
    bytesPerWrite: ratio(bytes, simulation.writes),
    bytesPerEvent: ratio(bytes, simulation.seq),
    seconds,
    writesPerSecond: Math.round(ratio(simulation.writes, seconds)),
    eventsPerSecond: Math.round(ratio(simulation.seq, seconds)),
    strategy: settings.strategy.id,
    variant: settings.variant,
    vm: vmOf(settings),
    arch: settings.architecture.id,
    epochs: simulation.harvests,
    complete: reason === null,
    incompleteReason: reason,
    skipped: { ...source.skipped },
    failure: source.failure,
  };
}

/** Names of actors and spaces in meta, always there before an event by them: CPUs and processes appear as accesses name them. */
class Names {
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

/** Plays the source to its end; true when it was interrupted. */
async function pump(
  source: AccessSource,
  simulation: Simulation,
  writer: TrailWriter,
  names: Names,
  hooks: RecordHooks,
): Promise<boolean> {
  const batch = new AccessBatch();
  let nextCheckpoint = CHECKPOINT_EVENTS;
  let played = 0;
  let turned = performance.now();
  let openSeq = -1;
  let committedRows = 0;
  // A source that waits (a pipe) must not keep the open chunk waiting too.
  const timer = setInterval(() => {
    const { firstSeq, length } = simulation.openBatch;
    // A chunk that was begun since the last look fills by itself.
    const begun = firstSeq !== openSeq;
    openSeq = firstSeq;
    if (begun || length === committedRows) return;
    committedRows = length;
    names.update();
    writer.commitOpen(simulation.openBatch);
  }, COMMIT_MS);
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
        simulation.settle();
        names.update();
        writer.checkpoint(simulation.snapshot());
        nextCheckpoint = simulation.seq + CHECKPOINT_EVENTS;
      }
      if (writer.pending > PENDING_CHUNKS) await writer.drain(PENDING_CHUNKS);
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
async function interruptible<T>(pending: Promise<T>, signal: AbortSignal | undefined): Promise<T | typeof INTERRUPTED> {
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

async function close(
  writer: TrailWriter,
  names: Names,
  simulation: Simulation,
  source: AccessSource,
  started: number,
  incompleteReason: string | null,
): Promise<{ bytes: number; seconds: number }> {
  names.update();
  if (simulation.openBatch.length > 0) writer.append(simulation.openBatch);
  const ending = {
    complete: incompleteReason === null,
    incompleteReason,
    cpus: simulation.cpus,
    programNs: simulation.programNs(source.meta.programTime === 'given'),
    skippedLines: source.skipped.lines,
    firstSkippedLine: source.skipped.firstLine,
  };
  const { bytes } = await writer.close(ending, { seconds: ((performance.now() - started) / 1000).toFixed(3) });
  return { bytes, seconds: (performance.now() - started) / 1000 };
}

function nothingRecorded(): InterruptedError {
  return new InterruptedError({ what: 'interrupted', why: 'nothing had been recorded yet, so there is no trail' });
}

function noAccess(source: AccessSource): InputError {
  const { lines, firstLine } = source.skipped;
  return new InputError({
    what: `${source.meta.name} holds no access to record`,
    why:
      lines > 0
        ? `${lines} lines were not understood, the first of them line ${firstLine}`
        : source.programNs > 0
          ? 'it has instructions or loads, and no store or modify; loads are played with --reads only'
          : 'no line of it is a load, store or modify',
    mend: `check that it is what --format ${source.meta.kind} expects`,
  });
}

/** An input that is also the output would be gone before it is read. */
function refuseOverwritingInput(input: string | null, output: string): void {
  if (input === null) return;
  const from = statSync(input, { throwIfNoEntry: false });
  const to = statSync(output, { throwIfNoEntry: false });
  if (from === undefined || to === undefined || from.ino !== to.ino || from.dev !== to.dev) return;
  throw new UsageError({ what: `${output} is the input of this recording`, mend: 'give another file to -o' });
}

function ratio(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}
