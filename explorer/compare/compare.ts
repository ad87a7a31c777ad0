/**
 * What-if for many settings at once: the same accesses under every combination, ranked, with the Pareto front and a recommendation. The accesses
 * are read once and each run is played into the collectors in memory. The answer does not depend on threads.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PAGE_SIZE, UsageError } from '../../base/index.js';
import type { CostReport } from '../../analyzer/index.js';
import { inputPath, type SourceRequest } from '../../recorder/index.js';
import type { SimulationRequest } from '../../simulator/index.js';
import { type TrailMeta, TrailReader } from '../../traces/index.js';
import {
  type Axes,
  type Combination,
  combinationsOf,
  nothingGoes,
  type Refusal,
  type RunSettings,
  settingsOf,
} from './combinations.js';
import { type CriterionId, type Figures, figuresOf } from './criteria.js';
import { type Mark, marksOf } from './marks.js';
import { NEEDS, type NeedId, strategyNamed, unmetNeed } from './needs.js';
import { namesOf } from './names.js';
import { checkThreads, runAll, threadsFor } from './pool.js';
import { FRONT, paretoFront, ranked } from './ranking.js';
import { type Recommendation, recommend } from './recommend.js';
import type { RunResult } from './run.js';
import { suppliesFor } from './supply.js';

export interface CompareRequest extends Axes {
  readonly source: SourceRequest;
  /** What holds for every run; what an axis varies is no part of it. */
  readonly common: SimulationRequest;
  /** What runs are ordered by. Default `overhead`. */
  readonly by?: CriterionId;
  /** What a strategy must meet to be run at all. */
  readonly needs?: readonly NeedId[];
  /** A folder for a trail of each run; none are written where it is left out. */
  readonly keep?: string;
  /** Default: as many as the machine has cores, where the runs are long. */
  readonly threads?: number;
}

export interface CompareHooks {
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number, runs: number) => void;
}

export interface ComparedRun {
  /** From 1, the best. */
  readonly rank: number;
  readonly strategy: string;
  readonly variant: string | null;
  /** The strategy, with the settings that differ between runs. */
  readonly run: string;
  readonly settings: RunSettings;
  readonly figures: Figures;
  readonly cost: CostReport;
  /** Pages that are mapped at the end. */
  readonly pages: number;
  readonly memoryBytes: number;
  /** Nobody else has less or the same of overhead, bytes and lag, and less of one. */
  readonly pareto: boolean;
  /** Why it ranks last. */
  readonly marks: readonly Mark[];
  /** Needs that it meets. */
  readonly meets: readonly NeedId[];
  readonly notes: readonly string[];
  readonly trail: string | null;
}

export interface Comparison {
  readonly source: { readonly kind: string; readonly name: string };
  readonly by: CriterionId;
  readonly needs: readonly NeedId[];
  /** Settings that differ between runs. */
  readonly varying: ReadonlyArray<keyof RunSettings>;
  /** Best first. */
  readonly runs: readonly ComparedRun[];
  /** What does not go together. */
  readonly refused: readonly Refusal[];
  readonly recommend: Recommendation;
}

/**
 * Runs every combination and ranks them.
 * @throws UsageError for settings that cannot be, and where nothing goes together; InputError for accesses that cannot be read, or trails that
 * cannot be written; InterruptedError when the signal comes
 */
