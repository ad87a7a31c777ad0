/**
 * What a range walk does to the entries it meets, and that as one small integer, so that a micro-operation can carry it.
 */
import type { StepName } from './steps.js';

export interface RangeWalk {
  /** Entries with one of these logical flags are changed. */
  readonly select: number;
  /** Logical flags to clear in them. */
  readonly clear: number;
  /** Carrier that remembers each changed page, or -1. */
  readonly record: number;
  /**
   * Load, compute, and store back every present entry instead of an atomic update (mutation `plain-rmw`): what the walker set
   * in between is overwritten.
   */
  readonly plainStore: boolean;
  readonly step: StepName;
}

/** A specification as one small integer. */
export function packWalk(walk: RangeWalk): number {
  return walk.select | (walk.clear << 8) | ((walk.record + 1) << 16) | (walk.plainStore ? 1 << 24 : 0);
}

export function unpackWalk(packed: number): Omit<RangeWalk, 'step'> {
  return {
    select: packed & 0xff,
    clear: (packed >> 8) & 0xff,
    record: ((packed >> 16) & 0xff) - 1,
    plainStore: (packed & (1 << 24)) !== 0,
  };
}
