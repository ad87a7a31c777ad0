/**
 * Rights that leave no mark: the write found an entry that permits it, and nothing was marked for it. Either the mark was taken and the entry was not armed
 * again behind that, or the entry was made writable when the mark for it had been taken already, or without one.
 */
import { LOCK_KINDS, PTE_DIRTY, PTE_WRITABLE } from '../../../traces/index.js';
import { Op } from '../../../simulator/index.js';
import { armAfter, markAfter, settableIn, withoutWrite } from '../changes.js';
import { keepLock, lockNames } from '../../repairs/locks.js';
import type { Setting } from '../../scenario.js';
import type { Offence } from '../offence.js';
import type { Act, Run } from '../run.js';
import { type FindSuspects, stepName, type Suspect, trial } from './suspect.js';

export const unmarkedRights: FindSuspects = (run, offence) => (offence.throughStale ? [] : withoutMark(run, offence));

/** The write went through what its CPU had cached, so the entry is at fault only where nobody is who owed a flush or a lock. */
export const rightsBesideStale: FindSuspects = (run, offence) =>
  offence.throughStale ? withoutMark(run, offence) : [];

function withoutMark(run: Run, offence: Offence): Suspect[] {
  const { setting } = run;
  if (setting.machine.monitor === 'broken') return [monitorOf(run, offence)];
  const { write } = offence;
  if (write === null || run.isMarked(write.step, offence.home)) return [];
  const before = (wanted: (act: Act) => boolean) =>
    run.acts.findLast((act) => act.step <= write.step && run.isCode(act) && run.isOn(act, offence.home) && wanted(act));
  const cleared = before(({ step }) => run.isMarked(step - 1, offence.home) && !run.isMarked(step, offence.home));
  const granted = before((act) => (run.given(act) & PTE_WRITABLE) !== 0);
  if (granted !== undefined && (cleared === undefined || granted.at > cleared.at)) return [granting(run, granted)];
  return cleared === undefined ? [] : arming(run, offence, cleared);
}

function granting(run: Run, act: Act): Suspect {
  const step = `'${stepName(run.setting, act.op.step)}'`;
  const carriers = settableIn(run.scene.moments.model.state.reads(run.homeOf(act.op.page)));
  const { machine } = run.execution.staged.world;
  const marked = run.leaders(act).findLast(({ op }) => op.code === Op.markSet);
  const unlocks = run
    .leaders(act)
    .filter(({ op, at }) => op.code === Op.unlock && marked !== undefined && at > marked.at);
  return {
    who: act.who,
    step: stepName(run.setting, act.op.step),
    how: marked !== undefined ? 'late' : 'wrong',
    act,
    says:
      marked !== undefined
        ? `${act.who} made the entry writable when the mark for it had been taken already`
        : `${act.who} made the entry writable, and no mark was set for what is written then`,
    trials: [
      ...unlocks.map(({ line, op }) =>
        trial(
          `the ${LOCK_KINDS[op.a]!} lock is kept from the mark to ${step}`,
          keepLock(line, false, lockNames(machine)),
        ),
      ),
      ...carriers.map((carrier) => trial(`a mark in the step ${step}`, markAfter(act.line, carrier))),
      trial(`${step} without W`, withoutWrite(act.line)),
    ],
  };
}

/** @param cleared the step that took the last mark before the write */
function arming(run: Run, { home }: Offence, cleared: Act): Suspect[] {
  const before = run.leaders(cleared).filter((act) => run.isOn(act, home));
  const armed = before.findLast((act) => (run.taken(act) & (PTE_WRITABLE | PTE_DIRTY)) !== 0);
  const taken = `'${stepName(run.setting, cleared.op.step)}'`;
  const trials = [cleared, ...before.toReversed()]
    .filter((act) => run.isCode(act))
    .map(({ line, op }) =>
      trial(`the entry is protected and flushed right after '${stepName(run.setting, op.step)}'`, armAfter(line)),
    );
  if (armed !== undefined)
    return [
      {
        who: armed.who,
        step: stepName(run.setting, armed.op.step),
        how: 'early',
        act: armed,
        says: `${armed.who} armed the entry before it took the mark, and a write in between disarmed it`,
        trials,
      },
    ];
  return [
    {
      who: cleared.who,
      step: 'protect entries',
      how: 'missing',
      act: cleared,
      says: `${cleared.who} took the mark in ${taken} and left the entry as it was, so the next write had no reason to leave one`,
      trials,
    },
  ];
}

/** A monitor that never sets D: there is nothing to take away or to miss. */
function monitorOf(run: Run, { write }: Offence): Suspect {
  return {
    who: write?.who ?? run.execution.staged.actors[0]!.name,
    step: 'monitor sets D',
    how: 'missing',
    act: write,
    says: 'the monitor lets the page be written and sets D nowhere',
    trials: [
      { text: 'hardware that sets D in both stages', apply: (setting) => withMonitor(setting, 'nested') },
      { text: 'a monitor that emulates D', apply: (setting) => withMonitor(setting, 'shadow') },
    ],
  };
}

function withMonitor(setting: Setting, monitor: string): Setting {
  return { ...setting, machine: { ...setting.machine, monitor } };
}
