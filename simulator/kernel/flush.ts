/** flush_tlb_range: three events, not one. The entries of a CPU go when that CPU acknowledges, between two instructions. */
import { FLUSH_REASON } from '../machine/codes.js';
import { Cover } from '../machine/flushes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import type { FlushReason } from '../../traces/index.js';

/** Flushes the pages first..last on every CPU that may hold them, and waits until it is done. */
export function flushRange(first: number, last: number, reason: FlushReason): Micro {
  return flush(first, last, reason, Cover.range);
}

/** flush_tlb_mm: the whole address space, on account of changes in first..last. */
export function flushSpace(first: number, last: number, reason: FlushReason): Micro {
  return flush(first, last, reason, Cover.space);
}

/** What a monitor does about its second stage: every virtual CPU drops all that it has. */
export function flushGuest(first: number, last: number, reason: FlushReason): Micro {
  return flush(first, last, reason, Cover.all);
}

function* flush(first: number, last: number, reason: FlushReason, cover: number): Micro {
  const code = FLUSH_REASON[reason];
  yield micro(Op.flushQueue, 'flush', first, code, last, cover);
  yield micro(Op.flushSend, 'flush', first, code, last, cover);
  yield micro(Op.flushWait, 'flush');
}
