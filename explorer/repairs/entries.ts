/** Decisions about entries that are taken by what they are, and not by what they were: looked at again, or loaded and changed in one step. */
import { type MicroOp, Op } from '../../simulator/index.js';
import { fused } from '../fused.js';
import { type Change, isStep, lineOf } from './changed.js';

/** What lies between the load and where it is to be done again depends on what was loaded. */
export class Dependent extends Error {}

/**
 * The load is done again before a later line, and the code goes on as if it had loaded that in the first place. That is what it means where nothing in
 * between depends on what was loaded: then it is the same as to load later.
 * @throws Dependent in the middle of a search, where something does
 */
export function lookAgain(load: string, use: string): Change {
  return function* (code, { kind }) {
    const ops: MicroOp[] = [];
    const given: number[] = [];
    let loaded = -1;
    let run = code();
    let turn = run.next(0);
    while (!turn.done) {
      const op = turn.value;
      if (loaded >= 0 && lineOf(kind, op) === use) {
        const at = loaded;
        loaded = -1;
        const now = yield ops[at]!;
        if (now === given[at]) continue;
        given[at] = now;
        run = code();
        turn = run.next(0);
        for (let again = 0; again < ops.length; again++) {
          if (turn.done === true || !isSame(turn.value, ops[again]!)) throw new Dependent();
          turn = run.next(given[again]!);
        }
        continue;
      }
      const result = yield op;
      ops.push(op);
      given.push(result);
      if (op.code === Op.settle) loaded = -1;
      if (lineOf(kind, op) === load) loaded = ops.length - 1;
      turn = run.next(result);
    }
  };
}

/** A load and the change of the same entry right behind it are one step. */
export function atOnce(load: string, change: string): Change {
  return function* (code, { kind }) {
    let loaded = -1;
    const run = code();
    for (let turn = run.next(0); !turn.done; ) {
      const op = turn.value;
      const joins = loaded >= 0 && op.page === loaded && lineOf(kind, op) === change;
      const result = yield joins ? fused(op) : op;
      if (isStep(op)) loaded = lineOf(kind, op) === load ? op.page : -1;
      turn = run.next(result);
    }
  };
}

function isSame(one: MicroOp, other: MicroOp): boolean {
  return (
    one.code === other.code &&
    one.page === other.page &&
    one.a === other.a &&
    one.b === other.b &&
    one.c === other.c &&
    one.d === other.d
  );
}
