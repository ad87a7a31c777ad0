/** Single changes of code that put a suspicion to the test: a line left out, or done otherwise, or followed by what is missing. */
import { CARRIERS, PTE_DIRTY, PTE_PRESENT, PTE_SOFT_DIRTY, PTE_WRITABLE } from '../../traces/index.js';
import { Cover, FLUSH_REASON, type Micro, type MicroOp, Op, type OpCode, STEP_NUMBER } from '../../simulator/index.js';
import { fused } from '../fused.js';
import { type Change, lineOf, type Place } from '../repairs/changed.js';

export const ENTRY_MARKS = PTE_DIRTY | PTE_SOFT_DIRTY;
/** Operations that give flags of an entry, and so can be replaced by a look at it. */
export const GIVES_FLAGS: ReadonlySet<OpCode> = new Set([Op.pteExchange, Op.pteChange, Op.pteUnmap, Op.pteUpgrade]);
const FLUSHES: ReadonlySet<OpCode> = new Set([Op.flushQueue, Op.flushSend, Op.flushWait]);

/** Each operation of that line is done by other code. */
function at(line: string, instead: (op: MicroOp, place: Place) => Micro<number>): Change {
  return function* (code, place) {
    const run = code();
    for (let turn = run.next(0); !turn.done; ) {
      const op = turn.value;
      turn = run.next(lineOf(place.kind, op) === line ? yield* instead(op, place) : yield op);
    }
  };
}

/** The line is left out; what it would have told is looked up, or nothing. */
export function without(line: string): Change {
  return at(line, function* (op) {
    if (GIVES_FLAGS.has(op.code)) return yield { ...op, code: Op.pteLoad };
    return 0;
  });
}

/** No flush in pieces of that kind. */
export function withoutFlush(wanted: string): Change {
  return function* (code, { kind }) {
    const run = code();
    for (let turn = run.next(0); !turn.done; ) {
      const op = turn.value;
      turn = run.next(kind === wanted && FLUSHES.has(op.code) ? 0 : yield op);
    }
  };
}

/** A piece with that label does nothing. */
export function withoutPiece(who: string, label: string): Change {
  return function* (code, { actor, piece }) {
    if (actor.name === who && piece.label === label) return;
    yield* code();
  };
}

/** Where the line takes a mark out of an entry, or W, the page is marked in the same step. @param carrier code of a carrier that is no bit of an entry */
export function handOn(line: string, carrier: number): Change {
  return at(line, function* (op) {
    let old: number;
    if (op.code === Op.pteStore || op.code === Op.mapPage || op.code === Op.replaceFrame) {
      old = yield { ...op, code: Op.pteLoad };
      yield fused(op);
    } else old = yield op;
    const kept = op.code === Op.pteChange ? old & ~op.a : op.code === Op.pteUnmap ? 0 : op.a;
    if (old & ~kept & (ENTRY_MARKS | PTE_WRITABLE)) yield fused(markOp(op.page, carrier));
    return old;
  });
}

/** The page is marked in the same step. */
export function markAfter(line: string, carrier: number): Change {
  return at(line, function* (op) {
    const result = yield op;
    yield fused(markOp(op.page, carrier));
    return result;
  });
}

/** The entry of the page loses W and D, and is flushed, before anything else is done. */
export function armAfter(line: string): Change {
  return at(line, function* (op, place) {
    const result = yield op;
    yield fused({ ...op, code: Op.pteChange, a: PTE_WRITABLE | PTE_DIRTY, b: 0, step: STEP_NUMBER['protect entries'] });
    yield* flushPage(op.page, place);
    return result;
  });
}

/** The entry of the page loses W, and is flushed, before the line is done. */
export function protectBefore(line: string): Change {
  return at(line, function* (op, place) {
    yield { ...op, code: Op.pteChange, a: PTE_WRITABLE, b: 0, c: 0, d: 0, step: STEP_NUMBER['protect entries'] };
    yield* flushPage(op.page, place);
    return yield op;
  });
}

/** The bytes of the page are read right behind the line. */
export function transferAfter(line: string): Change {
  return at(line, function* (op) {
    const result = yield op;
    yield { ...op, code: Op.transfer, a: 0, c: 0, d: 0, step: STEP_NUMBER.transfer };
    return result;
  });
}

