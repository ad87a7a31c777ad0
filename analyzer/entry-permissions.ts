/**
 * What a cached translation allows beyond memory. A TLB entry with W and D writes without a word to anyone; one with D but not W still
 * faults, so its D alone permits nothing. For a guest memory allows what its own entry and the one of the second stage both do.
 */
import { carrierMask, PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE, TLB_DIRTY, TLB_WRITABLE } from '../traces/index.js';
import type { CpuTlb, Fold } from '../replayer/index.js';

/** What a TLB entry allows and memory does not; by severity, the worst first. */
export const EXCESSES = ['present', 'frame', 'writable', 'dirty'] as const;
export type Excess = (typeof EXCESSES)[number];

/** In words, after "a TLB entry that ...". */
export const EXCESS_WORDS: Readonly<Record<Excess, string>> = {
  present: 'memory no longer has at all',
  frame: 'names another frame than memory does',
  writable: 'has W while memory has none',
  dirty: 'has W and D while memory has no D',
};

/** A consumer that reads one of these carriers learns of a write whatever entry it went through. */
export const WITHOUT_ENTRIES = carrierMask(['mapped', 'shadow-copy', 'storage-key']);

/** Logical flags of what memory allows for a page: of the entry that governs it, and of the second stage under a guest. */
function allowedFlags(fold: Fold, page: number): number {
  const own = fold.pteFlags(page);
  const behind = fold.backing(fold.pages.frame[page]!);
  return behind < 0 ? own : own & fold.pteFlags(behind);
}

/**
 * Code (position in EXCESSES) of the worst that the entry in that slot allows beyond memory, for a page that it covers; -1 where it is
 * faithful. @param memory logical flags that are compared with
 */
export function excessOf(
  fold: Fold,
  page: number,
  tlb: CpuTlb,
  slot: number,
  memory = allowedFlags(fold, page),
): number {
  if ((memory & PTE_PRESENT) === 0) return 0;
  if (reaches(fold, page, tlb, slot) !== fold.frames.numberOf(fold.pages.frame[page]!)) return 1;
  const entry = tlb.flags[slot]!;
  if ((entry & TLB_WRITABLE) === 0) return -1;
  if ((memory & PTE_WRITABLE) === 0) return 2;
  return entry & TLB_DIRTY && (memory & PTE_DIRTY) === 0 ? 3 : -1;
}

/** Number of the frame that a write to the page reaches through the entry in that slot. */
function reaches({ pages, frames }: Fold, page: number, tlb: CpuTlb, slot: number): number {
  return frames.numberOf(tlb.frame[slot]!) + pages.page[page]! - pages.page[tlb.page[slot]!]!;
}

/** Logical flags that a change of an entry takes away, of those that permit something. */
export function restrictedBy(oldFlags: number, newFlags: number): number {
  return oldFlags & ~newFlags & (PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY);
}

/** Whether a TLB entry with these flags goes on allowing what was taken away in memory. */
export function outlives(entryFlags: number, restricted: number): boolean {
  if (restricted & PTE_PRESENT) return true;
  if ((entryFlags & TLB_WRITABLE) === 0) return false;
  return (restricted & PTE_WRITABLE) !== 0 || ((restricted & PTE_DIRTY) !== 0 && (entryFlags & TLB_DIRTY) !== 0);
}

/** Calls `visit` with every TLB entry made from the in-memory entry of a page: its own, or those of the guest's pages that lie on it. */
export function forCached(fold: Fold, page: number, visit: (tlb: CpuTlb, cpu: number, slot: number) => void): void {
  const cachedAs = (cached: number) =>
    fold.forTlbs((tlb, cpu) => {
      const slot = tlb.slotOf(cached);
      if (slot >= 0) visit(tlb, cpu, slot);
    });
  cachedAs(page);
  const { pages, frames, spaces, mappings } = fold;
  if (pages.space[page] !== spaces.secondStage) return;
  const frame = frames.find(pages.page[page]!, true);
  if (frame < 0) return;
  for (let on = mappings.firstOf(frame); on >= 0; on = mappings.nextOf(on)) cachedAs(on);
}
