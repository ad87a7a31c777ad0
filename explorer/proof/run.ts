/** A run that did harm, as a row of acts: who did which operation in which line of code, on what entry, and what the others would still have done. */
import { PTE_ACCESSED } from '../../traces/index.js';
import { Op, type OpCode } from '../../simulator/index.js';
import type { Execution } from '../execution.js';
import { isMarked } from '../machine/consumer.js';
import type { Deed } from '../present/moments.js';
import { Scene } from '../present/scene.js';
import { kindOf, lineOf } from '../repairs/changed.js';
import type { RuleId } from '../rules.js';
import type { Setting } from '../scenario.js';

export interface Act extends Deed {
  /** Position among the acts. */
  readonly at: number;
  /** Its line of code, see `lineOf`. */
  readonly line: string;
  /** Number of the piece that it belongs to, among those of its actor. */
  readonly piece: number;
  readonly who: string;
}

/** What hardware does, and what comes with it: no line of anybody's code. */
const HARDWARE: ReadonlySet<OpCode> = new Set([
  Op.tlbLookup,
  Op.walkForStore,
  Op.setDirty,
  Op.setSecondDirty,
  Op.walkForLoad,
  Op.commit,
  Op.load,
  Op.retire,
  Op.faultEnter,
  Op.violation,
  Op.resume,
  Op.enterKernel,
]);
/** What changes an entry. */
const CHANGES_ENTRY: ReadonlySet<OpCode> = new Set([
  Op.pteStore,
  Op.pteExchange,
  Op.pteChange,
  Op.pteUpgrade,
  Op.pteUnmap,
  Op.pteMonitor,
  Op.mapPage,
  Op.replaceFrame,
]);
/** Steps of the rest of a run that are looked at. */
const REST_STEPS = 400;

export class Run {
  readonly execution: Execution;
  readonly setting: Setting;
  readonly rule: RuleId;
  readonly scene: Scene;
  readonly acts: readonly Act[];
  /** One way in which the run would have gone on. */
  readonly rest: readonly Act[];

  constructor(execution: Execution, setting: Setting, rule: RuleId) {
    this.execution = execution;
    this.setting = setting;
    this.rule = rule;
    this.scene = new Scene(execution);
    this.acts = this.scene.deeds.map((deed, at) => ({
      ...deed,
      at,
      piece: this.scene.moments.pieceIn(deed.step, deed.actor) ?? -1,
      line: lineOf(kindOf(execution.steps[deed.step - 1]!.label), deed.op),
      who: this.#nameOf(deed.actor),
    }));
    this.rest = this.#goOn();
  }

  get last(): number {
    return this.scene.last;
  }

  /** Flags of an entry after a step; A is of no interest. */
  flags(step: number, page: number): number {
    const state = this.scene.moments.after(step);
    return state.get(state.flags + page) & ~PTE_ACCESSED;
  }

  /** Whether the consumer would come for the page after a step. */
  isMarked(step: number, home: number): boolean {
    return isMarked(this.scene.moments.after(step), home);
  }

  isStale(step: number, cpu: number, page: number): boolean {
    return this.scene.moments.after(step).isStale(cpu, page);
  }

  homeOf(page: number): number {
    return this.scene.shape.home[page]!;
  }

  /** What all pieces that run the same code as that of the act are called. */
  kindOf({ step }: Act): string {
    return kindOf(this.execution.steps[step - 1]!.label);
  }

  isOn(act: Deed, home: number): boolean {
    return this.scene.isOn(act, home);
  }

  isCode({ op }: Act): boolean {
    return !HARDWARE.has(op.code);
  }

  /** Flags that a line of code takes from an entry, and gives it. */
  taken({ op, step }: Act): number {
    return CHANGES_ENTRY.has(op.code) ? this.flags(step - 1, op.page) & ~this.flags(step, op.page) : 0;
  }

  given({ op, step }: Act): number {
    return CHANGES_ENTRY.has(op.code) ? this.flags(step, op.page) & ~this.flags(step - 1, op.page) : 0;
  }

  /** Acts of the same piece of the same actor before one. */
  leaders(act: Act): Act[] {
    return this.acts.slice(0, act.at).filter(({ actor, piece }) => actor === act.actor && piece === act.piece);
  }

  /** Acts of the same piece of the same actor after one, those that were still to come included. */
  followers(act: Act): Act[] {
    return [...this.acts.slice(act.at + 1), ...this.rest].filter(
      ({ actor, piece }) => actor === act.actor && piece === act.piece,
    );
  }

  #nameOf(actor: number): string {
    return this.execution.staged.actors[actor]!.name;
  }

  #goOn(): Act[] {
    const { model } = this.scene.moments;
    const { state, tables, actors } = model;
    state.now.set(this.scene.last === 0 ? this.execution.initial : this.execution.steps.at(-1)!.state);
    const rest: Act[] = [];
    for (let step = this.last + 1; step <= this.last + REST_STEPS; step++) {
      let moved = false;
      for (let choice = 0; choice < model.choices && !moved; choice++) {
        const what = model.describe(choice);
        if (what.kind === 'evict') continue;
        const actor = what.kind === 'step' ? what.actor : -1;
        const piece = actor < 0 ? -1 : tables[actor]!.nodes[state.get(state.node + actor)]!.piece;
        const label = actors[actor]?.pieces[piece]?.label ?? '';
        model.onOperation = (op, result) => {
          const line = lineOf(kindOf(label), op);
          rest.push({
            op,
            result,
            step,
            actor,
            piece,
            line,
            who: this.#nameOf(actor),
            at: this.acts.length + rest.length,
          });
        };
        moved = model.apply(choice);
      }
      if (!moved) break;
    }
    model.onOperation = null;
    return rest;
  }
}
