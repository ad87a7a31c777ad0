/** Changes of code that go by what it has done earlier in the same piece: what it took out, what it took marks of, what it was given in a try before. */
import { PTE_WRITABLE } from '../../traces/index.js';
import { type MicroOp, Op } from '../../simulator/index.js';
import { fused } from '../fused.js';
import { type Change, lineOf } from '../repairs/changed.js';
import { ENTRY_MARKS, GIVES_FLAGS, markOp } from './changes.js';

/** What is put in place permits what the entry permitted that was taken out before. */
export function withWhatWasTaken(line: string): Change {
  return function* (code, { kind }) {
    const taken = new Map<number, number>();
    const run = code();
    for (let turn = run.next(0); !turn.done; ) {
      const op = turn.value;
      const mine = lineOf(kind, op) === line;
      const result = yield mine ? { ...op, a: op.a | ((taken.get(op.page) ?? 0) & (PTE_WRITABLE | ENTRY_MARKS)) } : op;
      if (GIVES_FLAGS.has(op.code)) taken.set(op.page, result);
      turn = run.next(result);
    }
  };
}

/** A look tells what another line took out of the same entry before. */
export function tellsWhatWasTaken(look: string, taking: string): Change {
  return function* (code, { kind }) {
    const taken = new Map<number, number>();
    const run = code();
    for (let turn = run.next(0); !turn.done; ) {
      const op = turn.value;
      const line = lineOf(kind, op);
      const result = yield op;
      if (line === taking) taken.set(op.page, result);
      turn = run.next(line === look ? (taken.get(op.page) ?? result) : result);
    }
  };
}

/** Where the line puts an entry back, the page is marked in the same step for what was taken out before and is in need of it. */
export function handOnWhatWasTaken(line: string, carrier: number): Change {
  return function* (code, { kind }) {
    const taken = new Map<number, number>();
    const run = code();
    for (let turn = run.next(0); !turn.done; ) {
      const op = turn.value;
      const result = yield op;
      if (lineOf(kind, op) === line && (taken.get(op.page) ?? 0) & ENTRY_MARKS) yield fused(markOp(op.page, carrier));
      if (GIVES_FLAGS.has(op.code)) taken.set(op.page, result);
      turn = run.next(result);
    }
  };
}

/** Only pages are marked that a mark was taken of before. */
export function marksWhatWasTaken(line: string): Change {
  return function* (code, { kind }) {
    const taken = new Set<number>();
    const run = code();
    for (let turn = run.next(0); !turn.done; ) {
      const op = turn.value;
      const result = lineOf(kind, op) === line && !taken.has(op.page) ? 0 : yield op;
      if (op.code === Op.markClear || (op.code === Op.markMove && result)) taken.add(op.page);
      turn = run.next(result);
    }
  };
}

/** Wherever it comes to the line, code that tries again goes on as if this were its first try. */
export function asFirstTry(line: string): Change {
  return function* (code, { kind }) {
    let given: number[] = [];
    let run = code();
    let turn = run.next(0);
    while (!turn.done) {
      if (lineOf(kind, turn.value) === line) {
        run = code();
        turn = run.next(0);
        for (const result of given) turn = run.next(result);
        if (turn.done === true) return;
      }
      const op: MicroOp = turn.value;
      const result = yield op;
      given = op.code === Op.settle ? [] : [...given, result];
      turn = run.next(result);
    }
  };
}
