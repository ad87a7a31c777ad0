/**
 * A retry that means something else than the first try. Code that tries again from where it settles saw the same as it might have seen at first, and goes
 * another way, on account of what it remembers: that step is at fault before what the last try ends in.
 */
import { type Machine, type Micro, type MicroOp, Op } from '../../../simulator/index.js';
import { lineOf } from '../../repairs/changed.js';
import { isAnswerFixed } from '../../search/transition-table.js';
import { asFirstTry } from '../earlier.js';
import type { Act, Run } from '../run.js';
import { type FindSuspects, stepName, trial } from './suspect.js';

export const changedRetries: FindSuspects = (run, { home, until }) => {
  const claim = run.acts.findLast((act) => act.step <= until && act.op.code === Op.declare && run.isOn(act, home));
  const turned = claim === undefined ? null : turnsAway(run, [...run.leaders(claim), claim]);
  if (turned === null || turned.act === claim) return [];
  const { act, first } = turned;
  const [step, meant] = [act.op, first].map((op) => `'${stepName(run.setting, op.step)}'`);
  return [
    {
      who: act.who,
      step: stepName(run.setting, act.op.step),
      how: 'wrong',
      act,
      says: `${act.who} tried again and meant something else: at first it would have gone on to ${meant}`,
      trials: [trial(`${step} done as in a first try, as ${meant}`, asFirstTry(act.line))],
    },
  ];
};

/** The first act of a later try that is another one than a first try would have come to by the same results. */
function turnsAway(run: Run, acts: readonly Act[]): { readonly act: Act; readonly first: MicroOp } | null {
  const { actors, world } = run.execution.staged;
  const { actor, piece } = acts[0]!;
  const { code } = actors[actor]!.pieces[piece]!;
  const kind = run.kindOf(acts[0]!);
  const real = new Following(code(), world.machine);
  let fresh: Following | null = null;
  for (const act of acts) {
    if (real.settled) fresh = new Following(code(), world.machine);
    real.settled = false;
    const first = fresh?.op ?? null;
    if (first !== null && lineOf(kind, first) !== act.line) return { act, first };
    real.go(act.result);
    fresh?.go(act.result);
  }
  return null;
}

/** Code that is given results which were had elsewhere; questions whose answer never changes are answered on the way. */
class Following {
  /** It has come by a point from which nothing before matters. */
  settled = false;
  readonly #code: Micro;
  readonly #machine: Machine;
  #turn: IteratorResult<MicroOp, void>;

  constructor(code: Micro, machine: Machine) {
    this.#code = code;
    this.#machine = machine;
    this.#turn = code.next(0);
    this.#answer();
  }

  /** What it would do now; null where it has ended. */
  get op(): MicroOp | null {
    return this.#turn.done === true ? null : this.#turn.value;
  }

  go(result: number): void {
    this.#turn = this.#code.next(result);
    this.#answer();
  }

  #answer(): void {
    while (!this.#turn.done && isAnswerFixed(this.#turn.value)) {
      if (this.#turn.value.code === Op.settle) this.settled = true;
      this.#turn = this.#code.next(this.#machine.execute(this.#turn.value));
    }
  }
}
