/** The states of a run, one after the other: before the first step and after each. */
import type { Execution, Performed } from '../execution.js';
import type { PackedState } from '../machine/packed-state.js';
import type { Piece } from '../program.js';
import type { Model } from '../search/model.js';

/** An operation of a run, and where it stands. Steps are numbered from 1. */
export interface Deed extends Performed {
  readonly step: number;
  readonly actor: number;
}

export class Moments {
  readonly model: Model;
  readonly #execution: Execution;

  constructor(execution: Execution) {
    this.#execution = execution;
    this.model = execution.prepared.model;
    // Who followed the run is not to be told of what is tried here.
    this.model.onOperation = null;
  }

  /** Steps of the run: moments are numbered from 0, before the first, to this. */
  get last(): number {
    return this.#execution.steps.length;
  }

  /** Looks at the state after a step. It is lent: what it says ends with the next look. */
  after(step: number): PackedState {
    const { state } = this.model;
    state.now.set(step === 0 ? this.#execution.initial : this.#execution.steps[step - 1]!.state);
    return state;
  }

  /** Whether nothing can be done any more after the last step, though not every actor has ended. */
  get deadlocked(): boolean {
    const state = this.after(this.last);
    if (this.model.atRest) return false;
    const before = state.now.slice();
    for (let choice = 0; choice < this.model.choices; choice++) {
      const possible = this.model.apply(choice);
      state.now.set(before);
      if (possible) return false;
    }
    return true;
  }

  /** All operations, in order. */
  deeds(): Deed[] {
    return this.#execution.steps.flatMap(({ choice, operations }, at) =>
      choice.kind === 'step' ? operations.map((one) => ({ ...one, step: at + 1, actor: choice.actor })) : [],
    );
  }

  /** The piece that an actor is in, or begins with, in the step; null where it has ended before. */
  pieceIn(step: number, actor: number): number | null {
    const state = this.after(step - 1);
    const node = this.model.tables[actor]!.nodes[state.get(state.node + actor)]!;
    return node.op === null ? null : node.piece;
  }

  piece(actor: number, which: number): Piece {
    return this.model.actors[actor]!.pieces[which]!;
  }
}
