/** Whether a program still breaks a rule when something in it is done otherwise: a search that ends at the first state that shows it. */
import { UsageError } from '../../base/index.js';
import { explore } from '../explore.js';
import { prepare } from '../prepare.js';
import { Dependent } from '../repairs/entries.js';
import { BROKEN, HARM, type RuleId } from '../rules.js';
import type { Setting } from '../scenario.js';
import { brokenAtRest } from '../search/search.js';
import { Visited } from '../search/visited.js';

/** `unknown`: there are too many states, or the change makes no sense in some of them. */
export type Outcome = 'breaks' | 'safe' | 'unknown';

/** Rules that no single state breaks: the whole graph tells. */
const OF_GRAPH = BROKEN['fault-livelock'];

/** Every rule that decides about the setting. */
export function decides({ decides: more = [] }: Setting): number {
  return more.reduce((mask, id) => mask | BROKEN[id], HARM);
}

/** @param rules mask of those that are asked about */
export async function retry(setting: Setting, rules: number, statesMax: number): Promise<Outcome> {
  try {
    const found = searchFor(setting, rules & ~OF_GRAPH, statesMax);
    if (found !== 'safe' || (rules & OF_GRAPH) === 0) return found;
    const { broken, exhaustive } = await explore(setting, { maxStates: statesMax });
    if (broken.some((id: RuleId) => rules & BROKEN[id])) return 'breaks';
    return exhaustive ? 'safe' : 'unknown';
  } catch (error) {
    // Code that was changed may ask for what a search does not have.
    if (error instanceof Dependent || error instanceof UsageError) return 'unknown';
    throw error;
  }
}

function searchFor(setting: Setting, rules: number, statesMax: number): Outcome {
  const { model } = prepare(setting, true);
  const { state } = model;
  const visited = new Visited(state.words);
  const from = new Int32Array(state.words);
  visited.add(state.now);
  const restore = () => {
    for (let word = 0; word < from.length; word++) state.now[word] = from[word]!;
  };
  for (let at = 0; at < visited.count; at++) {
    if (visited.count > statesMax) return 'unknown';
    visited.read(at, from);
    restore();
    let moves = 0;
    for (let choice = 0; choice < model.choices; choice++) {
      if (!model.apply(choice)) continue;
      moves++;
      if (state.broken & rules) return 'breaks';
      visited.add(state.now);
      restore();
    }
    if (moves > 0) continue;
    const broken = model.atRest ? brokenAtRest(model) : BROKEN.deadlock;
    if (broken & rules) return 'breaks';
  }
  return 'safe';
}
