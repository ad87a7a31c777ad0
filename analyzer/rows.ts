/** What collectors read of a row again and again: the flags of a pte event. */
import { pte, type EventBatch } from '../traces/index.js';
import type { Fold } from '../replayer/index.js';

/** Logical flags before a pte event. */
export function oldFlags(batch: EventBatch, row: number, fold: Fold): number {
  const { slots } = batch;
  return fold.layoutOf(batch.space[row]!).flags(slots[pte.slot.oldLow]![row]!, slots[pte.slot.oldHigh]![row]!);
}

/** Logical flags after it. */
export function newFlags(batch: EventBatch, row: number, fold: Fold): number {
  const { slots } = batch;
  return fold.layoutOf(batch.space[row]!).flags(slots[pte.slot.newLow]![row]!, slots[pte.slot.newHigh]![row]!);
}