export async function compareRuns(request: CompareRequest, hooks: CompareHooks = {}): Promise<Comparison> {
  const { common, by = 'overhead', needs = [], keep } = request;
  if (request.threads !== undefined) checkThreads(request.threads);
  const meta = metaOfTrail(request.source);
  const source = meta === null ? request.source : { ...request.source, reads: meta.source.reads };
  const { runs, refused } = combinationsOf(request, common, meta, needs);
  const { supplies, of, accesses, byDevice, byKernel } = await suppliesFor(source, runs, hooks.signal);
  const names = namesOf(runs, request);
  const trails = keep === undefined ? null : trailsIn(keep, names.files, inputPath(source));
  const wanted = runs.map(({ request: asked, cpus }, index) => ({
    request: asked,
    cpus,
    supply: of[index]!,
    trail: trails?.[index] ?? null,
  }));
  const results = await runAll(supplies, wanted, {
    threads: request.threads ?? threadsFor(runs.length, accesses),
    ...(hooks.signal !== undefined && { signal: hooks.signal }),
    onProgress: (fraction) => hooks.onProgress?.(fraction, runs.length),
  });
  const compared: ComparedRun[] = [];
  const unfit: Refusal[] = [];
  for (const [index, combination] of runs.entries()) {
    const outcome = results[index]!;
    if ('cost' in outcome)
      compared.push(
        comparedRun(combination, outcome, names.runs[index]!, wanted[index]!.trail, { byDevice, byKernel }),
      );
    else if (unfit.every(({ strategy, what }) => strategy !== combination.strategy || what !== outcome.what))
      unfit.push({ strategy: combination.strategy, arch: null, need: null, ...outcome });
  }
  const allRefused = [...refused, ...unfit];
  if (compared.length === 0) throw nothingGoes(allRefused);
  const order = ranked(withFront(compared), by).map((run, index): ComparedRun => ({ ...run, rank: index + 1 }));
  const held = supplies[0]!;
  return {
    source:
      'held' in held
        ? { kind: held.held.meta.kind, name: held.held.meta.name }
        : { kind: kindOf(source), name: nameOf(source) },
    by,
    needs,
    varying: names.varying,
    runs: order,
    refused: allRefused,
    recommend: recommend(order, by, needs, archOf(request, meta, order)),
  };
}

function comparedRun(
  combination: Combination,
  { cost, cpus, pages }: RunResult,
  name: string,
  trail: string | null,
  writers: { readonly byDevice: boolean; readonly byKernel: boolean },
): ComparedRun {
  const { settings, strategy, variant, notes } = combination;
  const memoryBytes = strategyNamed(strategy).shadow === undefined ? 0 : pages * PAGE_SIZE;
  return {
    rank: 0,
    strategy,
    variant,
    run: name,
    settings: settingsOf(settings, cpus),
    figures: figuresOf({ cost, memoryBytes }),
    cost,
    pages,
    memoryBytes,
    pareto: false,
    marks: marksOf(settings, cost, writers),
    meets: NEEDS.map(({ id }) => id).filter((id) => unmetNeed(settings, [id]) === null),
    notes,
    trail,
  };
}

/** The front is of runs that one may take. */
function withFront(runs: readonly ComparedRun[]): ComparedRun[] {
  const sound = runs.filter(({ marks }) => marks.length === 0);
  const front = paretoFront(sound.map(({ figures }) => FRONT.map((id) => figures[id])));
  const onFront = new Set([...front].map((index) => sound[index]));
  return runs.map((run) => ({ ...run, pareto: onFront.has(run) }));
}

/** The architecture that is asked about: the one given, that of the trail, or what most run on; null where several are compared. */
function archOf({ archs = [] }: Axes, meta: TrailMeta | null, runs: readonly ComparedRun[]): string | null {
  if (archs.length > 0) return archs.length === 1 ? archs[0]! : null;
  if (runs.some(({ settings }) => settings.arch === meta?.arch)) return meta!.arch;
  const all = runs.map(({ settings }) => settings.arch);
  const frequency = (arch: string): number => all.filter((other) => other === arch).length;
  return all.reduce((most, arch) => (frequency(arch) > frequency(most) ? arch : most));
}

function metaOfTrail(source: SourceRequest): TrailMeta | null {
  if (!('trail' in source)) return null;
  const reader = TrailReader.open(source.trail);
  reader.close();
  return reader.meta;
}

function trailsIn(folder: string, files: readonly string[], input: string | null): string[] {
  const paths = files.map((file) => join(folder, file));
  if (input !== null && paths.some((path) => resolve(path) === resolve(input)))
    throw new UsageError({ what: `${input} would be overwritten`, mend: 'give another folder to --keep' });
  mkdirSync(folder, { recursive: true });
  return paths;
}

function kindOf(source: SourceRequest): string {
  if ('workload' in source) return 'workload';
  return 'trail' in source ? 'trail' : 'log';
}

function nameOf(source: SourceRequest): string {
  if ('workload' in source) return source.workload;
  return inputPath(source) ?? '-';
}
