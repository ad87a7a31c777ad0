/**
 * Breadth first through every state, so that what is found first is as short as it can be. Nothing is kept of how a state was reached: levels are
 * rows of neighbours in the store, and a way back is found by searching the levels again.
 */
import { BROKEN, RULES, type RuleId } from '../rules.js';
import { isMarked } from '../machine/consumer.js';
import { LACKS } from '../machine/packed-state.js';
import { Edges } from './edges.js';
import type { Model } from './model.js';
import { Outgrown } from './transition-table.js';
import { Visited } from './visited.js';

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

/** Where a rule was first broken: by a choice in a state, or by being at rest there (choice -1). */
export interface Sighting {
  readonly state: number;
  readonly choice: number;
}

/** The end at which most was counted for each page that became newer than the consumer's copy. */
export interface Worst {
  readonly state: number;
  readonly counted: number;
  readonly renewed: number;
  /** One of these for each of those. */
  readonly ratio: number;
}

export interface SearchResult {
  readonly visited: Visited;
  /** Number of the first state of each level. */
  readonly levels: readonly number[];
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
  const sightings = new Map<RuleId, Sighting>();
  const levels = [0];
  const parent = new Int32Array(state.words);
  let edges: Edges | null = options.graphStates > 0 ? new Edges() : null;
  let [transitions, ends, badEnds, seen] = [0, 0, 0, 0];
  let stopped: SearchResult['stopped'] = null;
  let worst: Worst | null = null;
  const started = performance.now();
  let lastTurn = started;
  const note = (mask: number, at: number, choice: number) => {
    seen |= mask;
    RULES.forEach(({ id }, bit) => {
      if (mask & (1 << bit)) sightings.set(id, { state: at, choice });
    });
  };
  visited.add(state.now);
  const seconds = () => (performance.now() - started) / 1000;
  for (let at = 0, levelEnd = 1; at < visited.count; at++) {
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
      if (stopped !== null) break;
    }
    visited.read(at, parent);
    state.now.set(parent);
    let moves = 0;
    for (let choice = 0; choice < model.choices; choice++) {
      if (!model.apply(choice)) continue;
      moves++;
      if (state.outgrown) throw new Outgrown('a field changes that did not in the trial');
      if (state.broken & ~seen) note(state.broken & ~seen, at, choice);
      const to = visited.add(state.now);
      edges?.add(to);
      for (let word = 0; word < parent.length; word++) state.now[word] = parent[word]!;
    }
    transitions += moves;
    edges?.endState();
    if (edges !== null && visited.count > options.graphStates) edges = null;
    if (moves > 0) continue;
    const broken = model.atRest ? brokenAtRest(model) : BROKEN.deadlock;
    ends++;
    if (broken & (BROKEN['lost-write'] | BROKEN['invisible-write'] | BROKEN.misattributed)) badEnds++;
    if (broken & ~seen) note(broken & ~seen, at, -1);
    worst = worseOf(worst, model, at);
  }
  return {
    visited,
    levels,
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

/** Rules broken by a state in which nothing goes on any more. */
export function brokenAtRest({ state }: Model): number {
  const { shape } = state;
  let broken = 0;
  for (let page = 0; page < shape.pages; page++) {
    if (shape.home[page] !== page) continue;
    if (state.anyStale(page)) broken |= BROKEN['elided-flush'];
    const lacks = state.get(state.lacks + page);
    if (lacks === LACKS.nothing || state.reads(page) === 0 || isMarked(state, page)) continue;
    const instead = state.instead >= 0 && state.get(state.instead + page) !== 0;
    if (lacks === LACKS.store) broken |= instead ? BROKEN.misattributed : BROKEN['lost-write'];
    else broken |= BROKEN['invisible-write'];
  }
  return broken;
}

/** The worse of what is known and the end that the model stands at. */
function worseOf(known: Worst | null, { state }: Model, at: number): Worst | null {
  if (state.counts === null) return null;
  const counted = state.get(state.counted);
  const renewed = state.get(state.renewed);
  const ratio = counted / Math.max(renewed, 1);
  return known === null || ratio > known.ratio ? { state: at, counted, renewed, ratio } : known;
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
    path.unshift(found);
    wanted.set(parent);
  }
  return path;
}

/** The choice that leads from some state of [from, to) to `wanted`; leaves that state in `parent`. */
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
  throw new Error('a state of a search has no predecessor');
}
