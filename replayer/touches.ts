/** Whether an event is about certain pages, by itself or by a range over them. */
import { type EventBatch, PAGES_SLOT } from '../traces/index.js';

/** Whether the event is about one of the pages [first, last]. */
export function touches(batch: EventBatch, row: number, first: number, last: number): boolean {
  const page = batch.page[row]!;
  if (page < 0 || page > last) return false;
  if (page >= first) return true;
  const slot = PAGES_SLOT[batch.kind[row]!]!;
  return slot >= 0 && page + batch.slots[slot]![row]! > first;
}
