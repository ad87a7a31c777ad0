/**
 * The counterexample that is easiest to follow: with as few preemptions as it takes, and of those the shortest. A preemption takes the machine from an
 * actor that could go on; that another one waits for a flush, or that a CPU acts on one, is none.
 */
import { BROKEN, type RuleId } from '../rules.js';
import type { Model } from './model.js';
import { brokenAtRest } from './search.js';
import { Outgrown } from './transition-table.js';
import { Visited } from './visited.js';

/** Preemptions that are tried; loom's authors found that two or three show nearly everything. */
const PREEMPTIONS_MAX = 5;
const NOBODY = 31;
const USED_SHIFT = 5;

/** The choices of a way on which the rule is broken; null where none was found within so many states. */
export function readableWay(model: Model, initial: Int32Array, rule: RuleId, statesMax: number): number[] | null {
  for (let bound = 0; bound <= PREEMPTIONS_MAX; bound++) {
    const found = within(model, initial, BROKEN[rule], bound, statesMax);
    if (found === 'too many') return null;
    if (found !== null) return found;
  }
  return null;
}

/** Breadth first with no more than `bound` preemptions. */
function within(
  model: Model,
  initial: Int32Array,
  wanted: number,
  bound: number,
  statesMax: number,
): number[] | 'too many' | null {
  const { state, actors } = model;
  const { words } = state;
  // The state, and one more word: who made the last step, and how often somebody was preempted.
  const extended = new Int32Array(words + 1);
  const parent = new Int32Array(words + 1);
  const visited = new Visited(words + 1);
  const cameFrom: number[] = [-1];
  const cameBy: number[] = [-1];
  extended.set(initial.subarray(0, words));
  extended[words] = NOBODY;
  visited.add(extended);
  const wayTo = (at: number): number[] => {
    const way: number[] = [];
    for (let on = at; cameFrom[on]! >= 0; on = cameFrom[on]!) way.unshift(cameBy[on]!);
    return way;
  };
  for (let at = 0; at < visited.count; at++) {
    if (visited.count > statesMax) return 'too many';
    visited.read(at, parent);
    const last = parent[words]! & NOBODY;
    const used = parent[words]! >> USED_SHIFT;
    const restore = () => {
      for (let word = 0; word < words; word++) state.now[word] = parent[word]!;
    };
    restore();
    const lastCanStep = last !== NOBODY && model.canStep(last);
    let moves = 0;
    for (let choice = 0; choice < model.choices; choice++) {
      const isStep = choice < actors.length;
      const preempts = isStep && lastCanStep && choice !== last ? 1 : 0;
      if (!model.apply(choice)) continue;
      moves++;
      if (state.outgrown) throw new Outgrown('a field changes that did not in the search');
      if (used + preempts <= bound) {
        if (state.broken & wanted) return [...wayTo(at), choice];
        for (let word = 0; word < words; word++) extended[word] = state.now[word]!;
        extended[words] = (isStep ? choice : last) | ((used + preempts) << USED_SHIFT);
        const known = visited.count;
        if (visited.add(extended) === known) {
          cameFrom.push(at);
          cameBy.push(choice);
        }
      }
      restore();
    }
    if (moves > 0) continue;
    const broken = model.atRest ? brokenAtRest(model) : BROKEN.deadlock;
    if (broken & wanted) return wayTo(at);
  }
  return null;
}
