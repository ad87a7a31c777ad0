/**
 * What a litmus file says: a program, by the name of a scenario or as a strategy with its machine; how it is searched; a schedule, where one is
 * given; and what is to come of it. `litmus.ts` writes the text, `litmus-parse.ts` reads it.
 */
import type { SimulationRequest } from '../../simulator/index.js';
import type { RuleId } from '../rules.js';
import type { Setting, VariantId } from '../scenario.js';
import type { StrategyProgram } from '../strategy-scenario.js';
import { strategySetting } from '../strategy-scenario.js';
import { SCENARIOS } from '../scenarios/index.js';
import { invariant } from '../../base/index.js';

export const LITMUS_HEADER = 'pagetrail litmus';
export const LITMUS_VERSION = 1;

export interface Litmus {
  /** Id of the scenario; null where the program is that of a strategy. */
  readonly scenario: string | null;
  readonly strategyProgram: StrategyProgram | null;
  /** Of a scenario that has variants; else null. */
  readonly variant: VariantId | null;
  /** Of a scenario; a strategy program names its own. */
  readonly arch: string | null;
  /** The schedule is one of the reduced search, which takes some steps together. */
  readonly reduce: boolean;
  /** null: the file asks for a search. */
  readonly schedule: readonly number[] | null;
  readonly expects: RuleId | 'safe';
}

/** The numbers of a strategy program, least and most: what a search can pack. */
export const COUNTS = {
  cpus: [1, 8],
  pages: [1, 8],
  writes: [0, 100],
  harvests: [0, 100],
  evictions: [0, 7],
} as const;
export const COUNT_KEYS = Object.keys(COUNTS) as Array<keyof typeof COUNTS>;

/** What a CPU does, deed by deed: `cpu0=store 0, unmap all`. Given for each CPU of the program, or for none. */
export const DOES_KEYS = Array.from({ length: COUNTS.cpus[1] }, (_, cpu) => `cpu${cpu}`);
/** Rules that decide besides those of harm. */
export const DECIDES_KEY = 'decides';

/** How what a machine may be asked for is written. Prices are no part of it: no verdict depends on them. */
export const MACHINE_KEYS = {
  strategy: 'word',
  arch: 'word',
  vma: 'word',
  mutations: 'words',
  operations: 'words',
  seed: 'number',
  cpus: 'number',
  harvestEvery: 'number',
  populate: 'word',
  interleave: 'word',
  tlbSets: 'number',
  tlbWays: 'number',
  vmaGapPages: 'number',
  objectPages: 'number',
  variant: 'word',
  memory: 'word',
  device: 'word',
  deviceMmu: 'flag',
  walker: 'word',
  mms: 'number',
  alias: 'word',
  pageSize: 'word',
  split: 'word',
  guest: 'word',
  host: 'word',
  monitor: 'word',
  ringEntries: 'number',
} as const satisfies Record<
  Exclude<keyof SimulationRequest, 'cost' | 'costOverrides'>,
  'word' | 'words' | 'number' | 'flag'
>;

/** The program that a file names, ready to be searched or performed. */
export function settingOf({ scenario, strategyProgram, variant, arch }: Omit<Litmus, 'schedule' | 'expects'>): Setting {
  if (strategyProgram !== null) return strategySetting(strategyProgram);
  const definition = SCENARIOS.find(({ id }) => id === scenario);
  invariant(definition !== undefined, `no scenario '${scenario}'`);
  return definition.setting(variant ?? definition.variants[0] ?? 'buggy', arch ?? definition.architectures[0]);
}
