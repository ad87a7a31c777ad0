/** What is to be explored: a scenario by name, or a strategy with a program of some size. */
import { invariant, UsageError, nearest } from '../base/index.js';
import { vmOf } from '../recorder/index.js';
import { configure, type SimulationRequest } from '../simulator/index.js';
import type { TrailMeta } from '../traces/index.js';
import { litmusText } from './present/litmus.js';
import { parseLitmus } from './present/litmus-parse.js';
import type { RuleId } from './rules.js';
import { type ScenarioDefinition, type Setting, VARIANTS, type VariantId } from './scenario.js';
import { SCENARIOS } from './scenarios/index.js';
import { strategySetting, type StrategyProgram } from './strategy-scenario.js';

export interface Target {
  /** Name of the scenario; null for a strategy. */
  readonly scenario: string | null;
  /** Who tracks on the machine underneath. */
  readonly strategy: string;
  /** Who tracks inside and outside of a virtual machine; null where none is modelled. */
  readonly vm: NonNullable<TrailMeta['vm']> | null;
  readonly arch: string;
  readonly mutations: readonly string[];
  readonly variant: VariantId | null;
  /** Verdict that the scenario is known for; null for a strategy. */
  readonly expects: RuleId | 'safe' | null;
  readonly summary: string;
  /** Of a strategy: its machine and the size of the program; null for a scenario. */
  readonly program: StrategyProgram | null;
  readonly setting: Setting;
}

/** What names a target: plain data, for other threads. */
export type TargetSpec =
  | { readonly scenario: string; readonly variant: VariantId | null; readonly arch: string }
  | { readonly program: StrategyProgram };

/** A target with the way through it that a litmus file gives; null where the file asks for a search. */
export interface LitmusTarget extends Target {
  readonly schedule: readonly number[] | null;
  readonly reduce: boolean;
}

export function targetOf(spec: TargetSpec): Target {
  return 'program' in spec
    ? strategyTarget(spec.program)
    : scenarioTarget(spec.scenario, spec.variant ?? undefined, spec.arch);
}

export function specOf({ scenario, variant, arch, program }: Target): TargetSpec {
  if (program !== null) return { program };
  invariant(scenario !== null, 'a target is a scenario or a program');
  return { scenario, variant, arch };
}

/** @throws UsageError for a scenario, variant or architecture that is not known */
export function scenarioTarget(name: string, variant: string | undefined, arch: string | undefined): Target {
  const definition = scenarioNamed(name);
  const chosen = variantOf(definition, variant);
  const on = architectureOf(definition, arch);
  const setting = definition.setting(chosen ?? VARIANTS[0], on);
  const settings = configure({ ...setting.machine, interleave: 'fine' });
  return {
    scenario: definition.id,
    strategy: settings.strategy.id,
    vm: vmOf(settings),
    arch: on,
    mutations: setting.machine.mutations ?? [],
    variant: chosen,
    expects: chosen === 'fixed' && definition.kind !== 'cost' ? 'safe' : definition.expects,
    summary: definition.summary,
    program: null,
    setting,
  };
}

/** @throws UsageError for what cannot be configured */
export function strategyTarget(program: StrategyProgram): Target {
  const { machine } = program;
  const settings = configure({ ...machine, objectPages: machine.objectPages ?? program.pages, interleave: 'fine' });
  return {
    scenario: null,
    strategy: settings.strategy.id,
    vm: vmOf(settings),
    arch: settings.architecture.id,
    mutations: settings.mutations,
    variant: null,
    expects: null,
    summary: settings.strategy.summary,
    program,
    setting: strategySetting(program),
  };
}

/** @throws InputError for a text that is no litmus file */
export function litmusTarget(text: string): LitmusTarget {
  const { scenario, strategyProgram, variant, arch, schedule, reduce, expects } = parseLitmus(text);
  const target =
    strategyProgram === null
      ? scenarioTarget(scenario!, variant ?? undefined, arch ?? undefined)
      : strategyTarget(strategyProgram);
  return { ...target, expects, schedule, reduce };
}

/** The target, and the way through it that was found, as a litmus file. */
export function litmusOf(target: Target, schedule: readonly number[] | null, reduce: boolean, verdict: string): string {
  const { scenario, program, variant, arch } = target;
  return litmusText({
    scenario,
    strategyProgram: program,
    variant,
    arch: program === null ? arch : null,
    reduce,
    schedule,
    expects: verdict as RuleId | 'safe',
  });
}

/** The machine of a strategy's program; what the size of a program is when nobody says. */
export const PROGRAM_DEFAULTS = { cpus: 2, pages: 1, writes: 2, harvests: 2, evictions: 0 } as const;

export function programOf(
  machine: SimulationRequest,
  size: Partial<Omit<StrategyProgram, 'machine'>>,
): StrategyProgram {
  return { machine, ...PROGRAM_DEFAULTS, ...size };
}

function scenarioNamed(name: string): ScenarioDefinition {
  const found = SCENARIOS.find(({ id }) => id === name);
  if (found !== undefined) return found;
  const guess = nearest(
    name,
    SCENARIOS.map(({ id }) => id),
  );
  throw new UsageError({
    what: `there is no scenario '${name}'`,
    ...(guess !== null && { why: `did you mean '${guess}'?` }),
    mend: 'see `pagetrail list scenarios`; a strategy is explored with --strategy ID',
  });
}

function variantOf({ id, variants }: ScenarioDefinition, variant: string | undefined): VariantId | null {
  if (variant === undefined) return variants[0] ?? null;
  const found = variants.find((one) => one === variant);
  if (found !== undefined) return found;
  throw new UsageError({
    what: `scenario ${id} has no variant '${variant}'`,
    why: variants.length === 0 ? 'it has one form only' : `it has ${variants.join(' and ')}`,
    mend: variants.length === 0 ? 'leave --variant out' : `use --variant ${variants.join(' or ')}`,
  });
}

function architectureOf({ id, architectures }: ScenarioDefinition, arch: string | undefined): string {
  if (arch === undefined) return architectures[0];
  if (architectures.includes(arch)) return arch;
  throw new UsageError({
    what: `scenario ${id} is not asked on '${arch}'`,
    mend: `use --arch ${architectures.join(' or ')}`,
  });
}
