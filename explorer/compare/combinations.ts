/**
 * From what is to be compared to the runs that this takes: every strategy with every setting. Names and numbers that cannot be are errors;
 * combinations that do not go together are not, they are told with the reason.
 */
import { UsageError } from '../../base/index.js';
import { recordedMachine, replaySettings } from '../../recorder/index.js';
import {
  ARCHITECTURES,
  configure,
  type CostProfile,
  type SimulationRequest,
  type SimulationSettings,
  STRATEGIES,
  VMA_KINDS,
} from '../../simulator/index.js';
import type { TrailMeta } from '../../traces/index.js';
import { type NeedId, unmetNeed } from './needs.js';

export interface Axes {
  /** Ids; `ID:VARIANT` for a way of using one; `all` for every one. */
  readonly strategies: readonly string[];
  readonly archs?: readonly string[];
  readonly cpus?: readonly number[];
  readonly tlbs?: ReadonlyArray<{ readonly sets: number; readonly ways: number }>;
  readonly harvestEvery?: readonly number[];
  readonly costs?: ReadonlyArray<string | CostProfile>;
}

/** Settings by which runs may differ, in the order in which they are told. */
export interface RunSettings {
  readonly arch: string;
  readonly vma: string;
  readonly cpus: number;
  readonly tlb: { readonly sets: number; readonly ways: number };
  readonly harvestEvery: number;
  readonly cost: string;
}

export interface Combination {
  readonly strategy: string;
  readonly variant: string | null;
  readonly request: SimulationRequest;
  /** CPUs that were asked for; null: as the source says. */
  readonly cpus: number | null;
  readonly settings: SimulationSettings;
  /** What was recorded, and does not fit this strategy. */
  readonly notes: readonly string[];
}

export interface Refusal {
  readonly strategy: string;
  /** The settings that it does not go with, where they were asked for. */
  readonly arch: string | null;
  /** The need that it does not meet; null where it cannot be run. */
  readonly need: NeedId | null;
  readonly what: string;
  readonly why: string | null;
  readonly mend: string | null;
}

export interface Combinations {
  readonly runs: readonly Combination[];
  readonly refused: readonly Refusal[];
}

/** Options of the machine by the name that they have in a request, as the command line spells them. */
const MACHINE_OPTIONS = {
  memory: '--memory',
  device: '--device',
  deviceMmu: '--device-mmu',
  walker: '--walker',
  mms: '--mms',
  alias: '--alias',
  pageSize: '--page-size',
} as const satisfies Partial<Record<keyof SimulationRequest, string>>;

/**
 * @param common what holds for every run
 * @param meta of the trail whose accesses are played; null where there is none
 * @throws UsageError for a strategy or setting that is not known or out of range, and where nothing goes together
 */
export function combinationsOf(
  axes: Axes,
  common: SimulationRequest,
  meta: TrailMeta | null,
  needs: readonly NeedId[] = [],
): Combinations {
  const strategies = strategiesOf(axes.strategies);
  refuseUnknown(axes, common);
  const runs: Combination[] = [];
  const refused = new Map<string, Refusal>();
  for (const strategy of strategies) {
    for (const changes of changesOf(axes)) {
      const request = { ...common, ...strategy, ...changes };
      const tried = combination(request, meta);
      const unmet = tried instanceof UsageError ? null : unmetNeed(tried.settings, needs);
      if (!(tried instanceof UsageError) && unmet === null) {
        runs.push(tried);
        continue;
      }
      const refusal = {
        strategy: strategy.strategy,
        arch: changes.arch ?? null,
        need: unmet?.id ?? null,
        what: unmet === null ? (tried as UsageError).what : `${strategy.strategy} does not do with --need ${unmet.id}`,
        why: unmet === null ? ((tried as UsageError).why ?? null) : unmet.why,
        mend: unmet === null ? ((tried as UsageError).mend ?? null) : null,
      };
      refused.set([refusal.strategy, refusal.arch, refusal.what, refusal.why].join('\n'), refusal);
    }
  }
  if (runs.length > 0) return { runs, refused: [...refused.values()] };
  throw nothingGoes([...refused.values()]);
}

