/**
 * A state of a level of which something is true. Of several it is the one whose words come first, so that it is the same whoever found the states, and
 * in what order.
 */
import { BROKEN, type RuleId } from '../rules.js';
import { brokenAtEnd, paidPerPage } from './expansion.js';
import type { Model } from './model.js';
import type { StateStore } from './state-store.js';
import { Unmet } from './transition-table.js';

export type Sought =
  /** A choice leads to this state. */
  | { readonly kind: 'before'; readonly state: Int32Array }
  /** A choice breaks the rule, or being at rest there does. */
  | { readonly kind: 'broken'; readonly rule: RuleId }
  /** It is at rest there, and so much is paid for each page that was written. */
  | { readonly kind: 'paid'; readonly ratio: number };

export interface Spot {
  readonly state: Int32Array;
  /** -1: it is at rest there. */
  readonly choice: number;
}

/** @param rows first number and count of each row of states */
export function firstAt(model: Model, store: StateStore, rows: readonly number[], sought: Sought): Spot | null {
  const state = new Int32Array(store.words);
  let found: Spot | null = null;
  for (let row = 0; row < rows.length; row += 2) {
    const end = rows[row]! + rows[row + 1]!;
    for (let number = rows[row]!; number < end; number++) {
      store.read(number, state);
      if (found !== null && !comesBefore(state, found.state)) continue;
      const choice = choiceAt(model, state, sought);
      if (choice !== null) found = { state: state.slice(), choice };
    }
  }
  return found;
}

export function comesBefore(one: Int32Array, other: Int32Array): boolean {
  const at = one.findIndex((word, i) => word !== other[i]);
  return at >= 0 && one[at]! < other[at]!;
}

/** The choice that makes it true, -1 where being at rest does, null where nothing does. */
function choiceAt(model: Model, from: Int32Array, sought: Sought): number | null {
  const { state } = model;
  state.now.set(from);
  let moves = 0;
  try {
    for (let choice = 0; choice < model.choices; choice++) {
      if (!model.apply(choice)) continue;
      moves++;
      if (isTrueAfter(model, sought)) return choice;
      state.now.set(from);
    }
  } catch (error) {
    // A search that was stopped has not gone on from here.
    if (!(error instanceof Unmet)) throw error;
    return null;
  }
  return moves === 0 && isTrueAtEnd(model, sought) ? -1 : null;
}

function isTrueAfter({ state }: Model, sought: Sought): boolean {
  if (sought.kind === 'broken') return (state.broken & BROKEN[sought.rule]) !== 0;
  return sought.kind === 'before' && sought.state.every((word, at) => word === state.now[at]);
}

function isTrueAtEnd(model: Model, sought: Sought): boolean {
  if (sought.kind === 'broken') return (brokenAtEnd(model) & BROKEN[sought.rule]) !== 0;
  return sought.kind === 'paid' && paidPerPage(model)?.ratio === sought.ratio;
}
