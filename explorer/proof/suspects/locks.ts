/**
 * A lock that nobody takes: somebody takes what the entry of a page knows, and then the mark of the page, and in between other code has changed the page. Each
 * step is in order, and so is the order; that they are apart is what does harm.
 */
import { LOCK, Op, STEP_NUMBER } from '../../../simulator/index.js';
import { changed } from '../../repairs/changed.js';
import { lockNames, takeLock } from '../../repairs/locks.js';
import type { Act, Run } from '../run.js';
import type { FindSuspects, Suspect } from './suspect.js';

export const missingLocks: FindSuspects = (run, { home, until }) => {
  for (const cleared of run.acts) {
    if (cleared.step > until || !run.isMarked(cleared.step - 1, home) || run.isMarked(cleared.step, home)) continue;
    const before = run.leaders(cleared);
    const first = before.find((act) => run.isOn(act, home) && run.taken(act) !== 0);
    const isLocked = before.some(({ op }) => op.code === Op.lock && op.a === LOCK.page);
    if (first === undefined || isLocked) continue;
    const between = run.acts.slice(first.at, cleared.at);
    const others = between.filter((act) => act.actor !== cleared.actor && changesPage(run, act, home));
    if (others.length > 0) return [apart(run, cleared, [...new Set(others.map((act) => run.kindOf(act)))])];
  }
  return [];
};

/** Other code gives or takes rights or marks. */
function changesPage(run: Run, act: Act, home: number): boolean {
  if (!run.isCode(act) || act.op.page < 0 || !run.isOn(act, home)) return false;
  return act.op.code === Op.markSet || (run.taken(act) | run.given(act)) !== 0;
}

function apart(run: Run, cleared: Act, kinds: readonly string[]): Suspect {
  const { setting, execution } = run;
  const own = run.kindOf(cleared);
  const lock = { code: Op.lock, page: cleared.op.page, a: LOCK.page, b: 0, c: 0, d: 0, step: STEP_NUMBER.lock };
  const lockOf = lockNames(execution.staged.world.machine);
  return {
    who: cleared.who,
    step: 'lock',
    how: 'missing',
    act: run.leaders(cleared)[0] ?? cleared,
    says: `nothing keeps others from the page while ${cleared.who} is at '${own}'`,
    trials: kinds.map((kind) => ({
      text: `the page lock around all of '${own}' and the kernel's part in '${kind}'`,
      apply: () =>
        [...new Set([own, kind])].reduce((one, wanted) => changed(one, takeLock(lock, wanted, lockOf)), setting),
    })),
  };
}
