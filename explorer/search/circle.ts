/** What never ends, shown: the way from a state that no end can be reached from into a circle, and round it. */
import type { Model } from './model.js';
import { Visited } from './visited.js';

/** Times round: what comes once or twice may be chance. */
const ROUNDS = 3;

/** Choices that lead from such a state for as long as it takes to see what is repeated; of several that are possible, always the first. */
export function circling(model: Model, visited: Visited, from: number): number[] {
  const { state } = model;
  const here = new Int32Array(state.words);
  visited.read(from, here);
  state.now.set(here);
  const met = new Visited(state.words);
  const way: number[] = [];
  for (;;) {
    const known = met.count;
    const at = met.add(state.now);
    if (at < known) return [...way, ...Array.from({ length: ROUNDS - 1 }, () => way.slice(at)).flat()];
    let choice = 0;
    while (!model.apply(choice)) choice++; // there is one: a state without any is an end
    way.push(choice);
  }
}
