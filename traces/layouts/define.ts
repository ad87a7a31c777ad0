/**
 * What a raw entry means on an architecture. The trail stores 64 raw bits; everything that shows or folds entries asks the
 * layout of the event's space what they say. Logical flags are the common language of the simulator and the fold.
 */

/** Logical flags of an entry, whatever bits say so. */
export const PTE_PRESENT = 1;
export const PTE_WRITABLE = 2;
export const PTE_DIRTY = 4;
export const PTE_ACCESSED = 8;
export const PTE_SOFT_DIRTY = 16;
export const PTE_UFFD_WP = 32;
/** No struct page behind the frame. */
export const PTE_SPECIAL = 64;
/** One entry, at the first of its pages, for 512 pages (2 MiB). */
export const PTE_HUGE = 128;

export interface PteLayout {
  readonly id: string;
  readonly summary: string;
  /** Logical flags that its entries can express. */
  readonly keeps: number;
  /** Logical flags of the raw halves (unsigned 32-bit each). A non-present entry has no flag at all. */
  flags(low: number, high: number): number;
  /** Frame number in the raw halves. */
  frame(low: number, high: number): number;
  /** Raw low half of a present entry with these logical flags; 0 when PTE_PRESENT is not among them. */
  low(flags: number, frame: number): number;
  /** Raw high half of the same entry. */
  high(flags: number, frame: number): number;
  /** Bits by name, for people: "P RW US A D". */
  describe(low: number, high: number): string;
}
