/** Settings whose code is changed on its way to the search: each piece is run by a generator that stands between it and the machine. */
import { isQuestion, type Micro, type MicroOp, Op, type OpCode } from '../../simulator/index.js';
import type { ScenarioActor, ScenarioPiece, Setting, Stage } from '../scenario.js';
import { isAnswerFixed } from '../search/transition-table.js';

/** Where code runs. */
export interface Place {
  readonly actor: ScenarioActor;
  readonly piece: ScenarioPiece;
  /** Pieces of one kind run the same code: the label without its numbers. */
  readonly kind: string;
  readonly stage: Stage;
}

/** Gives the code that runs in place of a piece's own. It must depend on nothing but the results it is given. */
export type Change = (code: () => Micro, place: Place) => Micro;

export function changed(setting: Setting, change: Change): Setting {
  return {
    ...setting,
    actors: (stage) =>
      setting.actors(stage).map((actor) => ({
        ...actor,
        does: actor.does.map((piece) => {
          const place = { actor, piece, kind: kindOf(piece.label), stage };
          return { ...piece, code: () => change(() => piece.code(), place) };
        }),
      })),
  };
}

/** Pieces of one kind run the same code: the label without its numbers. */
export function kindOf(label: string): string {
  return label.replace(/( index)? \d+/g, '');
}

/** Operations whose `a` tells lines of one step apart: which lock, carrier or variable. */
const TOLD_APART: ReadonlySet<OpCode> = new Set([
  Op.lock,
  Op.unlock,
  Op.markSet,
  Op.markClear,
  Op.markTest,
  Op.markMove,
  Op.recall,
  Op.remember,
  Op.declare,
]);

/** A line of code, as far as its operations show: all that look the same in the pieces of one kind. */
export function lineOf(kind: string, { code, step, page, a }: MicroOp): string {
  const which = TOLD_APART.has(code) ? `${a}${page < 0 ? ' of no page' : ''}` : '';
  return `${kind}: ${code} ${step} ${which}`;
}

const ENTERS: ReadonlySet<OpCode> = new Set([Op.faultEnter, Op.violation, Op.enterKernel]);
const LEAVES: ReadonlySet<OpCode> = new Set([Op.tlbLookup, Op.resume]);
const RESTRICTS: ReadonlySet<OpCode> = new Set([
  Op.pteStore,
  Op.pteExchange,
  Op.pteChange,
  Op.pteUnmap,
  Op.replaceFrame,
]);

/** What code has done so far, as a piece goes on. */
export class Trace {
  /** Not in the program: kernel, driver or monitor code. */
  inKernel = true;
  /** Entered from a guest. */
  inMonitor = false;
  /** A flush was sent and is not waited for yet. */
  flushing = false;
  /** Page whose entry was restricted last, and page that was named last; or -1. */
  restricted = -1;
  named = -1;

  after({ code, page }: MicroOp): void {
    if (ENTERS.has(code)) this.inKernel = true;
    if (LEAVES.has(code)) this.inKernel = false;
    if (code === Op.violation) this.inMonitor = true;
    if (!this.inKernel) this.inMonitor = false;
    if (code === Op.flushSend) this.flushing = true;
    if (code === Op.flushWait) this.flushing = false;
    if (RESTRICTS.has(code)) this.restricted = page;
    if (page >= 0 && !isQuestion(code)) this.named = page;
  }
}

/** Whether it is a step of the code, and not a question about what never changes. */
export function isStep(op: MicroOp): boolean {
  return !isAnswerFixed(op);
}

export function entersKernel({ code }: MicroOp): boolean {
  return ENTERS.has(code);
}
