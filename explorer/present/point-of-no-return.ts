/** From which step of a run on nothing helps any more: whatever the actors do in whatever order, the rule gets broken. */
import type { Execution } from '../execution.js';
import { BROKEN, type RuleId } from '../rules.js';
import type { Model } from '../search/model.js';
import { brokenAtRest } from '../search/search.js';
import { Visited } from '../search/visited.js';
import { Moments } from './moments.js';

/** States that are looked at in all. Chosen: some tenths of a second. */
const STATES = 200_000;

/**
 * The first step after which the rule is certain to be broken; 0 where it is from the beginning, `brokenAt` where it is not before; null where too many
 * states would have to be looked at.
 * @param brokenAt the step that breaks it, or the last where it is broken by everything being at rest
 */
export function pointOfNoReturn(
  execution: Execution,
  rule: RuleId,
  brokenAt: number,
  statesMax = STATES,
): number | null {
  const moments = new Moments(execution);
  const budget = { left: statesMax };
  const { model } = moments;
  // Once it is certain it stays so: the least step is found by halving.
  let [least, most] = [0, brokenAt];
  while (least < most) {
    const middle = (least + most) >> 1;
    moments.after(middle);
    const escapes = canEscape(model, BROKEN[rule], budget);
    if (escapes === null) return null;
    if (escapes) least = middle + 1;
    else most = middle;
  }
  return least;
}

/** Whether some way from the state as it stands comes to an end without breaking the rule; null where the budget is spent. */
function canEscape(model: Model, wanted: number, budget: { left: number }): boolean | null {
  const { state } = model;
  const visited = new Visited(state.words);
  const parent = new Int32Array(state.words);
  visited.add(state.now);
  // Depth first: an end is what is looked for.
  const open = [0];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (budget.left-- <= 0) return null;
    visited.read(at, parent);
    state.now.set(parent);
    let moves = 0;
    for (let choice = 0; choice < model.choices; choice++) {
      if (!model.apply(choice)) continue;
      moves++;
      const known = visited.count;
      if ((state.broken & wanted) === 0 && visited.add(state.now) === known) open.push(known);
      state.now.set(parent);
    }
    if (moves > 0) continue;
    const broken = model.atRest ? brokenAtRest(model) : BROKEN.deadlock;
    if ((broken & wanted) === 0) return true;
  }
  return false;
}
