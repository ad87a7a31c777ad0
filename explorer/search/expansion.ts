/** Going on from states, one after the other: every choice of each, what is counted on the way, and where each rule was broken first. */
import { isMarked } from '../machine/consumer.js';
import { LACKS } from '../machine/packed-state.js';
import { BROKEN, RULES, type RuleId } from '../rules.js';
import type { Model } from './model.js';
import { Outgrown } from './transition-table.js';

/** Where a rule was first broken: by a choice in a state, or by being at rest there (choice -1). */
export interface Sighting {
  readonly state: number;
  readonly choice: number;
}

/** The end at which most was counted for each page that became newer than the consumer's copy. */
export interface Worst {
  readonly state: number;
  readonly counted: number;
  readonly renewed: number;
  /** One of these for each of those. */
  readonly ratio: number;
}

const LOSES = BROKEN['lost-write'] | BROKEN['invisible-write'] | BROKEN.misattributed;

export class Expansion {
  transitions = 0;
  /** States in which everything is at rest. */
  ends = 0;
  /** Of those, the ones in which a write is lost. */
  badEnds = 0;
  /** null where nobody asks what is paid. */
  worst: Worst | null = null;
  readonly sightings = new Map<RuleId, Sighting>();
  #seen = 0;
  readonly #model: Model;

  constructor(model: Model) {
    this.#model = model;
  }

  /**
   * Goes on from a state. What the model stops at half way counts for nothing; the state can be gone on from again.
   * @param at its number
   * @param take told of each successor while it stands in the model
   */
  from(at: number, parent: Int32Array, take: () => void): void {
    const model = this.#model;
    const { state, choices } = model;
    state.now.set(parent);
    let moves = 0;
    for (let choice = 0; choice < choices; choice = model.candidate(choice + 1)) {
      if (!model.apply(choice)) continue;
      moves++;
      if (state.outgrown) throw new Outgrown('a field changes that did not in the trial');
      if (state.broken & ~this.#seen) this.#note(state.broken, at, choice);
      take();
      for (let word = 0; word < parent.length; word++) state.now[word] = parent[word]!;
    }
    this.transitions += moves;
    if (moves === 0) this.#end(at);
  }

  #end(at: number): void {
    const model = this.#model;
    const broken = brokenAtEnd(model);
    this.ends++;
    if (broken & LOSES) this.badEnds++;
    if (broken & ~this.#seen) this.#note(broken, at, -1);
    const paid = paidPerPage(model);
    if (paid !== null && paid.ratio > (this.worst?.ratio ?? -1)) this.worst = { state: at, ...paid };
  }

  #note(broken: number, at: number, choice: number): void {
    const mask = broken & ~this.#seen;
    this.#seen |= mask;
    RULES.forEach(({ id }, bit) => {
      if (mask & (1 << bit)) this.sightings.set(id, { state: at, choice });
    });
  }
}

/** Rules broken by a state that no choice is possible in. */
export function brokenAtEnd(model: Model): number {
  return model.atRest ? brokenAtRest(model) : BROKEN.deadlock;
}

/** Rules broken by a state in which nothing goes on any more. */
export function brokenAtRest({ state }: Model): number {
  const { shape } = state;
  let broken = 0;
  for (let page = 0; page < shape.pages; page++) {
    if (shape.home[page] !== page) continue;
    if (state.anyStale(page)) broken |= BROKEN['elided-flush'];
    const lacks = state.get(state.lacks + page);
    if (lacks === LACKS.nothing || state.reads(page) === 0 || isMarked(state, page)) continue;
    const instead = state.instead >= 0 && state.get(state.instead + page) !== 0;
    if (lacks === LACKS.store) broken |= instead ? BROKEN.misattributed : BROKEN['lost-write'];
    else broken |= BROKEN['invisible-write'];
  }
  return broken;
}

/** What is counted where the model stands, for each page that became newer than the consumer's copy; null where nobody asks. */
export function paidPerPage({ state }: Model): Omit<Worst, 'state'> | null {
  if (state.counts === null) return null;
  const counted = state.get(state.counted);
  const renewed = state.get(state.renewed);
  return { counted, renewed, ratio: counted / Math.max(renewed, 1) };
}
