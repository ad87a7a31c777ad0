/** flush_tlb_range: three events, not one. The entries of a CPU go when that CPU acknowledges, between two instructions. */
import { FLUSH_REASONS, type FlushReason } from '../../traces/index.js';
import { type Micro, micro, Op } from '../micro-ops.js';

/** Flushes the pages first..last on every CPU that may hold them, and waits until it is done. */
export function flushRange(first: number, last: number, reason: FlushReason): Micro {
  return flush(first, last, reason, 0);
}

/** flush_tlb_mm: the whole address space, on account of changes in first..last. */
export function flushSpace(first: number, last: number, reason: FlushReason): Micro {
  return flush(first, last, reason, 1);
}

function* flush(first: number, last: number, reason: FlushReason, wholeSpace: 0 | 1): Micro {
  const code = FLUSH_REASONS.indexOf(reason);
  yield micro(Op.flushQueue, 'flush', first, code, last, wholeSpace);
  yield micro(Op.flushSend, 'flush', first, code, last, wholeSpace);
  yield micro(Op.flushWait, 'flush');
}
