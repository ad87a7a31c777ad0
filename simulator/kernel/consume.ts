/**
 * The consumer's side of a harvest: runs of marked pages are reported and their bytes transferred. The mark goes before the
 * bytes are read, so that a write that comes after leaves a new one.
 */
import { type Micro, micro, Op } from '../micro-ops.js';

/** Reports, unmarks and transfers every run of pages with the carrier; ANY_MAPPED and DIFFERS have no mark to clear. */
export function* consumeMarked(carrier: number, costPer4kNs: number): Micro {
  for (let first = yield micro(Op.nextRun, 'consume mark', -1, carrier); first >= 0; ) {
    const last = yield micro(Op.runEnd, 'consume mark', first, carrier);
    yield micro(Op.report, 'report', first, 0, last);
    if (carrier >= 0) yield micro(Op.markClear, 'consume mark', first, carrier, last);
    yield micro(Op.transfer, 'transfer', first, costPer4kNs, last);
    first = yield micro(Op.nextRun, 'consume mark', last, carrier);
  }
}

/** Reports and transfers every run of marked pages and leaves the marks alone: the wrong order, for mutations. */
export function* transferMarked(carrier: number, costPer4kNs: number): Micro {
  for (let first = yield micro(Op.nextRun, 'transfer', -1, carrier); first >= 0; ) {
    const last = yield micro(Op.runEnd, 'transfer', first, carrier);
    yield micro(Op.report, 'report', first, 0, last);
    yield micro(Op.transfer, 'transfer', first, costPer4kNs, last);
    first = yield micro(Op.nextRun, 'transfer', last, carrier);
  }
}

/** Clears the marks of every run of marked pages. */
export function* clearMarks(carrier: number): Micro {
  for (let first = yield micro(Op.nextRun, 'consume mark', -1, carrier); first >= 0; ) {
    const last = yield micro(Op.runEnd, 'consume mark', first, carrier);
    yield micro(Op.markClear, 'consume mark', first, carrier, last);
    first = yield micro(Op.nextRun, 'consume mark', last, carrier);
  }
}
