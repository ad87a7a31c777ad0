/**
 * Where dirtiness is remembered, read back: which carriers are set for a page. Dirtiness is by frame, so what is said of any page on the
 * same frame counts, as far as the consumer of that page's space reads it. A mark counts as the bit of an entry does: of a page whose entry
 * was taken out, the swap entry or a marker remembers.
 */
import { carrierMask, PTE_DIRTY, PTE_PRESENT, PTE_SOFT_DIRTY, PTE_UFFD_WP } from '../../traces/index.js';
import type { Fold } from './fold.js';

const PTE_DIRTY_CARRIER = carrierMask(['pte-dirty']);
const MAPPED_CARRIER = carrierMask(['mapped']);
const SOFT_DIRTY_CARRIER = carrierMask(['soft-dirty']);
const UFFD_WP_CARRIER = carrierMask(['uffd-wp']);
const SHADOW_COPY_CARRIER = carrierMask(['shadow-copy']);
/** Carriers that are read from the entry. */
const ENTRY_CARRIERS = PTE_DIRTY_CARRIER | SOFT_DIRTY_CARRIER | UFFD_WP_CARRIER;

/** Mask of the carriers set for the page that its consumer reads (or of `reads`), by whichever page of its frame. */
export function carriersOf(fold: Fold, page: number, reads?: number): number {
  const frame = fold.pages.frame[page]!;
  if (frame === 0 || fold.frames.mappers[frame] === 1) return carriersAt(fold, page, reads);
  let set = 0;
  for (let on = fold.mappings.firstOf(frame); on >= 0; on = fold.mappings.nextOf(on))
    set |= carriersAt(fold, on, reads);
  return set;
}

/** What is said of that very page. */
function carriersAt(fold: Fold, page: number, reads = fold.readsOf(fold.pages.space[page]!)): number {
  let set = fold.pages.marks[page]!;
  if (reads & ENTRY_CARRIERS) set |= entryCarriers(fold.pteFlags(page));
  if (fold.isMapped(page)) set |= MAPPED_CARRIER | (fold.isStale(page) ? SHADOW_COPY_CARRIER : 0);
  return set & reads;
}

function entryCarriers(flags: number): number {
  if ((flags & PTE_PRESENT) === 0) return 0;
  return (
    (flags & PTE_DIRTY ? PTE_DIRTY_CARRIER : 0) |
    (flags & PTE_SOFT_DIRTY ? SOFT_DIRTY_CARRIER : 0) |
    // The meaning is inverted: a present page without the bit has been written.
    (flags & PTE_UFFD_WP ? 0 : UFFD_WP_CARRIER)
  );
}
