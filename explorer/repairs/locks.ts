/** Locks that are held for longer: over the next flush, to the end of a piece, or around all of it. */
import type { Machine, Micro, MicroOp } from '../../simulator/index.js';
import { LOCK, Op } from '../../simulator/index.js';
import { type Change, entersKernel, lineOf } from './changed.js';

/** One lock of the machine, however it is named. */
export type LockId = string;
export type LockName = (op: MicroOp) => LockId;

/** @param machine any that stands as that of the search: which page has which table does not change */
export function lockNames(machine: Machine): LockName {
  const tables = new Map<object, number>();
  const tableNumber = (page: number) => {
    const table = machine.pages.tableOf(page);
    if (!tables.has(table)) tables.set(table, page);
    return tables.get(table)!;
  };
  return ({ page, a }) => {
    if (page < 0) return `${a}`;
    return a === LOCK['page-table']
      ? `${a} of table ${tableNumber(page)}`
      : `${a} of page ${machine.pages.home[page]!}`;
  };
}

/** An unlock comes later: after the next flush that the piece waits for, if it is to be so, and at the latest when the piece, or its time in the kernel, ends. */
export function keepLock(unlock: string, overFlush: boolean, lockOf: LockName): Change {
  return function* (code, { kind }) {
    const kept = new Map<LockId, MicroOp>();
    function* release(): Micro {
      const all = [...kept.values()].toReversed();
      kept.clear();
      for (const op of all) yield op;
    }
    const run = code();
    for (let turn = run.next(0); !turn.done; ) {
      const op = turn.value;
      if (op.code === Op.unlock && lineOf(kind, op) === unlock) {
        kept.set(lockOf(op), op);
        turn = run.next(0);
        continue;
      }
      if (op.code === Op.lock && kept.has(lockOf(op))) {
        turn = run.next(0); // it has it still
        continue;
      }
      if (op.code === Op.unlock) kept.delete(lockOf(op));
      if (op.code === Op.resume || op.code === Op.settle) yield* release();
      const result = yield op;
      if (overFlush && op.code === Op.flushWait) yield* release();
      turn = run.next(result);
    }
    yield* release();
  };
}

/** The pieces of a kind hold a lock all the time; those of a program, while they are in the kernel. */
export function takeLock(lock: MicroOp, wanted: string, lockOf: LockName): Change {
  const id = lockOf(lock);
  const unlock = { ...lock, code: Op.unlock };
  return function* (code, { kind }) {
    if (kind !== wanted) return yield* code();
    const run = code();
    let turn = run.next(0);
    const isProgram = !turn.done && (turn.value.code === Op.tlbLookup || entersKernel(turn.value));
    let held = !isProgram;
    if (held) yield lock;
    while (!turn.done) {
      const op = turn.value;
      const isLock = op.code === Op.lock || op.code === Op.unlock;
      if (held && isLock && lockOf(op) === id) {
        turn = run.next(0);
        continue;
      }
      if (held && op.code === Op.resume) {
        held = false;
        yield unlock;
      }
      const result = yield op;
      if (!held && entersKernel(op)) {
        held = true;
        yield lock;
      }
      turn = run.next(result);
    }
    if (held) yield unlock;
  };
}
