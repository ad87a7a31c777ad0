/** Whether a program still breaks a rule when something in it is done otherwise. */
import { UsageError } from '../../base/index.js';
import { explore } from '../explore.js';
import { Dependent } from '../repairs/entries.js';
import { BROKEN, HARM, type RuleId } from '../rules.js';
import type { Setting } from '../scenario.js';
import { searchFor } from '../search/breaks.js';

/** `unknown`: there are too many states, or the change makes no sense in some of them. */
export type Outcome = 'breaks' | 'safe' | 'unknown';

/** Rules that no single state breaks: the whole graph tells. */
const OF_GRAPH = BROKEN['fault-livelock'];

/**
 * What a program costs at worst that does no harm, where it counts that at all: no more than that can be asked of what has no safe form.
 * @returns null where it does harm, or there are too many states
 */
export async function costOf(setting: Setting, statesMax: number): Promise<number | null> {
  try {
    const { broken, exhaustive, worst } = await explore(setting, { maxStates: statesMax });
    return exhaustive && broken.every((id: RuleId) => (HARM & BROKEN[id]) === 0) ? (worst?.ratio ?? null) : null;
  } catch (error) {
    if (error instanceof Dependent || error instanceof UsageError) return null;
    throw error;
  }
}

/** @param rules mask of those that are asked about */
export async function retry(setting: Setting, rules: number, statesMax: number): Promise<Outcome> {
  try {
    const found = searchFor(setting, true, rules & ~OF_GRAPH, statesMax);
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