/** Where all is refused, there is no answer. */
export function nothingGoes(refused: readonly Refusal[]): UsageError {
  const { what, why, mend } = refused[0]!;
  return new UsageError({
    what:
      refused.length === 1 ? what : `nothing of it goes together, for ${refused.length} reasons; the first: ${what}`,
    ...(why !== null && { why }),
    mend: mend ?? 'ask for less, or for more strategies: --strategies all',
  });
}

function combination(request: SimulationRequest, meta: TrailMeta | null): Combination | UsageError {
  try {
    const asked = meta === null ? request : replaySettings(meta, request);
    const settings = configure(asked);
    return {
      strategy: settings.strategy.id,
      variant: settings.variant,
      request: asked,
      cpus: request.cpus ?? null,
      settings,
      notes: [...settings.notices, ...(meta === null ? [] : leftOut(recordedMachine(meta), request, asked))],
    };
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
}

/** What the recorded machine had and this one has not, because it does not fit. */
function leftOut(recorded: SimulationRequest, request: SimulationRequest, asked: SimulationRequest): string[] {
  return Object.entries(MACHINE_OPTIONS).flatMap(([key, option]) => {
    const name = key as keyof typeof MACHINE_OPTIONS;
    const value = recorded[name];
    if (value === undefined || request[name] !== undefined || asked[name] === value) return [];
    return [`without ${option}${value === true ? '' : ` ${String(value)}`}, which was recorded and does not fit it`];
  });
}

/** Each once, in the order asked for; `all` stands for those that are not named. */
function strategiesOf(ids: readonly string[]): Array<{ strategy: string; variant?: string }> {
  const wanted = ids.flatMap((id) => (id === 'all' ? STRATEGIES.map((strategy) => strategy.id) : [id]));
  return [...new Set(wanted)].map((text) => {
    const [strategy, variant] = text.split(':');
    const chosen = { strategy: strategy!, ...(variant !== undefined && { variant }) };
    configure(chosen);
    return chosen;
  });
}

/** Every choice of one setting from each axis; a single empty one where there is none. */
function changesOf(axes: Axes): SimulationRequest[] {
  const perAxis: ReadonlyArray<readonly SimulationRequest[]> = [
    distinct(axes.archs).map((arch) => ({ arch })),
    distinct(axes.cpus).map((cpus) => ({ cpus })),
    distinct(axes.tlbs).map(({ sets, ways }) => ({ tlbSets: sets, tlbWays: ways })),
    distinct(axes.harvestEvery).map((harvestEvery) => ({ harvestEvery })),
    distinct(axes.costs).map((cost) => ({ cost })),
  ];
  return perAxis.reduce<SimulationRequest[]>(
    (choices, axis) =>
      axis.length === 0 ? choices : choices.flatMap((choice) => axis.map((setting) => ({ ...choice, ...setting }))),
    [{}],
  );
}

function distinct<Value>(values: readonly Value[] = []): Value[] {
  const keys = values.map((value) => JSON.stringify(value));
  return values.filter((_, index) => keys.indexOf(keys[index]!) === index);
}

/** What is wrong whatever it is combined with is no matter of combinations. */
function refuseUnknown(axes: Axes, { vma, costOverrides }: SimulationRequest): void {
  for (const arch of axes.archs ?? []) if (ARCHITECTURES.every(({ id }) => id !== arch)) configure({ arch });
  for (const cpus of axes.cpus ?? []) configure({ cpus });
  for (const { sets, ways } of axes.tlbs ?? []) configure({ tlbSets: sets, tlbWays: ways });
  for (const harvestEvery of axes.harvestEvery ?? []) configure({ harvestEvery });
  for (const cost of axes.costs ?? []) configure({ cost });
  configure(costOverrides === undefined ? {} : { costOverrides });
  if (vma !== undefined && VMA_KINDS.every(({ id }) => id !== vma)) configure({ vma });
}

/** The settings of a run by their words. @param cpus that the run had in the end */
export function settingsOf(settings: SimulationSettings, cpus: number): RunSettings {
  const { architecture, vma, tlb, harvestEvery, cost } = settings;
  return { arch: architecture.id, vma: vma.id, cpus, tlb, harvestEvery, cost: cost.id };
}
