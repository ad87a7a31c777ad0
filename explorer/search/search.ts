/**
 * Breadth first through every state, so that what is found first is as short as it can be. Nothing is kept of how a state was reached: levels are
 * rows of neighbours in the store, and a way back is found by searching the levels again.
 */
import { invariant } from '../../base/index.js';
import type { RuleId } from '../rules.js';
import { Edges } from './edges.js';
import { Expansion, type Sighting, type Worst } from './expansion.js';
import type { Model } from './model.js';
import { Successors } from './successors.js';
import { Visited } from './visited.js';

export { brokenAtRest, type Sighting, type Worst } from './expansion.js';

export interface Limits {
  /** States after which the search stops. */
  readonly states: number;
  readonly seconds: number;
  readonly bytes: number;
}

export interface Progress {
  readonly states: number;
  readonly statesPerSecond: number;
  /** States that were found and not yet looked at. */
  readonly frontier: number;
  readonly depth: number;
}

export interface SearchOptions {
  readonly limits: Limits;
  /** The graph is kept up to so many states, to count ways through it and to find what never ends. */
  readonly graphStates: number;
  readonly signal?: AbortSignal;
  onProgress?(progress: Progress): void;
}

export interface SearchResult {
  readonly visited: Visited;
  /** Number of the first state of each level. */
  readonly levels: readonly number[];
  /** States that are no further than the last of those levels. */
  readonly levelEnd: number;
  /** States that were gone on from. */
  readonly expanded: number;
  readonly transitions: number;
  /** States in which everything is at rest. */
  readonly ends: number;
  /** Of those, the ones in which a write is lost. */
  readonly badEnds: number;
  readonly sightings: ReadonlyMap<RuleId, Sighting>;
  /** null where nobody asks what is paid. */
  readonly worst: Worst | null;
  /** The graph; null where it was not kept or not finished. */
  readonly edges: Edges | null;
  /** What stopped it before it was through, or null. */
  readonly stopped: 'states' | 'seconds' | 'memory' | 'interrupted' | null;
  readonly seconds: number;
}

/** The event loop gets a turn this often, ms, so that an interrupt is seen. */
const TURN_MS = 50;
/** States between two looks at the clock. */
const STRIDE = 1024;

export async function search(model: Model, options: SearchOptions): Promise<SearchResult> {
  const { state } = model;
  const { limits, signal } = options;
  const visited = new Visited(state.words);
  const levels = [0];
  const parent = new Int32Array(state.words);
  let edges: Edges | null = options.graphStates > 0 ? new Edges() : null;
  let stopped: SearchResult['stopped'] = null;
  const started = performance.now();
  let lastTurn = started;
  const expansion = new Expansion(model);
  const successors = new Successors(visited, model.choices);
  const take = () => successors.add(state.now);
  visited.add(state.now);
  const seconds = () => (performance.now() - started) / 1000;
  let at = 0;
  let levelEnd = 1;
  for (; ; at++) {
    if (at === levelEnd || successors.full) {
      successors.takeIn(edges);
      if (edges !== null && visited.count > options.graphStates) edges = null;
    }
    if (at >= visited.count) break;
    if (at === levelEnd) {
      levels.push(at);
      levelEnd = visited.count;
    }
    if (at % STRIDE === 0) {
      const now = performance.now();
      if (now - lastTurn > TURN_MS) {
        lastTurn = now;
        const { count } = visited;
        options.onProgress?.({
          states: count,
          statesPerSecond: Math.round(count / seconds()),
          frontier: count - at,
          depth: levels.length,
        });
        await new Promise(setImmediate);
      }
      if (signal?.aborted) stopped = 'interrupted';
      else if (visited.count > limits.states) stopped = 'states';
      else if (seconds() > limits.seconds) stopped = 'seconds';
      else if (visited.bytes > limits.bytes) stopped = 'memory';
      if (stopped !== null) {
        successors.takeIn(null);
        break;
      }
    }
    visited.read(at, parent);
    expansion.from(at, parent, take);
    successors.endParent();
  }
  const { transitions, ends, badEnds, sightings, worst } = expansion;
  return {
    visited,
    levels,
    levelEnd,
    expanded: at,
    transitions,
    ends,
    badEnds,
    sightings,
    worst,
    edges: stopped === null ? edges : null,
    stopped,
    seconds: seconds(),
  };
}

/** The choices that lead from the beginning to a state, as few as there can be. */
export function pathTo(model: Model, { visited, levels }: SearchResult, target: number): number[] {
  const { state } = model;
  const path: number[] = [];
  const wanted = new Int32Array(state.words);
  const parent = new Int32Array(state.words);
  let level = levels.findLastIndex((first) => first <= target);
  visited.read(target, wanted);
  for (; level > 0; level--) {
    const found = predecessor(model, visited, levels[level - 1]!, levels[level]!, wanted, parent);
    invariant(found >= 0, 'a state of a search has a predecessor');
    path.unshift(found);
    wanted.set(parent);
  }
  return path;
}

/** The choice that leads from some state of [from, to) to `wanted`, or -1; leaves that state in `parent`. */
function predecessor(
  model: Model,
  visited: Visited,
  from: number,
  to: number,
  wanted: Int32Array,
  parent: Int32Array,
): number {
  const { state } = model;
  for (let at = from; at < to; at++) {
    visited.read(at, parent);
    state.now.set(parent);
    for (let choice = 0; choice < model.choices; choice++) {
      if (!model.apply(choice)) continue;
      if (wanted.every((word, i) => word === state.now[i])) return choice;
      state.now.set(parent);
    }
  }
  return -1;
}
