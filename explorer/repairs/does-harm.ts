/** Whether a program does harm at all: a search that ends at the first state that shows it. */
import { prepare } from '../prepare.js';
import { BROKEN, HARM } from '../rules.js';
import type { Setting } from '../scenario.js';
import { brokenAtRest } from '../search/search.js';
import { Visited } from '../search/visited.js';

/** @returns false also where nothing was found in so many states */
export function doesHarm(setting: Setting, reduce: boolean, statesMax: number): boolean {
  const { model } = prepare(setting, reduce);
  const { state } = model;
  const decides = (setting.decides ?? []).reduce((mask, id) => mask | BROKEN[id], HARM);
  const visited = new Visited(state.words);
  const from = new Int32Array(state.words);
  visited.add(state.now);
  const restore = () => {
    for (let word = 0; word < from.length; word++) state.now[word] = from[word]!;
  };
  for (let at = 0; at < visited.count && visited.count <= statesMax; at++) {
    visited.read(at, from);
    restore();
    let moves = 0;
    for (let choice = 0; choice < model.choices; choice++) {
      if (!model.apply(choice)) continue;
      moves++;
      if (state.broken & decides) return true;
      visited.add(state.now);
      restore();
    }
    if (moves > 0) continue;
    const broken = model.atRest ? brokenAtRest(model) : BROKEN.deadlock;
    if (broken & decides) return true;
  }
  return false;
}
