/** A few random ways through a program, to see which fields of its state change at all: a search then keeps only those. */
import type { Random } from '../../base/index.js';
import type { Packing } from '../machine/packed-state.js';
import type { Model } from './model.js';

const WAYS = 400;
/** Of all ways together: where one never ends, there are no more. */
const STEPS_MAX = 200_000;
/** One step in so many may go to another actor; the rest of the time one goes on as long as it can. */
const STEPS_PER_CHANGE = 6;

/** How the states of the model can be packed, as far as the trial shows. It leaves the model at its beginning. */
export function trialPacking(model: Model, random: Random): Packing {
  const { state } = model;
  const initial = state.now.slice();
  const first = Array.from({ length: state.fields.count }, (_, field) => state.get(field));
  const changing = first.map(() => false);
  let steps = 0;
  for (let way = 0; way < WAYS && steps < STEPS_MAX; way++) {
    state.now.set(initial);
    let choice = 0;
    for (; steps < STEPS_MAX; steps++) {
      if (random.below(STEPS_PER_CHANGE) === 0) choice = random.below(model.choices);
      let tried = 0;
      while (tried < model.choices && !model.apply(choice)) {
        choice = (choice + 1) % model.choices;
        tried++;
      }
      if (tried === model.choices) break;
      for (let field = 0; field < first.length; field++)
        if (!changing[field] && state.get(field) !== first[field]) changing[field] = true;
    }
  }
  state.now.set(initial);
  const nodes = Math.max(...model.tables.map((table) => table.nodes.length));
  // Room for places that the trial has not come to.
  return { nodeBits: Math.ceil(Math.log2(nodes)) + 1, changing };
}
