/**
 * What a search stops at, as plain data: a breakpoint matches single events, a watchpoint the events after which something it
 * looks at is different. Whoever types them parses them; `search.ts` finds the next one, in either direction.
 */
import type { Carrier } from '../../traces/index.js';

export const COMPARISONS = ['=', '!=', '<', '<=', '>', '>='] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** A common column (`cpu`, `actor`, `space`, `step`, `time`) or a field of the kind, compared with a number. */
export interface Condition {
  readonly field: string;
  readonly comparison: Comparison;
  readonly value: number;
}

/** Events of a kind, or of any, that touch one of the pages and meet every condition. */
export interface EventStop {
  readonly kind: 'event';
  /** Null: of whatever kind. */
  readonly event: string | null;
  /** First and last page; an event about a range touches every page of it. */
  readonly pages: readonly [first: number, last: number] | null;
  readonly conditions: readonly Condition[];
}

/** The entry that governs the page changed: any bit, or one of these logical flags (`PTE_DIRTY`, ...). */
export interface PteStop {
  readonly kind: 'pte';
  readonly space: number;
  readonly page: number;
  readonly flags: number | null;
}

/** What the CPU (-1: a device) caches for the page came, changed or went. */
export interface TlbStop {
  readonly kind: 'tlb';
  readonly cpu: number;
  readonly space: number;
  readonly page: number;
}

/** The mark of the page in that carrier was set or cleared. */
export interface MarkStop {
  readonly kind: 'mark';
  readonly carrier: Carrier;
  readonly space: number;
  readonly page: number;
}

/** The page became stale, or the consumer caught up with it. */
export interface StaleStop {
  readonly kind: 'stale';
  readonly space: number;
  readonly page: number;
}

export type Stop = EventStop | PteStop | TlbStop | MarkStop | StaleStop;