/** CPU caches are written back in front of the line. */
export function cacheFlushBefore(line: string): Change {
  return at(line, function* (op) {
    yield { ...op, code: Op.cacheFlush, a: 0, step: STEP_NUMBER['flush CPU caches'] };
    return yield op;
  });
}

/** What is put in place does not permit writes. */
export function withoutWrite(line: string): Change {
  return at(line, function* (op) {
    return yield op.code === Op.pteChange ? { ...op, b: op.b & ~PTE_WRITABLE } : { ...op, a: op.a & ~PTE_WRITABLE };
  });
}

/** The entry is changed only where it is present. */
export function onlyIfPresent(line: string): Change {
  return at(line, function* (op) {
    return yield { ...op, code: Op.pteUpgrade, a: op.b, b: op.a };
  });
}

/** The line is left out where a variable is set when it comes to that; what it would have told is looked up. */
export function unlessHeld(line: string, variable: number): Change {
  return at(line, function* (op) {
    const held = yield { ...op, code: Op.recall, page: -1, a: variable, b: 0, c: 0, d: 0 };
    return yield fused(held === 0 ? op : { ...op, code: Op.pteLoad });
  });
}

/** The entry is made not present, and is not empty meanwhile. */
export function staysVisible(line: string): Change {
  return at(line, function* (op) {
    return yield { ...op, code: Op.pteChange, a: PTE_PRESENT, b: 0 };
  });
}

/** What was set in the entry since it was looked at stays in it. */
export function keepsWhatWasSet(line: string): Change {
  return at(line, function* (op) {
    const now = yield { ...op, code: Op.pteLoad };
    return yield fused({ ...op, a: op.a | (now & ENTRY_MARKS) });
  });
}

/** The marks in the entry stay where they are. */
export function leavesMarks(line: string): Change {
  return at(line, function* (op) {
    if (op.code !== Op.pteStore) return yield { ...op, a: op.a & ~ENTRY_MARKS };
    const now = yield { ...op, code: Op.pteLoad };
    return yield fused({ ...op, a: op.a | (now & ENTRY_MARKS) });
  });
}

/** What is marked is one page where it was another, and the other way round. */
export function exchangePages(line: string, one: number, other: number): Change {
  return at(line, function* (op) {
    const page = op.page === one ? other : op.page === other ? one : op.page;
    return yield { ...op, page, b: page };
  });
}

/** The first line comes after the second, wherever that is right behind it. */
export function later(first: string, second: string): Change {
  return function* (code, { kind }) {
    const run = code();
    for (let turn = run.next(0); !turn.done; ) {
      const held = turn.value;
      if (lineOf(kind, held) !== first) {
        turn = run.next(yield held);
        continue;
      }
      turn = run.next(0);
      if (turn.done !== true && lineOf(kind, turn.value) === second) {
        const result = yield turn.value;
        yield held;
        turn = run.next(result);
      } else yield held;
    }
  };
}

function* flushPage(page: number, place: Place): Micro {
  const cover = isOutside(place) ? Cover.all : Cover.range;
  yield flushOp(Op.flushQueue, page, cover);
  yield flushOp(Op.flushSend, page, cover);
  yield { ...flushOp(Op.flushWait, -1, 0), a: 0 };
}

function isOutside({ stage, actor }: Place): boolean {
  return stage.tracking.options.inMonitor || actor.role === 'host-harvest';
}

export function markOp(page: number, carrier: number): MicroOp {
  return { code: Op.markSet, page, a: carrier, b: page, c: 0, d: 0, step: STEP_NUMBER['mark page'] };
}

function flushOp(code: OpCode, page: number, c: number): MicroOp {
  return { code, page, a: FLUSH_REASON.harvest, b: page, c, d: 0, step: STEP_NUMBER.flush };
}

/** Carriers that are set by an event of their own, of those in a mask, by code. */
export function settableIn(mask: number): number[] {
  return CARRIERS.flatMap((carrier, code) =>
    mask & (1 << code) && !['pte-dirty', 'mapped', 'uffd-wp', 'shadow-copy'].includes(carrier) ? [code] : [],
  );
}
