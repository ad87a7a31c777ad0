/** A reduced search says the same as one of every step, for every scenario; and so does one whose states are as small as a trial shows that they can be. */
import { describe, expect, it } from 'vitest';
import { MONITORS, STRATEGIES, type SimulationRequest } from '../../simulator/index.js';
import { prepare, prepareNarrow } from '../prepare.js';
import { BROKEN, HARM, RULES, rulesIn } from '../rules.js';
import type { Setting } from '../scenario.js';
import { strategySetting } from '../strategy-scenario.js';
import { SCENARIO_CASES } from '../testing/schedules.js';
import type { Model } from './model.js';
import { brokenAtRest, search, type SearchOptions, type SearchResult } from './search.js';
import { Outgrown } from './transition-table.js';

/** A search of more is skipped, and the report says so. */
const STATES_MAX = 500_000;
const OPTIONS: SearchOptions = { limits: { states: STATES_MAX, seconds: 3600, bytes: 4e9 }, graphStates: STATES_MAX };

/** Every strategy as it is, and with each defect that only timing brings out; a guest under each kind of monitor. */
const MACHINES: readonly SimulationRequest[] = [
  ...STRATEGIES.flatMap(({ id, mutations }) => [
    { strategy: id },
    ...mutations
      .filter(({ bites }) => bites === 'fine')
      .map((mutation) => ({ strategy: id, mutations: [mutation.id] })),
  ]),
  ...MONITORS.map(({ id }) => ({ guest: 'hw-dirty', monitor: id })),
];
const STRATEGY_CASES = MACHINES.map((machine) => ({
  name: Object.entries(machine).flat().join(' '),
  setting: () => strategySetting({ machine, cpus: 1, pages: 1, writes: 1, harvests: 2, evictions: 0, unmaps: 1 }),
}));

/** What is left at every end, one string each, and the worst of it. */
interface Ends {
  readonly all: ReadonlySet<string>;
  readonly bad: ReadonlySet<string>;
}

const LOST = BROKEN['lost-write'] | BROKEN['invisible-write'] | BROKEN.misattributed;

/**
 * Ends of a finished search by what they hold. An entry that a CPU loses by itself as the last that happens tells nobody anything, and when steps are taken
 * together there are fewer places for that; so where CPUs lose entries, what TLBs hold at an end is left out.
 */
function endsOf(model: Model, { visited }: SearchResult): Ends {
  const { state, tables } = model;
  const { shape } = state;
  const into = new Int32Array(state.words);
  const leftOut = new Set(tables.map((_, actor) => state.node + actor));
  if (state.evictions >= 0) {
    leftOut.add(state.evictions);
    for (let at = 0; at < shape.cpus * shape.pages; at++) leftOut.add(state.tlb + at);
  }
  const fields = Array.from({ length: state.fields.count }, (_, field) => field).filter((field) => !leftOut.has(field));
  const all = new Set<string>();
  const bad = new Set<string>();
  for (let at = 0; at < visited.count; at++) {
    visited.read(at, into);
    state.now.set(into);
    if (!model.atRest) continue;
    const key = fields.map((field) => state.get(field)).join();
    all.add(key);
    if (brokenAtRest(model) & LOST) bad.add(key);
  }
  return { all, bad };
}

interface Said {
  readonly harm: readonly string[];
  readonly endless: boolean;
  readonly ends: Ends;
}

function said(setting: Setting, model: Model, found: SearchResult): Said {
  const decides = HARM | (setting.decides ?? []).reduce((mask, rule) => mask | BROKEN[rule], 0);
  const broken = RULES.reduce((mask, { id }) => mask | (found.sightings.has(id) ? BROKEN[id] : 0), 0);
  const endless = found.edges!.firstEndless() >= 0;
  return { harm: rulesIn(broken & decides), endless, ends: endsOf(model, found) };
}

function figures({ visited, transitions, ends, badEnds, levels, sightings }: SearchResult) {
  return { states: visited.count, transitions, ends, badEnds, levels, sightings };
}

const CASES = [...STRATEGY_CASES, ...SCENARIO_CASES].map(({ name, setting }) => [name, setting] as const);

describe('steps taken together', () => {
  it.for(CASES)('%s', async ([, setting], { skip }) => {
    const every = prepare(setting(), false).model;
    const of = await search(every, OPTIONS);
    if (of.stopped !== null) return skip(`it has more than ${STATES_MAX} states, which take too long here`);
    const { model } = prepare(setting(), true);
    const reduced = await search(model, OPTIONS);
    expect(said(setting(), model, reduced)).toEqual(said(setting(), every, of));
  });
});

/** One of each scenario, and strategies without defects; which variant or architecture it is makes little difference to the fields that change. */
const programOf = (name: string) => name.replace(/( buggy| fixed)? on .*/, '');
const ONE_OF_EACH = CASES.filter(
  ([name], at) =>
    !name.includes('mutations') && CASES.findIndex(([other]) => programOf(other) === programOf(name)) === at,
);

describe('states as small as they can be', () => {
  it.for(ONE_OF_EACH)('%s', async ([, setting]) => {
    const narrow = prepareNarrow(setting(), true).model;
    const wide = await search(prepare(setting(), true).model, OPTIONS);
    try {
      expect(figures(await search(narrow, OPTIONS))).toEqual(figures(wide));
    } catch (error) {
      // Then `explore` begins anew with room for everything.
      if (!(error instanceof Outgrown)) throw error;
    }
  });
});
