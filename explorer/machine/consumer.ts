/** What the consumer of a page can know: whether some carrier that it reads is set. The same as the replayer's `carriersOf`, on the small machine. */
import { carrierMask, PTE_DIRTY, PTE_PRESENT, PTE_SOFT_DIRTY, PTE_UFFD_WP, PTE_WRITABLE } from '../../traces/index.js';
import type { PackedState } from './packed-state.js';

const PTE_DIRTY_CARRIER = carrierMask(['pte-dirty']);
const SOFT_DIRTY_CARRIER = carrierMask(['soft-dirty']);
const UFFD_WP_CARRIER = carrierMask(['uffd-wp']);
const ENTRY_CARRIERS = PTE_DIRTY_CARRIER | SOFT_DIRTY_CARRIER | UFFD_WP_CARRIER;
/** Being part of the object, or differing from the consumer's copy, is enough. */
const ALWAYS = carrierMask(['mapped', 'shadow-copy']);

/** Whether the consumer of the home page would come for it. */
export function isMarked(state: PackedState, home: number): boolean {
  const { shape } = state;
  const reads = state.reads(home);
  if (reads & ALWAYS) return true;
  if (state.get(state.marks + home) & reads) return true;
  if ((reads & ENTRY_CARRIERS) === 0) return false;
  for (let page = home; page >= 0; page = shape.nextOfHome[page]!) {
    const flags = state.get(state.flags + page);
    if ((flags & PTE_PRESENT) === 0) continue;
    if (reads & PTE_DIRTY_CARRIER && flags & PTE_DIRTY) return true;
    if (reads & SOFT_DIRTY_CARRIER && flags & PTE_SOFT_DIRTY) return true;
    if (reads & UFFD_WP_CARRIER && (flags & PTE_UFFD_WP) === 0) return true;
  }
  return false;
}

/** Whether a store by a CPU to the page, as its entry is, would leave no carrier set that the consumer reads. */
export function canBeWrittenUnmarked(state: PackedState, page: number): boolean {
  const { shape } = state;
  const flags = state.get(state.flags + page);
  const writable = PTE_PRESENT | PTE_WRITABLE;
  if ((flags & writable) !== writable || shape.changeBitInFrame) return false;
  const reads = state.reads(shape.home[page]!);
  if (reads & ALWAYS) return false;
  // The walker, or a trap, sets D at the next store; one that is set already makes the page marked.
  if (reads & PTE_DIRTY_CARRIER) return false;
  return !(shape.pml && (flags & PTE_DIRTY) === 0);
}
