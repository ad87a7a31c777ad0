/** Whether a program breaks rules at all: a search that ends at the first state that shows it. */
import { prepare } from '../prepare.js';
import { BROKEN, HARM } from '../rules.js';
import type { Setting } from '../scenario.js';
import { brokenAtRest } from './search.js';
import { Visited } from './visited.js';

/** Every rule that decides about the setting. */
export function decides({ decides: more = [] }: Setting): number {
  return more.reduce((mask, id) => mask | BROKEN[id], HARM);
}

/** @param rules mask of those that are asked about. @returns `unknown` where nothing was found in so many states, and there are more */
export function searchFor(
  setting: Setting,
  reduce: boolean,
  rules: number,
  statesMax: number,
): 'breaks' | 'safe' | 'unknown' {
  const { model } = prepare(setting, reduce);
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
