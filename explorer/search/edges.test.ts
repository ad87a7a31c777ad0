/** The graph of a search against what one writes first: counting by recursion, and looking for an end from each state. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { Edges } from './edges.js';

/** Targets of each state; state 0 is the beginning, and every state can be reached from it. */
type Graph = readonly (readonly number[])[];

function edgesOf(graph: Graph): Edges {
  const edges = new Edges();
  for (const targets of graph) {
    for (const target of targets) edges.add(target);
    edges.endState();
  }
  return edges;
}

function waysFrom(graph: Graph, state: number): bigint {
  const targets = graph[state]!;
  if (targets.length === 0) return 1n;
  return targets.reduce((sum, target) => sum + waysFrom(graph, target), 0n);
}

function reaches(graph: Graph, from: number): Set<number> {
  const seen = new Set([from]);
  for (const state of seen) for (const target of graph[state]!) seen.add(target);
  return seen;
}

function firstEndless(graph: Graph): number {
  return graph.findIndex((_, state) => [...reaches(graph, state)].every((on) => graph[on]!.length > 0));
}

function isCyclic(graph: Graph): boolean {
  return graph.some((targets, state) => targets.some((target) => reaches(graph, target).has(state)));
}

/** Numbers the states that can be reached from state 0 as a breadth-first search does. */
function numbered(graph: Graph): Graph {
  const order = [...reaches(graph, 0)];
  const number = new Map(order.map((state, at) => [state, at]));
  return order.map((state) => graph[state]!.map((target) => number.get(target)!));
}

/** Two ways from one state to another are two ways: edges may come twice. */
function randomGraph(random: Random, states: number, acyclic: boolean): Graph {
  return numbered(
    Array.from({ length: states }, (_, state) => {
      const count = random.below(5) === 0 ? 0 : random.below(4);
      const first = acyclic ? state + 1 : 0;
      if (first === states) return [];
      return Array.from({ length: count }, () => first + random.below(states - first));
    }),
  );
}

const SEEDS = Array.from({ length: 500 }, (_, seed) => seed + 1);

describe('Edges', () => {
  it('counts the ways through graphs without a circle', () => {
    for (const seed of SEEDS) {
      const graph = randomGraph(new Random(seed), 14, true);
      expect(edgesOf(graph).countWays(), `seed ${seed}`).toBe(waysFrom(graph, 0));
    }
  });

  it('counts ways that no double can', () => {
    // 130 states, from each of which two edges lead to the next.
    const graph = Array.from({ length: 131 }, (_, state) => (state === 130 ? [] : [state + 1, state + 1]));
    expect(edgesOf(graph).countWays()).toBe(2n ** 130n);
  });

  it('counts none where a way can go on for ever', () => {
    let cyclic = 0;
    for (const seed of SEEDS) {
      const graph = randomGraph(new Random(seed), 8, false);
      if (isCyclic(graph)) cyclic++;
      expect(edgesOf(graph).countWays(), `seed ${seed}`).toBe(isCyclic(graph) ? null : waysFrom(graph, 0));
    }
    expect(cyclic).toBeGreaterThan(50);
    expect(cyclic).toBeLessThan(450);
  });

  it('finds the first state from which no end can be reached', () => {
    let endless = 0;
    for (const seed of SEEDS) {
      const graph = randomGraph(new Random(seed), 8, false);
      const expected = firstEndless(graph);
      if (expected >= 0) endless++;
      expect(edgesOf(graph).firstEndless(), `seed ${seed}`).toBe(expected);
    }
    expect(endless).toBeGreaterThan(50);
    expect(endless).toBeLessThan(450);
  });

  it.each([
    { name: 'a single state', graph: [[]], ways: 1n, endless: -1 },
    { name: 'a state that leads to itself', graph: [[0]], ways: null, endless: 0 },
    { name: 'a circle with a way out', graph: [[1], [0, 2], []], ways: null, endless: -1 },
    { name: 'an end beside a circle', graph: [[1, 2], [], [3], [2]], ways: null, endless: 2 },
    { name: 'two ways that meet', graph: [[1, 2], [3], [3], []], ways: 2n, endless: -1 },
  ])('$name', ({ graph, ways, endless }) => {
    expect(edgesOf(graph).countWays()).toBe(ways);
    expect(edgesOf(graph).firstEndless()).toBe(endless);
  });

  it('holds more edges and states than it has room for at first', () => {
    const states = 10_000;
    const graph = Array.from({ length: states }, (_, state) => (state === states - 1 ? [] : [state + 1]));
    expect(edgesOf(graph).countWays()).toBe(1n);
  });
});
