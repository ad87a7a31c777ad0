/**
 * A setting that does harm, with one thing done otherwise: a flush more, an entry looked at again, a load and a store made one, a lock held for longer. Each
 * is searched like any other program; those that do no harm any more, deadlocks included, are the repairs.
 */
import { UsageError } from '../base/index.js';
import { type Exploration, explore } from './explore.js';
import { type Candidate, candidatesOf, REPAIR_KINDS, type RepairKind, type Where } from './repairs/candidates.js';
import { changed } from './repairs/changed.js';
import { Dependent } from './repairs/entries.js';
import { doesHarm } from './repairs/does-harm.js';
import { lockNames } from './repairs/locks.js';
import { Survey } from './repairs/survey.js';
import type { Setting } from './scenario.js';
import { stage } from './stage.js';

export interface RepairOptions {
  /** States of one search. Default 500,000. */
  readonly maxStates?: number;
  /** Steps that nobody can tell apart from their neighbours are taken together. Default true. */
  readonly reduce?: boolean;
  readonly signal?: AbortSignal;
  onTried?(done: number, of: number): void;
}

export interface Repair {
  readonly kind: RepairKind;
  readonly where: Where;
  /** What is done, in words. */
  readonly text: string;
  /** What it costs each time, by the cost profile: that of a flush and its targets, of a load; nothing for a lock held for longer. */
  readonly costNs: number;
  readonly verdict: Exploration['verdict'];
  readonly states: number;
  /** The setting with the repair in it. */
  readonly setting: Setting;
}

export interface Repairs {
  /** Of the setting as it is. */
  readonly verdict: Exploration['verdict'];
  readonly states: number;
  /** Changes that were tried, by kind. */
  readonly tried: Readonly<Record<RepairKind, number>>;
  /** Those that make it safe, the cheapest first. */
  readonly repairs: readonly Repair[];
  /** Those that did no harm as far as they were seen. */
  readonly undecided: readonly Repair[];
}

const DEFAULT_STATES = 500_000;

/** @throws UsageError where the setting does no harm */
export async function repair(setting: Setting, options: RepairOptions = {}): Promise<Repairs> {
  const { maxStates = DEFAULT_STATES, reduce = true, signal } = options;
  const limits = { maxStates, reduce, ...(signal !== undefined && { signal }) };
  const staged = stage(setting, () => undefined);
  const survey = new Survey(lockNames(staged.world.machine));
  const { verdict, states } = await explore(survey.watch(setting), limits);
  if (verdict === 'safe') throw new UsageError({ what: 'there is nothing to repair', mend: 'give it what does harm' });
  if (verdict === 'bounded')
    throw new UsageError({ what: `no harm was found in ${states} states`, mend: 'let the search see more states' });
  const candidates = candidatesOf(survey, setting, staged);
  const found: Repair[] = [];
  for (const [done, candidate] of candidates.entries()) {
    if (signal?.aborted) break;
    options.onTried?.(done, candidates.length);
    const result = await tried(setting, candidate, limits);
    if (result !== null) found.push(result);
  }
  const order = ({ kind }: Repair) => REPAIR_KINDS.indexOf(kind);
  found.sort((a, b) => a.costNs - b.costNs || order(a) - order(b) || a.where.operation - b.where.operation);
  const count = (kind: RepairKind) => candidates.filter((one) => one.kind === kind).length;
  return {
    verdict,
    states,
    tried: Object.fromEntries(REPAIR_KINDS.map((kind) => [kind, count(kind)])) as Record<RepairKind, number>,
    repairs: found.filter((one) => one.verdict === 'safe'),
    undecided: found.filter((one) => one.verdict === 'bounded'),
  };
}

/** null where it does harm. */
async function tried(
  setting: Setting,
  { change, ...candidate }: Candidate,
  limits: { readonly maxStates: number; readonly reduce: boolean; readonly signal?: AbortSignal },
): Promise<Repair | null> {
  const repaired = changed(setting, change);
  try {
    if (doesHarm(repaired, limits.reduce, limits.maxStates)) return null;
    const { verdict, states } = await explore(repaired, limits);
    return verdict === 'safe' || verdict === 'bounded' ? { ...candidate, verdict, states, setting: repaired } : null;
  } catch (error) {
    if (error instanceof Dependent) return null;
    throw error;
  }
}
