/** What one actor owes another: what it does before it lets go of the locks of entries, and what it tells others to go on by. */
import { FIRST_FREE_VARIABLE, LOCK, type MicroOp, Op } from '../../../simulator/index.js';
import type { Act, Run } from '../run.js';

/** Locks that keep entries as they are. */
const OF_ENTRIES: ReadonlySet<number> = new Set([LOCK['page-table'], LOCK.mmu]);

/** What is done after an act before the last lock of entries goes that was held then; nothing where none was held. */
export function underSameLock(run: Run, act: Act): Act[] {
  const held = new Set<string>();
  for (const { op } of run.leaders(act)) {
    if (op.code === Op.lock && OF_ENTRIES.has(op.a)) held.add(nameOf(op));
    if (op.code === Op.unlock) held.delete(nameOf(op));
  }
  const followers = run.followers(act);
  const end = followers.findIndex(({ op }) => {
    if (op.code === Op.unlock) held.delete(nameOf(op));
    return held.size === 0;
  });
  return end < 0 ? followers : followers.slice(0, end);
}

/** Whether others can see, once the lock is gone, that something is under way: a variable tells. */
export function leavesWord(run: Run, act: Act): boolean {
  return [...run.leaders(act), ...underSameLock(run, act)].some(({ op }) => isWord(op) && op.b !== 0);
}

/** Whether one went on by what the other had told after its act: a variable that the one set and the other looked at. */
export function handsOn(run: Run, one: Act, other: Act): boolean {
  if (one.actor === other.actor) return false;
  const looks = run.leaders(other).filter(({ op }) => op.code === Op.recall);
  return run
    .followers(one)
    .some(({ op, at }) => isWord(op) && looks.some((look) => look.at > at && look.op.a === op.a));
}

function isWord({ code, a }: MicroOp): boolean {
  return code === Op.remember && a >= FIRST_FREE_VARIABLE;
}

function nameOf({ a, page }: MicroOp): string {
  return `${a} ${page}`;
}
