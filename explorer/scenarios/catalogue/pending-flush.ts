/**
 * mm_tlb_flush_pending: whether somebody has changed entries, or is about to, and owes the flush. It is raised before the first entry changes and lowered
 * after the flush, and whoever finds an entry that looks settled asks it under the page-table lock. Where the kernel counts there is a mark here for
 * each of those who may owe one, since a step reads or writes and does not add.
 */
import { FIRST_FREE_VARIABLE, type Micro, recall, remember } from '../../../simulator/index.js';

const DEBTORS = 2;
/** What they are called. */
export const PENDING: readonly string[] = ['flush pending (0)', 'flush pending (1)'];
/** Number of the first variable that is left to a scenario with such marks. */
export const FIRST_VARIABLE = FIRST_FREE_VARIABLE + DEBTORS;

export function* raisePending(debtor = 0): Micro {
  yield remember(FIRST_FREE_VARIABLE + debtor, 1, 'flush');
}

export function* lowerPending(debtor = 0): Micro {
  yield remember(FIRST_FREE_VARIABLE + debtor, 0, 'flush');
}

/** Whether one of these owes a flush. */
export function* isPending(...debtors: readonly number[]): Micro<boolean> {
  for (const debtor of debtors) if (yield recall(FIRST_FREE_VARIABLE + debtor, 'flush')) return true;
  return false;
}
