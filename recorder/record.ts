/** A recording from its request to its result: a source through a machine into a trail, which is valid however the recording ends. */
import { statSync } from 'node:fs';
import { InputError, InterruptedError, UsageError } from '../base/index.js';
import { configure, Simulation, type SimulationRequest, type SimulationSettings } from '../simulator/index.js';
import { type TrailEnding, type TrailMeta, TrailWriter } from '../traces/index.js';
import { inputPath, openSource, type SourceRequest } from './open-source.js';
import { INTERRUPTED, interruptible, Names, pump, type RecordHooks } from './pump.js';
import { metaOf, vmOf } from './settings-in-meta.js';
import type { AccessSource } from './sources/index.js';

export interface RecordRequest extends SimulationRequest {
  /** Where the trail goes. */
  readonly output: string;
  readonly source: SourceRequest;
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
  const { moveEvery, unmapEvery } = request.source;
  const operations = [...(moveEvery ? (['move'] as const) : []), ...(unmapEvery ? (['unmap'] as const) : [])];
  const settings = configure({ ...request, operations });
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
    interrupted = await pump(source, simulation, { writer, names }, hooks);
    // In fine mode the last few accesses, which may be all, are still waiting to begin.
    simulation.settle();
    if (simulation.seq === 0) throw interrupted ? nothingRecorded() : (source.failure ?? noAccess(source));
    if (!interrupted && source.failure === null) simulation.finish(source.programNs);
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
  const { bytes } = await writer.close(endingOf(simulation, source, incompleteReason), {
    seconds: ((performance.now() - started) / 1000).toFixed(3),
  });
  return { bytes, seconds: (performance.now() - started) / 1000 };
}

/** What is known of a run when it is over. @param incompleteReason null where the source was played to its end */
export function endingOf(
  simulation: Simulation,
  source: Pick<AccessSource, 'meta' | 'skipped'>,
  incompleteReason: string | null,
): TrailEnding {
  return {
    complete: incompleteReason === null,
    incompleteReason,
    cpus: simulation.cpus,
    programNs: simulation.programNs(source.meta.programTime === 'given'),
    skippedLines: source.skipped.lines,
    firstSkippedLine: source.skipped.firstLine,
  };
}

function nothingRecorded(): InterruptedError {
  return new InterruptedError({ what: 'interrupted', why: 'nothing had been recorded yet, so there is no trail' });
}

export function noAccess(source: AccessSource): InputError {
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
