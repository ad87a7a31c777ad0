/**
 * The enumerations that event fields index: code = position in the list, on disk for good. Append, never reorder.
 * A carrier is a place where dirtiness is remembered; the codes of carriers are also the bits of a carrier mask.
 */

/**
 * Where dirtiness is remembered. `pte-dirty`, `mapped`, `soft-dirty` and `uffd-wp` are read from the entries, `shadow-copy` from
 * the contents; the others are set by mark events.
 */
export const CARRIERS = [
  'pte-dirty', // D of the in-memory entry
  'mapped', // being mapped at all counts as dirty (full upload)
  'bitmap', // the driver's or monitor's bitmap
  'page-flag', // PG_dirty of struct page
  'ring', // entries of a dirty ring
  'pml-buffer', // page-modification log of a virtual CPU
  'soft-dirty', // soft-dirty bit of the entry
  'uffd-wp', // uffd write-protect bit of the entry, meaning inverted
  'storage-key', // change bit of the frame (s390)
  'fault-list', // the list a user-space fault handler keeps
  'shadow-copy', // contents differ from the consumer's copy
  'snapshot', // a copy of a bitmap that the consumer works from
] as const;
export type Carrier = (typeof CARRIERS)[number];

/** Flags of a TLB entry in tlb-fill and tlb-update. */
export const TLB_WRITABLE = 1;
export const TLB_DIRTY = 2;
/** The entry covers 512 pages and stands at the first of them. */
export const TLB_HUGE = 4;

/** Bits of a fault's error code, as on x86. */
export const FAULT_PRESENT = 1;
export const FAULT_WRITE = 2;
export const FAULT_USER = 4;

export const FAULT_HANDLERS = ['not-present', 'write-protect', 'spurious', 'dirty-trap', 'unknown'] as const;
export type FaultHandler = (typeof FAULT_HANDLERS)[number];

/** Who changed an entry, and by what kind of update. */
export const PTE_CAUSES = [
  'map', // a new mapping was put in place
  'walker', // hardware set A or D
  'fault', // a fault handler upgraded it
  'clean', // D cleared by an atomic update
  'protect', // W cleared by an atomic update
  'exchange', // taken out by an atomic exchange
  'store', // a plain store: computed from an earlier load
  'unmap', // taken out for good
  'observed', // seen by a source, by means unknown
  'split', // a huge entry became 512 small ones
  'copy', // copied from another address space by fork
  'monitor', // a virtual machine monitor changed it
] as const;
export type PteCause = (typeof PTE_CAUSES)[number];

export const FLUSH_REASONS = ['harvest', 'arm', 'fault', 'unmap', 'switch', 'move', 'observed'] as const;
export type FlushReason = (typeof FLUSH_REASONS)[number];

/** What a target of a flush invalidates. */
export const FLUSH_SCOPES = ['range', 'space', 'all'] as const;
export type FlushScope = (typeof FLUSH_SCOPES)[number];

export const EVICT_REASONS = ['fault', 'random', 'invalidate', 'switch-in'] as const;
export type EvictReason = (typeof EVICT_REASONS)[number];

export const NOTIFIER_PHASES = ['start', 'end'] as const;
/** `guest`: memory of a virtual machine; the frame's number is its page in the second stage. */
export const MEMORY_KINDS = ['system', 'device', 'guest'] as const;
export type MemoryKind = (typeof MEMORY_KINDS)[number];
export const EXIT_REASONS = [
  'ept-violation',
  'pml-full',
  'ring-full',
  'kick',
  'invlpg',
  'cr3',
  'other',
  'shadow-fault',
] as const;
export const LOCK_KINDS = ['page-table', 'page', 'reservation', 'mmap', 'mmu', 'monitor'] as const;
export type LockKind = (typeof LOCK_KINDS)[number];
/** What is done to the tracked object besides accesses. */
export const OPERATIONS = ['unmap', 'move', 'fork', 'split', 'harvest'] as const;
export type Operation = (typeof OPERATIONS)[number];
/** What an actor may rely on about pages. */
export const CLAIMS = [
  'clean', // captured: the consumer has all that was written
  'protected', // no CPU can write it any more, as when mprotect returns
  'gone', // no CPU can reach it any more, and the contents are discarded, as when MADV_DONTNEED returns
  'private', // nobody else has its frame
  'copied', // its contents were just read for a copy that will take its place
  'compared', // its contents were just read to be compared
  'released', // whoever wrote it has finished, and its report is due
] as const;
export type Claim = (typeof CLAIMS)[number];
export const GAP_REASONS = ['overrun', 'killed', 'filtered', 'unknown'] as const;

/** The enumerations by the name that `EventField.unit` uses, for views and documents. */
export const ENUMERATIONS: Readonly<Record<string, readonly string[]>> = {
  carriers: CARRIERS,
  faultHandlers: FAULT_HANDLERS,
  pteCauses: PTE_CAUSES,
  flushReasons: FLUSH_REASONS,
  flushScopes: FLUSH_SCOPES,
  evictReasons: EVICT_REASONS,
  notifierPhases: NOTIFIER_PHASES,
  memoryKinds: MEMORY_KINDS,
  exitReasons: EXIT_REASONS,
  lockKinds: LOCK_KINDS,
  gapReasons: GAP_REASONS,
  operations: OPERATIONS,
  claims: CLAIMS,
};

/** Code of a carrier. */
export function carrierCode(carrier: Carrier): number {
  return CARRIERS.indexOf(carrier);
}

/** Bit of a carrier in a mask, by its code as an event gives it; 0 for a carrier that this version does not know. */
export function carrierBit(code: number): number {
  return code < CARRIERS.length ? 1 << code : 0;
}

/** The mask of a set of carriers: bit c for carrier code c. */
export function carrierMask(carriers: readonly Carrier[]): number {
  return carriers.reduce((mask, carrier) => mask | (1 << carrierCode(carrier)), 0);
}
