/**
 * What a cached translation allows beyond the in-memory entry. A TLB entry with W and D writes without a word to anyone; one with D
 * but not W still faults, so its D alone permits nothing.
 */
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE, TLB_DIRTY, TLB_WRITABLE } from '../traces/index.js';
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

/** Code (position in EXCESSES) of the worst that the entry in that slot allows beyond memory; -1 where it is faithful. */
export function excessOf(fold: Fold, page: number, tlb: CpuTlb, slot: number): number {
  const memory = fold.pteFlags(page);
  if ((memory & PTE_PRESENT) === 0) return 0;
  if (tlb.frame[slot] !== fold.pages.frame[page]) return 1;
  const entry = tlb.flags[slot]!;
  if ((entry & TLB_WRITABLE) === 0) return -1;
  if ((memory & PTE_WRITABLE) === 0) return 2;
  return entry & TLB_DIRTY && (memory & PTE_DIRTY) === 0 ? 3 : -1;
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
