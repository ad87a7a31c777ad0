/**
 * A shrunk program as a scenario of the explorer: what each CPU does stays in order, and everything else may come in any. The explorer then says of all
 * interleavings what the recording showed of one. Not every program fits: the search packs a few pages and CPUs, and small entries alone.
 */
import { PAGE_SIZE } from '../../base/index.js';
import { AccessKind, type SimulationRequest } from '../../simulator/index.js';
import { type Exploration, explore } from '../explore.js';
import { COUNTS } from '../present/litmus-format.js';
import { type Deed, DEEDS } from '../program-words.js';
import { RULES, type RuleId } from '../rules.js';
import { strategySetting, type StrategyProgram } from '../strategy-scenario.js';
import { litmusOf, strategyTarget } from '../target.js';
import { isOperation, type Program, type Step } from './steps.js';

export interface ScenarioResult {
  /** The litmus file; null where there is none. */
  readonly text: string | null;
  /** What the explorer says of the program; null where it was not asked. */
  readonly verdict: Exploration['verdict'] | null;
  readonly states: number;
  /** Why there is none, or what is to be said about it; null where nothing is. */
  readonly note: string | null;
}

/** States of the search that confirms the scenario. Chosen: some seconds. */
const STATES_MAX = 2_000_000;
/**
 * What there may be more of than in the program, tried in turn: the harvest that ends every recording, which matters where a mark is set and then
 * lost; and TLB entries that go by themselves, where those of a recording go because their set is full.
 */
const MORE = [0, 1, 2].flatMap((evictions) => [0, 1].map((harvests) => ({ harvests, evictions })));
const MACHINE = [
  'strategy',
  'guest',
  'host',
  'monitor',
  'arch',
  'vma',
  'mutations',
  'variant',
  'memory',
  'device',
  'walker',
  'objectPages',
  'ringEntries',
] as const;

/** @param id detector of the finding, which the rules of the explorer are named after */
export async function asScenario(program: Program, id: string, signal?: AbortSignal): Promise<ScenarioResult> {
  const rule = RULES.find((one) => one.id === id)?.id;
  const reason = rule === undefined ? `no rule of the explorer is about ${id}` : misfit(program);
  if (rule === undefined || reason !== null) return { text: null, verdict: null, states: 0, note: reason };
  let found: Exploration | null = null;
  for (const more of MORE) {
    const scenario = scenarioOf(program, rule, more);
    found = await explore(strategySetting(scenario), {
      reduce: true,
      maxStates: STATES_MAX,
      ...(signal !== undefined && { signal }),
    });
    if (!found.broken.includes(rule)) continue;
    const { verdict, states } = found;
    const text = litmusOf(strategyTarget(scenario), null, true, verdict);
    const note =
      verdict === rule ? null : `the explorer finds ${rule} too, and ${verdict}, which is graver, in the same program`;
    return { text, verdict, states, note };
  }
  const { verdict, states } = found!;
  return {
    text: null,
    verdict,
    states,
    note: `the explorer finds no ${rule} in it (${verdict}): it depends on what a search leaves out, such as when a page is mapped or which TLB entry makes room`,
  };
}

/** Why the explorer cannot have this program; null where it can. */
function misfit({ machine, steps }: Program): string | null {
  const odd = steps.find((step) => step.kind !== AccessKind.harvest && deedOf(step) === null);
  if (odd?.kind === AccessKind.fork) return 'a search has no forks';
  if (odd?.kind === AccessKind.split || machine.pageSize !== undefined) return 'entries of a search are small';
  if (machine.mms !== undefined || steps.some(({ process }) => process > 0)) return 'a search has one process';
  if (machine.alias !== undefined) return 'the pages of a search are mapped at one place';
  if (machine.deviceMmu === true) return 'a search has no device with an MMU of its own';
  if (odd !== undefined)
    return isOperation(odd) ? 'an operation of it is about some pages only' : 'an access of it crosses pages';
  const counts = { cpus: cpusOf(steps), pages: pagesOf(steps).length, harvests: harvestsOf(steps) };
  for (const name of ['cpus', 'pages', 'harvests'] as const) {
    const [, most] = COUNTS[name];
    if (counts[name] > most)
      return `it has ${counts[name]} ${name === 'cpus' ? 'CPUs' : name}, and a search goes through ${most} at most`;
  }
  return null;
}

function scenarioOf({ machine, steps }: Program, rule: RuleId, more: (typeof MORE)[number]): StrategyProgram {
  const pages = pagesOf(steps);
  const cpus = cpusOf(steps);
  const does = Array.from({ length: cpus }, (_, cpu) =>
    steps.flatMap((step) => {
      const deed = step.cpu === cpu ? deedOf(step) : null;
      return deed === null ? [] : [{ ...deed, page: deed.page === null ? null : pages.indexOf(deed.page) }];
    }),
  );
  const harm = RULES.some(({ id, harm: does }) => id === rule && does);
  return {
    machine: searchedMachine(machine),
    cpus,
    pages: Math.max(1, pages.length),
    writes: 0,
    harvests: harvestsOf(steps) + more.harvests,
    evictions: more.evictions,
    does,
    ...(!harm && { decides: [rule] }),
  };
}

/** What of a machine a search has: what decides who is told what, not sizes of TLBs, seeds and prices. */
export function searchedMachine(machine: SimulationRequest): SimulationRequest {
  return Object.fromEntries(MACHINE.flatMap((name) => (machine[name] === undefined ? [] : [[name, machine[name]]])));
}

/** null for what the explorer has no word for. */
function deedOf({ kind, page, offset, size }: Step): Deed | null {
  const does = (Object.keys(DEEDS) as Array<keyof typeof DEEDS>).find((one) => DEEDS[one] === kind);
  if (does === undefined || offset + size > PAGE_SIZE) return null;
  return { does, page: size === 0 ? null : page };
}

function pagesOf(steps: readonly Step[]): number[] {
  return [...new Set(steps.flatMap(({ page }) => (page < 0 ? [] : [page])))].sort((a, b) => a - b);
}

function cpusOf(steps: readonly Step[]): number {
  return Math.max(...steps.map(({ cpu, kind }) => (kind === AccessKind.harvest ? 0 : cpu))) + 1;
}

/** Those between accesses. */
function harvestsOf(steps: readonly Step[]): number {
  return steps.filter(({ kind }) => kind === AccessKind.harvest).length;
}
