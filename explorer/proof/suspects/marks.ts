/**
 * Marks that went: a step took the last mark of a page that the consumer lacks something of, and nobody transferred it or kept the mark. Whoever hands a page on
 * owes the mark before those who went on by that; whoever takes an entry out to put it back owes it when it does.
 */
import { PTE_DIRTY, PTE_SOFT_DIRTY, PTE_WRITABLE } from '../../../traces/index.js';
import { Op, type OpCode } from '../../../simulator/index.js';
import { handOn, leavesMarks, settableIn, without } from '../changes.js';
import { handOnWhatWasTaken, withWhatWasTaken } from '../earlier.js';
import type { Offence } from '../offence.js';
import type { Act, Run } from '../run.js';
import { handsOn, underSameLock } from './hold.js';
import { type FindSuspects, stepName, type Suspect, trial } from './suspect.js';

const CLEARS: ReadonlySet<OpCode> = new Set([Op.markClear, Op.markMove]);
const PUTS: ReadonlySet<OpCode> = new Set([Op.pteStore, Op.mapPage]);
const SERVES: ReadonlySet<OpCode> = new Set([...CLEARS, Op.report, Op.transfer]);

export const droppedMarks: FindSuspects = (run, offence) => {
  const since = offence.write?.step ?? 0;
  const all = run.acts.filter(
    (act) => act.step > since && act.step <= offence.until && run.isCode(act) && takes(run, act, offence),
  );
  const last = all.filter(({ step }) => run.isMarked(step - 1, offence.home) && !run.isMarked(step, offence.home));
  // The one that took the last mark comes first; then those that took what might have been one.
  const ordered = [...last.toReversed(), ...all.filter((act) => !last.includes(act))];
  const handed = ordered.filter((act) => all.some((other) => handsOn(run, act, other)));
  const lines = new Map([...handed, ...ordered].map((act) => [act.line, act]));
  return [...lines.values()].flatMap((act) => [...puttingBack(run, act), dropping(run, act)]);
};

function takes(run: Run, act: Act, { home }: Offence): boolean {
  if (act.op.page < 0 || !run.isOn(act, home)) return false;
  if (CLEARS.has(act.op.code)) return run.isMarked(act.step - 1, home) && !run.isMarked(act.step, home);
  return (run.taken(act) & (PTE_DIRTY | PTE_SOFT_DIRTY | PTE_WRITABLE)) !== 0;
}

function dropping(run: Run, act: Act): Suspect {
  const step = `'${stepName(run.setting, act.op.step)}'`;
  const { state } = run.scene.moments.model;
  const trials = CLEARS.has(act.op.code)
    ? [trial(`without ${step}`, without(act.line))]
    : [
        ...settableIn(state.reads(run.homeOf(act.op.page))).map((carrier) =>
          trial(`what ${step} takes goes into a mark`, handOn(act.line, carrier)),
        ),
        trial(`${step} leaves D where it is`, leavesMarks(act.line)),
      ];
  return {
    who: act.who,
    step: stepName(run.setting, act.op.step),
    how: 'drops',
    act,
    says: `${act.who} let the last mark of the page go in ${step}`,
    trials,
  };
}

/** The entry comes back under the same lock, so that it was never away for others: it counts how it stands then. Who serves marks takes them for good. */
function puttingBack(run: Run, taken: Act): Suspect[] {
  const served = [...run.leaders(taken), ...run.followers(taken)].some(({ op }) => SERVES.has(op.code));
  const back = underSameLock(run, taken).find(({ op }) => PUTS.has(op.code) && op.page === taken.op.page);
  if (served || back === undefined) return [];
  const step = stepName(run.setting, back.op.step);
  const out = `'${stepName(run.setting, taken.op.step)}'`;
  return [
    {
      who: back.who,
      step,
      how: 'drops',
      act: back,
      says: `${back.who} took the entry out in ${out} and put it back without handing on the mark that was in it`,
      trials: [
        trial(`'${step}' with what ${out} took`, withWhatWasTaken(back.line)),
        ...settableIn(run.scene.moments.model.state.reads(run.homeOf(back.op.page))).map((carrier) =>
          trial(`a mark in the step '${step}'`, handOnWhatWasTaken(back.line, carrier)),
        ),
      ],
    },
  ];
}
