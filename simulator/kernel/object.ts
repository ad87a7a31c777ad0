/** The tracked object as the VMAs that map it, one after the other, as i_mmap would give them. */
import { type Micro, micro, Op } from '../micro-ops.js';
import type { StepName } from '../steps.js';

/** Runs `body` for the first and last page of each VMA of the object, in order. */
export function* forEachVma(step: StepName, body: (first: number, last: number) => Micro): Micro {
  for (let first = yield micro(Op.nextVma, step, -1); first >= 0; ) {
    const last = yield micro(Op.vmaEnd, step, first);
    yield* body(first, last);
    first = yield micro(Op.nextVma, step, last);
  }
}

/** The same for the pages with a mark, from the first to the last of them, VMA by VMA. */
export function* forEachMarkedInterval(
  step: StepName,
  carrier: number,
  body: (first: number, last: number) => Micro,
): Micro {
  const lastMarked = yield micro(Op.lastMarked, step, -1, carrier);
  for (let first = yield micro(Op.firstMarked, step, -1, carrier); first >= 0; ) {
    const last = yield micro(Op.vmaEnd, step, first, 0, lastMarked);
    yield* body(first, last);
    first = yield micro(Op.nextEntry, step, last, 0, lastMarked);
  }
}
