/** A search from its setting to its verdict, with the counterexample that is easiest to follow where there is one. */
import { UsageError } from '../base/index.js';
import { type Execution, perform } from './execution.js';
import { prepare, prepareNarrow } from './prepare.js';
import { BROKEN, HARM, RULES, type RuleId } from './rules.js';
import type { Setting } from './scenario.js';
import type { Model } from './search/model.js';
import { circling } from './search/circle.js';
import { readableWay } from './search/readable.js';
import { pathTo, type Progress, search, type SearchResult, type Sighting, type Worst } from './search/search.js';
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
const GRAPH_STATES = 1_000_000;
const COUNTED_STATES = 20_000_000;
/** The first pass, for the most readable counterexample, gives up after so many states. */
const READABLE_STATES = 2_000_000;
const DEFAULT_STATES = 200_000_000;
const DEFAULT_SECONDS = 3600;
const DEFAULT_BYTES = 12e9;

export async function explore(setting: Setting, options: ExploreOptions = {}): Promise<Exploration> {
  const { reduce = false, count = false } = options;
  if (reduce && count)
    throw new UsageError({
      what: 'interleavings cannot be counted in a reduced search',
      why: 'it takes steps together, so it sees fewer of them',
      mend: 'leave --reduce out',
    });
  try {
    return await exploreWith(prepareNarrow(setting, reduce).model, setting, options);
  } catch (error) {
    if (!(error instanceof Outgrown)) throw error;
    return exploreWith(prepare(setting, reduce).model, setting, options);
  }
}

async function exploreWith(model: Model, setting: Setting, options: ExploreOptions): Promise<Exploration> {
  const { reduce = false, count = false, signal } = options;
  const initial = model.state.now.slice();
  const found = await search(model, {
    limits: {
      states: options.maxStates ?? DEFAULT_STATES,
      seconds: options.maxSeconds ?? DEFAULT_SECONDS,
      bytes: options.maxBytes ?? DEFAULT_BYTES,
    },
    graphStates: count ? COUNTED_STATES : GRAPH_STATES,
    ...(signal !== undefined && { signal }),
    ...(options.onProgress !== undefined && { onProgress: options.onProgress }),
  });
  const { visited, edges, worst, stopped, seconds } = found;
  const sightings = new Map<RuleId, Sighting>(found.sightings);
  const interleavings = reduce ? null : (edges?.countWays() ?? null);
  const endless = edges?.firstEndless() ?? -1;
  if (endless >= 0) sightings.set('fault-livelock', { state: endless, choice: -1 });
  const decides = (id: RuleId, bit: number) => (HARM & (1 << bit)) !== 0 || setting.decides?.includes(id) === true;
  const verdict = RULES.find(({ id }, bit) => sightings.has(id) && decides(id, bit))?.id;
  const schedule = verdict === undefined ? null : wayTo(verdict);
  return {
    setting,
    verdict: verdict ?? (stopped === null ? 'safe' : 'bounded'),
    exhaustive: stopped === null,
    stopped,
    states: visited.count,
    transitions: found.transitions,
    depth: found.levels.length - 1,
    ends: found.ends,
    badEnds: found.badEnds,
    interleavings,
    seconds,
    statesPerSecond: Math.round(visited.count / Math.max(seconds, 1e-6)),
    words: model.state.words,
    bytes: visited.bytes,
    broken: RULES.filter(({ id }) => sightings.has(id)).map(({ id }) => id),
    worst,
    assumes: setting.assumes,
    reduced: reduce,
    execution: schedule === null ? null : perform(setting, schedule, reduce),
  };

  function wayTo(rule: RuleId): number[] {
    // Where no rule of harm decides, what is shown is how it comes to the worst.
    if (worst !== null && (HARM & BROKEN[rule]) === 0) return pathTo(model, found, worst.state);
    const { state, choice } = sightings.get(rule)!;
    if (rule === 'fault-livelock') return [...pathTo(model, found, state), ...circling(model, visited, state)];
    const readable = readableWay(model, initial, rule, READABLE_STATES);
    return readable ?? [...pathTo(model, found, state), ...(choice < 0 ? [] : [choice])];
  }
}
