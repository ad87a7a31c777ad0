/**
 * One run of a comparison: accesses through the machine straight into the collectors, and nothing is kept; or, where a trail is asked for, a
 * recording and then its analysis. Both give the same figures. Everything that goes in and comes out is plain data, so that it can be done on
 * another thread.
 */
import { UsageError } from '../../base/index.js';
import { costOf, COST_COLLECTORS, type CostReport, Pass, type PassResults, runPass } from '../../analyzer/index.js';
import {
  type AccessSource,
  type HeldAccesses,
  onCpus,
  openHeld,
  openSource,
  play,
  record,
  type RecordHooks,
  type SourceRequest,
} from '../../recorder/index.js';
import { BatchSource, type EventSource, type Fold } from '../../replayer/index.js';
import { configure, type SimulationRequest } from '../../simulator/index.js';
import { type TrailEnding, type TrailMeta, TrailReader } from '../../traces/index.js';

/** Where a run has its accesses from: memory, or the source itself, which is then read again for each run. */
export type Supply = { readonly held: HeldAccesses; readonly ofWorkload: boolean } | { readonly source: SourceRequest };

export interface RunRequest {
  readonly request: SimulationRequest;
  /** CPUs asked for; null: as the source says. */
  readonly cpus: number | null;
  /** Number of its supply. */
  readonly supply: number;
  /** The trail to write; null for none. */
  readonly trail: string | null;
}

export interface RunResult {
  readonly cost: CostReport;
  readonly cpus: number;
  /** Frames of tracked memory that are mapped at the end. */
  readonly pages: number;
}

/** A strategy that cannot do with what the source says, such as one that needs the size of the object. */
export interface Unfit {
  readonly what: string;
  readonly why: string | null;
  readonly mend: string | null;
}

export type Outcome = RunResult | Unfit;

/** Errors are those of a recording, but for usage errors: these concern this run alone. */
export async function run(supply: Supply, wanted: RunRequest, hooks: RecordHooks = {}): Promise<Outcome> {
  try {
    return await performed(supply, wanted, hooks);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { what, why = null, mend = null } = error;
    return { what, why, mend };
  }
}

async function performed(supply: Supply, wanted: RunRequest, hooks: RecordHooks): Promise<RunResult> {
  const source = await open(supply, wanted);
  if (wanted.trail !== null) return recorded(source, wanted.request, wanted.trail, hooks);
  try {
    let pass: Pass | undefined;
    const settings = configure(wanted.request);
    const played = await play(
      source,
      settings,
      (meta) => {
        const begun = new Pass(unstored(meta, null), COST_COLLECTORS);
        pass = begun;
        return (batch) => begun.take(batch);
      },
      hooks,
    );
    return resultOf(unstored(played.meta, played.ending), played.ending, pass!.finish());
  } finally {
    source.close();
  }
}

async function open(supply: Supply, { request, cpus }: RunRequest): Promise<AccessSource> {
  if ('source' in supply) {
    const { source } = supply;
    const { seed } = configure(request);
    const placed = 'trail' in source && cpus !== null ? { ...source, onCpus: cpus } : source;
    return openSource(placed, { seed, cpus: cpus ?? undefined });
  }
  const source = openHeld(supply.held);
  // A workload has spread itself over the CPUs.
  return cpus === null || supply.ofWorkload ? source : onCpus(source, cpus);
}

async function recorded(
  accesses: AccessSource,
  request: SimulationRequest,
  trail: string,
  hooks: RecordHooks,
): Promise<RunResult> {
  await record({ ...request, output: trail, source: { accesses, from: '' } }, hooks);
  const reader = TrailReader.open(trail);
  try {
    return resultOf(reader, reader.ending!, runPass(reader, COST_COLLECTORS));
  } finally {
    reader.close();
  }
}

/** A trail that is not there: what it would say of itself. */
function unstored(meta: TrailMeta, ending: TrailEnding | null): EventSource {
  return new BatchSource([], meta, ending);
}

function resultOf(source: EventSource, { cpus }: TrailEnding, results: PassResults): RunResult {
  return { cost: costOf(source, results), cpus, pages: trackedFrames(results.end) };
}

function trackedFrames(end: Fold): number {
  const { frames, pages, spaces } = end;
  let tracked = 0;
  for (let frame = 1; frame < frames.count; frame++)
    if (frames.mappers[frame]! > 0 && spaces.hasConsumer(pages.space[end.homeOf(frame)]!)) tracked++;
  return tracked;
}
