/** A huge entry becomes 512 small ones, in one step as the kernel's exchange of the entry above makes it. */
import { PTE_DIRTY, PTE_HUGE, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { PTE_CAUSE } from './codes.js';
import type { Memory } from './memory.js';

/** Whether the new flags allow less than the old ones. */
export function restricts(oldFlags: number, newFlags: number): boolean {
  return (oldFlags & ~newFlags & (PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY)) !== 0;
}

/** @param flags of each small entry; gives the flags that the huge one had */
export function splitEntry(memory: Memory, entry: number, flags: number): number {
  const { pages } = memory;
  const table = pages.tableOf(entry);
  const old = pages.flags[entry]!;
  if (!table.huge) return old;
  table.huge = false;
  if (old === 0) return 0;
  for (const page of table.entries)
    memory.change(page, (flags & ~PTE_HUGE) | memory.flagsOfFrame(page), PTE_CAUSE.split);
  return old;
}
