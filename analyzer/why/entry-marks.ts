/** Which marks an in-memory entry carries of those that the consumer of its space reads, before and after a change of it. */
import { type Carrier, carrierMask, PTE_DIRTY, PTE_PRESENT, PTE_SOFT_DIRTY, PTE_UFFD_WP } from '../../traces/index.js';
import type { TrailEvent, TrailEvents } from './trail-events.js';

const DIRTY = carrierMask(['pte-dirty']);
const SOFT_DIRTY = carrierMask(['soft-dirty']);
const UFFD_WP = carrierMask(['uffd-wp']);

/** @param event of kind pte @returns carrier masks */
export function entryMarks(
  events: TrailEvents,
  event: TrailEvent,
): { readonly before: number; readonly after: number } {
  const { carriers, spaces } = events.meta;
  const reads = carrierMask((spaces[event.space]?.carriers ?? carriers) as Carrier[]);
  const { before, after } = events.entryFlags(event);
  return { before: marksOf(before) & reads, after: marksOf(after) & reads };
}

function marksOf(flags: number): number {
  if ((flags & PTE_PRESENT) === 0) return 0;
  // What user-space write protection says is the other way round: without the bit the page has been written.
  return (
    (flags & PTE_DIRTY ? DIRTY : 0) | (flags & PTE_SOFT_DIRTY ? SOFT_DIRTY : 0) | (flags & PTE_UFFD_WP ? 0 : UFFD_WP)
  );
}
