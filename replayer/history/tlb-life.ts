/** The life of what a CPU has cached of a page, from a fill on, in words. */
import { fieldsOf, TLB_DIRTY, TLB_WRITABLE, type EventBatch, type Selection } from '../../traces/index.js';
import { type CachedEntry, CachedPage } from '../cached-page.js';
import type { TlbSubject } from './subject.js';

const NOTHING = '-';

/** What decides the life of an entry and its words. */
export const TLB_FIELDS: Selection = fieldsOf({
  'tlb-fill': ['slot', 'flags'],
  'tlb-update': ['slot', 'flags'],
  'tlb-evict': ['slot'],
  'flush-ack': ['pages', 'scope'],
});
export const FILL_FIELDS: Selection = fieldsOf({ 'tlb-fill': ['slot', 'flags'] }, { who: true });
export const UPDATE_FIELDS: Selection = fieldsOf({ 'tlb-update': [] });

export interface Held {
  readonly slot: number;
  readonly flags: number;
}

export class TlbLife {
  readonly #cached: CachedPage;
  #words = NOTHING;

  constructor({ cpu, space, page }: TlbSubject) {
    this.#cached = new CachedPage(cpu, space, page);
  }

  /** What the CPU has of the page now: `WD, slot 3`, or `-` for nothing. */
  get words(): string {
    return this.#words;
  }

  /** Whether the CPU has nothing of the page, or has it no more. */
  get isOver(): boolean {
    return this.#words === NOTHING;
  }

  get cpu(): number {
    return this.#cached.cpu;
  }

  /** The slot of the page's own entry. */
  get slot(): number {
    return this.#cached.own.slot;
  }

  /** Goes on from what the CPU is known to hold of the page, in an entry of its own. */
  resume(held: Held): void {
    Object.assign(this.#cached.own, held);
    this.#words = wordsOf(this.#cached.entry);
  }

  /** Takes the next event of those that TLB_FIELDS selects; whether what the CPU has of the page was replaced, changed or dropped by it. */
  take(batch: EventBatch, row: number): boolean {
    if (!this.#cached.take(batch, row)) return false;
    this.#words = wordsOf(this.#cached.entry);
    return true;
  }
}

function wordsOf(entry: CachedEntry | null): string {
  if (entry === null) return NOTHING;
  const rights = (entry.flags & TLB_WRITABLE ? 'W' : '') + (entry.flags & TLB_DIRTY ? 'D' : '') || 'read-only';
  return `${rights}${entry.isHuge ? ', huge' : ''}, slot ${entry.slot}`;
}
