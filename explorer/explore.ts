/** A search from its setting to its verdict, with the counterexample that is easiest to follow where there is one. */
import { UsageError } from '../base/index.js';
import { type Execution, perform } from './execution.js';
import { prepare, type Prepared, prepareNarrow } from './prepare.js';
import { BROKEN, HARM, RULES, type RuleId } from './rules.js';
import type { Setting } from './scenario.js';
import type { Model } from './search/model.js';
import { circling } from './search/circle.js';
import type { Sighting, Worst } from './search/expansion.js';
import { readableWay } from './search/readable.js';
import { pathTo, type Progress, search, type SearchOptions, type SearchResult } from './search/search.js';
import { Outgrown } from './search/transition-table.js';

export interface ExploreOptions {
  /** Steps that nobody can tell apart from their neighbours are taken together. Default false. */
  readonly reduce?: boolean;
  /** Count interleavings however many states there are; excludes `reduce`. */
  readonly count?: boolean;
  readonly maxStates?: number;
  readonly maxSeconds?: number;
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  onProgress?(progress: Progress): void;
}

export interface Exploration {
  readonly setting: Setting;
  readonly verdict: RuleId | 'safe' | 'bounded';
  /** Every state was seen. */
  readonly exhaustive: boolean;
  /** What stopped the search before it was through; null where nothing did. */
  readonly stopped: SearchResult['stopped'];
  readonly states: number;
  readonly transitions: number;
  /** Most steps that lead to a state on a shortest way. */
  readonly depth: number;
  readonly ends: number;
  readonly badEnds: number;
  /** null where the graph is cyclic, reduced or too large. */
  readonly interleavings: bigint | null;
  readonly seconds: number;
  readonly statesPerSecond: number;
  /** Words that a state is packed into, and bytes that all of them took. */
  readonly words: number;
  readonly bytes: number;
  /** Rules that are broken somewhere, the verdict's included. */
  readonly broken: readonly RuleId[];
  /** What the setting counts, at the end where it is worst; null where it counts nothing. */
  readonly worst: Pick<Worst, 'counted' | 'renewed' | 'ratio'> | null;
  readonly assumes: readonly string[];
  readonly reduced: boolean;
  readonly execution: Execution | null;
}

/** Graphs of so many states are kept, to count ways and to find what never ends. Chosen: some 100 MB. */
export const GRAPH_STATES = 1_000_000;
const COUNTED_STATES = 20_000_000;
/** The first pass, for the most readable counterexample, gives up after so many states. */
const READABLE_STATES = 2_000_000;
const DEFAULT_STATES = 200_000_000;
const DEFAULT_SECONDS = 3600;
const DEFAULT_BYTES = 12e9;

/** What a search came to, on however many threads it ran. */
export interface Outcome extends Pick<SearchResult, 'transitions' | 'ends' | 'badEnds' | 'stopped' | 'seconds'> {
  readonly states: number;
  readonly bytes: number;
  readonly depth: number;
  readonly broken: ReadonlySet<RuleId>;
  readonly interleavings: bigint | null;
  readonly worst: Exploration['worst'];
  /** A way on which the rule is broken, with as few steps as there can be. */
  wayTo(rule: RuleId): Promise<number[]>;
  wayToWorst(): Promise<number[]>;
}

export async function explore(setting: Setting, options: ExploreOptions = {}): Promise<Exploration> {
  const { reduce = false, count = false } = options;
  if (reduce && count)
    throw new UsageError({
      what: 'interleavings cannot be counted in a reduced search',
      why: 'it takes steps together, so it sees fewer of them',
      mend: 'leave --reduce out',
    });
  return withRoom(setting, reduce, async ({ model }) => {
    const found = await search(model, searchOptionsOf(options));
    return conclude(setting, model, reduce, outcomeOf(model, found, reduce));
  });
}

/** Searches with states as small as a trial shows that they can be; where one finds them too small, again with room for everything. */
export async function withRoom<T>(
  setting: Setting,
  reduce: boolean,
  run: (prepared: Prepared) => Promise<T>,
): Promise<T> {
  try {
    return await run(prepareNarrow(setting, reduce));
  } catch (error) {
    if (!(error instanceof Outgrown)) throw error;
    return run(prepare(setting, reduce));
  }
}

export function searchOptionsOf(options: ExploreOptions): SearchOptions {
  const { signal, onProgress } = options;
  return {
    limits: {
      states: options.maxStates ?? DEFAULT_STATES,
      seconds: options.maxSeconds ?? DEFAULT_SECONDS,
      bytes: options.maxBytes ?? DEFAULT_BYTES,
    },
    graphStates: options.count === true ? COUNTED_STATES : GRAPH_STATES,
    ...(signal !== undefined && { signal }),
    ...(onProgress !== undefined && { onProgress }),
  };
}

/** Of a search on one thread. */
export function outcomeOf(model: Model, found: SearchResult, reduce: boolean): Outcome {
  const { visited, edges, worst, levels, transitions, ends, badEnds, stopped, seconds } = found;
  const sightings = new Map<RuleId, Sighting>(found.sightings);
  const endless = edges?.firstEndless() ?? -1;
  if (endless >= 0) sightings.set('fault-livelock', { state: endless, choice: -1 });
  return {
    states: visited.count,
    bytes: visited.bytes,
    transitions,
    depth: levels.length - 1,
    ends,
    badEnds,
    stopped,
    seconds,
    broken: new Set(sightings.keys()),
    worst,
    interleavings: reduce ? null : (edges?.countWays() ?? null),
    wayTo(rule) {
      const { state, choice } = sightings.get(rule)!;
      const way = pathTo(model, found, state);
      const end = rule === 'fault-livelock' ? circling(model, visited, state) : choice < 0 ? [] : [choice];
      return Promise.resolve([...way, ...end]);
    },
    wayToWorst: () => Promise.resolve(pathTo(model, found, worst!.state)),
  };
}

/** The verdict, and a way that shows it. @param model at any state */
export async function conclude(
  setting: Setting,
  model: Model,
  reduce: boolean,
  outcome: Outcome,
): Promise<Exploration> {
  const { states, bytes, broken, worst, stopped, seconds } = outcome;
  const decides = (id: RuleId, bit: number) => (HARM & (1 << bit)) !== 0 || setting.decides?.includes(id) === true;
  const verdict = RULES.find(({ id }, bit) => broken.has(id) && decides(id, bit))?.id;
  const schedule = verdict === undefined ? null : await wayTo(verdict);
  return {
    setting,
    verdict: verdict ?? (stopped === null ? 'safe' : 'bounded'),
    exhaustive: stopped === null,
    stopped,
    states,
    transitions: outcome.transitions,
    depth: outcome.depth,
    ends: outcome.ends,
    badEnds: outcome.badEnds,
    interleavings: outcome.interleavings,
    seconds,
    statesPerSecond: Math.round(states / Math.max(seconds, 1e-6)),
    words: model.state.words,
    bytes,
    broken: RULES.filter(({ id }) => broken.has(id)).map(({ id }) => id),
    worst,
    assumes: setting.assumes,
    reduced: reduce,
    execution: schedule === null ? null : perform(setting, schedule, reduce),
  };

  async function wayTo(rule: RuleId): Promise<number[]> {
    // Where no rule of harm decides, what is shown is how it comes to the worst.
    if (worst !== null && (HARM & BROKEN[rule]) === 0) return outcome.wayToWorst();
    const readable = rule === 'fault-livelock' ? null : readableWay(model, model.initial, rule, READABLE_STATES);
    return readable ?? outcome.wayTo(rule);
  }
}
