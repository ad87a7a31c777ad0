/** What a history is asked about, and what it answers with. */
import type { Carrier } from '../../traces/index.js';

export interface PageSubject {
  /** Any event that touches the page, writes included. */
  readonly kind: 'page';
  readonly space: number;
  readonly page: number;
}

export interface PteSubject {
  /** The in-memory entry that governs the page. */
  readonly kind: 'pte';
  readonly space: number;
  readonly page: number;
  /** Only changes of one of these logical flags (PTE_DIRTY, PTE_WRITABLE, ...); any change where it is left out. */
  readonly flags?: number;
}

export interface TlbSubject {
  /** What one CPU (-1: a device) has cached of the page: filled, updated, evicted, displaced by capacity, flushed. */
  readonly kind: 'tlb';
  readonly cpu: number;
  readonly space: number;
  readonly page: number;
}

export interface CarrierSubject {
  /** Where dirtiness of the page is remembered: set or cleared. */
  readonly kind: 'carrier';
  readonly carrier: Carrier;
  readonly space: number;
  readonly page: number;
}

/** Pages are page numbers, not indices. */
export type Subject = PageSubject | PteSubject | TlbSubject | CarrierSubject;

/** One event in the history of a subject. */
export interface Change {
  readonly seq: number;
  readonly timeNs: number;
  /** -1: a device. */
  readonly cpu: number;
  /** Index into `actors` of meta. */
  readonly actor: number;
  /** Index into `steps` of meta; 0 for none. */
  readonly step: number;
  /** Kind of the event. */
  readonly kind: string;
  /** The subject before and after it, in words; '' where the event touches the page and changes no part that has words. */
  readonly before: string;
  readonly after: string;
}
