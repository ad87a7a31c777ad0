/**
 * What a range walk does to the entries it meets, and that as one small integer, so that a micro-operation can carry it.
 */
import { PTE_PRESENT } from '../traces/index.js';
import type { StepName } from './steps.js';

export interface RangeWalk {
  /** Entries with at least one of these logical flags are selected; 0: with any. */
  readonly any: number;
  /** Entries with one of these logical flags are passed over. */
  readonly none?: number;
  /** Logical flags to clear in selected entries. */
  readonly clear: number;
  /** Logical flags to set in them. */
  readonly set?: number;
  /** Carrier that remembers each selected page, or -1. */
  readonly record: number;
  /**
   * Load, compute, and store back every present entry instead of an atomic update (mutation `plain-rmw`): what the walker set
   * in between is overwritten.
   */
  readonly plainStore?: boolean;
  readonly step: StepName;
  /** Cost of looking at one slot, and of changing one entry on top, ns. */
  readonly slotNs: number;
  readonly changeNs: number;
}

/** The part of a walk that says what happens to an entry. */
export interface EntryChange {
  readonly any: number;
  readonly none: number;
  readonly clear: number;
  readonly set: number;
  readonly record: number;
  readonly plainStore: boolean;
}

/** Whether the walk selects an entry with these flags. */
export function selects(change: EntryChange, flags: number): boolean {
  return (flags & PTE_PRESENT) !== 0 && (change.any === 0 || (flags & change.any) !== 0) && (flags & change.none) === 0;
}

/** Logical flags have six bits; a carrier has four. */
export function packWalk(walk: RangeWalk): number {
  return (
    walk.any |
    ((walk.none ?? 0) << 6) |
    (walk.clear << 12) |
    ((walk.set ?? 0) << 18) |
    ((walk.record + 1) << 24) |
    (walk.plainStore ? 1 << 29 : 0)
  );
}

export function unpackWalk(packed: number): EntryChange {
  return {
    any: packed & 0x3f,
    none: (packed >> 6) & 0x3f,
    clear: (packed >> 12) & 0x3f,
    set: (packed >> 18) & 0x3f,
    record: ((packed >> 24) & 0x1f) - 1,
    plainStore: (packed & (1 << 29)) !== 0,
  };
}
