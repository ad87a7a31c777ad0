/**
 * The tracked object as it is mapped: an interval of it, mapping by mapping and VMA by VMA, as a walk over i_mmap would meet them. Mappings that
 * fork adds while a walk is under way come at the end, so the walk meets a copy after its original.
 */
import { ANY_MAPPED } from '../machine/order.js';
import { type Micro, type MicroOp, micro, Op } from '../micro-ops.js';
import type { StepName } from '../steps.js';

/** Runs `body` for the first and last page of each VMA's part of the home interval first..last. */
export function* forEachPart(
  step: StepName,
  first: number,
  last: number,
  body: (first: number, last: number) => Micro,
): Micro {
  for (let mapping = 0; mapping < (yield micro(Op.mappingCount, step, first)); mapping++) {
    let from = yield micro(Op.partFirst, step, first, mapping, last);
    if (from < 0) continue;
    const to = yield micro(Op.partLast, step, first, mapping, last);
    while (from >= 0) {
      const end = yield micro(Op.vmaEnd, step, from, 0, to);
      yield* body(from, end);
      from = yield micro(Op.nextEntry, step, end, 0, to);
    }
  }
}

/** The same for the whole object of a domain (see `machine/order.ts`). */
export function forEachVma(start: number, step: StepName, body: (first: number, last: number) => Micro): Micro {
  return forEachMarkedInterval(start, step, ANY_MAPPED, body);
}

/** The same for the interval from the first to the last page with a mark. */
export function* forEachMarkedInterval(
  start: number,
  step: StepName,
  carrier: number,
  body: (first: number, last: number) => Micro,
): Micro {
  const first = yield micro(Op.nextRun, step, start, carrier);
  if (first < 0) return;
  const last = yield micro(Op.lastMarked, step, start, carrier);
  yield* forEachPart(step, first, last, body);
}

/** Performs the operation that `act` gives for every page with a mark that has an entry of its own. */
export function forEachMarked(start: number, step: StepName, carrier: number, act: (page: number) => MicroOp): Micro {
  return forEachRun(start, step, carrier, function* (first, last) {
    for (let page = first; page >= 0; page = yield micro(Op.nextEntry, step, page, 0, last)) yield act(page);
  });
}

/** Runs `body` for every run of pages with a mark. */
export function* forEachRun(
  start: number,
  step: StepName,
  carrier: number,
  body: (first: number, last: number) => Micro,
): Micro {
  for (let first = yield micro(Op.nextRun, step, start, carrier); first >= 0; ) {
    const last = yield micro(Op.runEnd, step, first, carrier);
    yield* body(first, last);
    first = yield micro(Op.nextRun, step, last, carrier);
  }
}
