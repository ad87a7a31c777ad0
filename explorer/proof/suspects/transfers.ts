/**
 * Bytes that were read too early: before the mark of the page was cleared, so that a write in between has left a mark that goes unserved; or from memory, while
 * what was written is in CPU caches and the device does not snoop.
 */
import { Op } from '../../../simulator/index.js';
import { cacheFlushBefore, transferAfter } from '../changes.js';
import { type FindSuspects, stepName, trial } from './suspect.js';

export const earlyTransfers: FindSuspects = (run, { home, write, until }) => {
  if (write === null) return [];
  const transfers = run.acts.filter(({ op, step }) => step <= until && op.code === Op.transfer);
  const isCached = (step: number) => {
    const state = run.scene.moments.after(step);
    return state.get(state.cached + home) > 0;
  };
  const past = transfers.find((act) => act.at > write.at && run.isOn(act, home) && isCached(act.step - 1));
  if (past !== undefined)
    return [
      {
        who: past.who,
        step: 'flush CPU caches',
        how: 'missing' as const,
        act: run.acts[past.at - 1] ?? past,
        says: `${past.who} read memory while what was written was in CPU caches alone`,
        trials: [trial('CPU caches written back before the bytes are read', cacheFlushBefore(past.line))],
      },
    ];
  return transfers.flatMap((act) => {
    if (act.at > write.at || !run.isOn(act, home)) return [];
    const cleared = run
      .followers(act)
      .find(
        (one) =>
          one.at > write.at && one.step <= until && run.isMarked(one.step - 1, home) && !run.isMarked(one.step, home),
      );
    if (cleared === undefined) return [];
    const step = `'${stepName(run.setting, cleared.op.step)}'`;
    return [
      {
        who: act.who,
        step: stepName(run.setting, act.op.step),
        how: 'early' as const,
        act,
        says: `${act.who} read the bytes before it cleared the mark in ${step}, and the write came in between`,
        trials: [trial(`the bytes read after ${step}`, transferAfter(cleared.line))],
      },
    ];
  });
};
