/** What is at fault where something was taken for what it is not: a claim, a report, an entry that was out for a moment, a fault that changes nothing. */
import { PTE_PRESENT } from '../../../traces/index.js';
import { Op, type OpCode } from '../../../simulator/index.js';
import { exchangePages, onlyIfPresent, protectBefore, staysVisible, without } from '../changes.js';
import { marksWhatWasTaken, withWhatWasTaken } from '../earlier.js';
import { changed } from '../../repairs/changed.js';
import type { Act, Run } from '../run.js';
import { type FindSuspects, stepName, type Suspect, trial } from './suspect.js';

const LOOKS: ReadonlySet<OpCode> = new Set([Op.pteLoad, Op.markTest]);

/** D was taken for the proof that a page is private. */
export const proofs: FindSuspects = (run, { until, home }) => {
  const claim = run.acts.findLast((act) => act.step <= until && act.op.code === Op.declare && run.isOn(act, home));
  if (claim === undefined) return [];
  return [suspect(run, claim, 'wrong', `${claim.who} took the page for its own`, [without(claim.line)])];
};

/** The entry was out for a moment, to be put back. */
export const transients: FindSuspects = (run, { home, until }) =>
  run.acts
    .filter((act) => {
      if (act.step > until || act.op.code !== Op.pteExchange || !run.isOn(act, home)) return false;
      const isOut =
        (run.flags(act.step - 1, act.op.page) & PTE_PRESENT) !== 0 && run.flags(act.step, act.op.page) === 0;
      return isOut && run.followers(act).some(({ op }) => op.code === Op.pteStore && op.page === act.op.page);
    })
    .map((act) =>
      suspect(
        run,
        act,
        'wrong',
        `${act.who} emptied the entry for a moment, and whoever looked then took it for one that was never there`,
        [staysVisible(act.line)],
      ),
    );

/** The handler finds nothing to do: somebody has left the entry so that it neither lets the access through nor asks for help. */
export const endlessFaults: FindSuspects = (run, { home }) => {
  const faults = run.acts.filter(({ op }) => op.code === Op.faultEnter);
  const from = faults.at(-1)?.step ?? run.last;
  const changed = run.acts.findLast(
    (act) => act.step <= from && run.isOn(act, home) && (run.taken(act) | run.given(act)) !== 0,
  );
  if (changed === undefined) return [];
  return [
    suspect(
      run,
      changed,
      'wrong',
      `${changed.who} left an entry that refuses the access and that the handler takes for settled`,
      [onlyIfPresent(changed.line), withWhatWasTaken(changed.line)],
    ),
  ];
};

/** A page was reported that holds nothing new: by whom it was marked, or what was looked at to decide that. */
export const falseReports: FindSuspects = (run, { breach, home, until }) => {
  if (breach === null) return [];
  const mine = run.acts.filter(
    (act) => act.at <= breach.at && act.actor === breach.actor && act.piece === breach.piece && run.isOn(act, home),
  );
  const looked = mine.findLast(({ op }) => LOOKS.has(op.code));
  const marked = run.acts.findLast(
    (act) => act.step <= until && act.op.code === Op.markSet && run.isOn(act, home) && act.actor === breach.actor,
  );
  const found: Suspect[] = armedEarly(run, breach, home);
  const [lacked] = run.scene.untold(until);
  if (marked !== undefined) {
    // Where another page was written and nobody was told of that, it is the one that was meant.
    const meant = lacked === undefined || lacked === home ? [] : [exchangePages(marked.line, marked.op.page, lacked)];
    const mark = suspect(run, marked, 'wrong', `${marked.who} marked the page for no write to it`, [
      ...meant,
      without(marked.line),
    ]);
    const fewer = trial(`'${mark.step}' only of pages that a mark was taken of before`, marksWhatWasTaken(marked.line));
    found.push({ ...mark, trials: [...mark.trials, fewer] });
  }
  if (looked !== undefined)
    found.push(suspect(run, looked, 'wrong', `${looked.who} took what it saw for a write`, [without(looked.line)]));
  return found;
};

/** Armed long before the bytes were read: what was written in between went along with them, and is told of once more. */
function armedEarly(run: Run, breach: Act, home: number): Suspect[] {
  const mine = run.acts.filter((act) => act.at < breach.at && act.actor === breach.actor && run.isOn(act, home));
  const read = mine.findLast(({ op }) => op.code === Op.transfer);
  const armed = mine.findLast((act) => read !== undefined && act.at < read.at && run.taken(act) !== 0);
  if (read === undefined || armed === undefined) return [];
  const written = run.acts.slice(armed.at, read.at).some((act) => act.op.code === Op.commit && run.isOn(act, home));
  if (!written) return [];
  const [step, reading] = [armed, read].map(({ op }) => `'${stepName(run.setting, op.step)}'`);
  return [
    {
      who: armed.who,
      step: stepName(run.setting, armed.op.step),
      how: 'early',
      act: armed,
      says: `${armed.who} armed the page long before it read its bytes, so a write in between is reported twice`,
      trials: [
        {
          text: `${step} and a flush right before ${reading} instead`,
          apply: (setting) => changed(changed(setting, without(armed.line)), protectBefore(read.line)),
        },
      ],
    },
  ];
}

function suspect(
  run: Run,
  act: Act,
  how: Suspect['how'],
  says: string,
  changes: ReadonlyArray<ReturnType<typeof without>>,
): Suspect {
  const step = stepName(run.setting, act.op.step);
  return {
    who: act.who,
    step,
    how,
    act,
    says,
    trials: changes.map((change) => trial(`'${step}' done otherwise, or not at all`, change)),
  };
}
