/** What collectors read of a row again and again: the flags of a pte event, the known pages of a range. */
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

/** Calls `visit` with the index of every page of the range that the trail has spoken of. */
export function forEachPage(
  fold: Fold,
  space: number,
  page: number,
  pages: number,
  visit: (index: number) => void,
): void {
  const table = fold.pages;
  if (pages <= table.count) {
    for (let i = 0; i < pages; i++) {
      const index = table.find(space, page + i);
      if (index >= 0) visit(index);
    }
    return;
  }
  for (let index = 0; index < table.count; index++) {
    const at = table.page[index]!;
    if (at >= page && at < page + pages && table.space[index] === space) visit(index);
  }
}
