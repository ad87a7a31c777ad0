/**
 * What one CPU's TLB has of one page, event by event. An entry ends without an event of its own when another page is filled into its slot
 * or a flush sweeps it away, so its life is followed from its fill on. A page may be covered by an entry of its own and by one of the huge
 * page over it; the CPU goes by its own first.
 */
import { PAGES_PER_TABLE } from '../../base/index.js';
import {
  flushAck,
  FLUSH_SCOPES,
  fieldsOf,
  TLB_DIRTY,
  TLB_HUGE,
  tlbEvict,
  tlbFill,
  tlbUpdate,
  TLB_WRITABLE,
  type EventBatch,
  type Selection,
} from '../../traces/index.js';
import type { TlbSubject } from './subject.js';

const SCOPE_RANGE = FLUSH_SCOPES.indexOf('range');
const SCOPE_SPACE = FLUSH_SCOPES.indexOf('space');

/** What decides the life of an entry. */
export const TLB_FIELDS: Selection = fieldsOf({
  'tlb-fill': ['slot', 'flags'],
  'tlb-update': ['slot', 'flags'],
  'tlb-evict': ['slot'],
  'flush-ack': ['pages', 'scope'],
});
export const FILL_FIELDS: Selection = fieldsOf({ 'tlb-fill': ['flags'] });
export const UPDATE_FIELDS: Selection = fieldsOf({ 'tlb-update': [] });

/** The first page of the table that the page lies in: where a huge entry over it stands. */
export function headOf(page: number): number {
  return page - (page % PAGES_PER_TABLE);
}

export class TlbLife {
  readonly #subject: TlbSubject;
  readonly #own = new Entry();
  /** The entry that stands at the head of the table, which covers the page where it is huge. */
  readonly #head: Entry;
  #words = '-';

  constructor(subject: TlbSubject) {
    this.#subject = subject;
    this.#head = headOf(subject.page) === subject.page ? this.#own : new Entry();
  }

  /** What the CPU has of the page now: `WD, slot 3`, or `-` for nothing. */
  get words(): string {
    return this.#words;
  }

  /** Goes on from what a checkpoint says that the CPU holds of the page, in an entry of its own. */
  resume(slot: number, flags: number): void {
    this.#own.hold(slot, flags);
    this.#words = this.#own.words;
  }

  /** Takes the next event of the kinds TLB_KINDS; whether what the CPU has of the page was replaced, changed or dropped by it. */
  take(batch: EventBatch, row: number): boolean {
    const { cpu, space, page } = this.#subject;
    if (batch.cpu[row] !== cpu) return false;
    const visible = this.#visible();
    let changed: boolean;
    if (this.#own === this.#head) changed = this.#own.take(batch, row, space, page);
    else {
      const own = this.#own.take(batch, row, space, page);
      const wasHuge = this.#head.isHuge;
      const head = this.#head.take(batch, row, space, headOf(page));
      changed = own || (head && this.#own.slot < 0 && (wasHuge || this.#head.isHuge));
    }
    if (!changed && visible === this.#visible()) return false;
    this.#words = this.#visible()?.words ?? '-';
    return true;
  }

  #visible(): Entry | null {
    if (this.#own.slot >= 0) return this.#own;
    return this.#head.slot >= 0 && this.#head.isHuge ? this.#head : null;
  }
}

/** One entry; slot -1 where there is none. */
class Entry {
  slot = -1;
  #flags = 0;

  get isHuge(): boolean {
    return (this.#flags & TLB_HUGE) !== 0;
  }

  get words(): string {
    const rights = (this.#flags & TLB_WRITABLE ? 'W' : '') + (this.#flags & TLB_DIRTY ? 'D' : '') || 'read-only';
    return `${rights}${this.isHuge ? ', huge' : ''}, slot ${this.slot}`;
  }

  hold(slot: number, flags: number): void {
    this.slot = slot;
    this.#flags = flags;
  }

  /** Whether the event did something to it. */
  take(batch: EventBatch, row: number, space: number, page: number): boolean {
    const { slots } = batch;
    switch (batch.kind[row]) {
      case tlbFill.code: {
        const slot = slots[tlbFill.slot.slot]![row]!;
        if (batch.page[row] !== page || batch.space[row] !== space) return slot === this.slot && this.#end();
        this.hold(slot, slots[tlbFill.slot.flags]![row]!);
        return true;
      }
      case tlbUpdate.code:
        if (this.slot < 0 || slots[tlbUpdate.slot.slot]![row] !== this.slot) return false;
        this.#flags = slots[tlbUpdate.slot.flags]![row]!;
        return true;
      case tlbEvict.code:
        return this.slot >= 0 && slots[tlbEvict.slot.slot]![row] === this.slot && this.#end();
      case flushAck.code:
        return this.slot >= 0 && this.#isFlushed(batch, row, space, page) && this.#end();
      default:
        return false;
    }
  }

  #end(): boolean {
    this.slot = -1;
    this.#flags = 0;
    return true;
  }

  #isFlushed(batch: EventBatch, row: number, space: number, page: number): boolean {
    const scope = batch.slots[flushAck.slot.scope]![row]!;
    if (scope !== SCOPE_RANGE && scope !== SCOPE_SPACE) return true;
    if (batch.space[row] !== space) return false;
    if (scope === SCOPE_SPACE) return true;
    const from = batch.page[row]!;
    const to = from + batch.slots[flushAck.slot.pages]![row]!;
    const pages = this.isHuge && page === headOf(page) ? PAGES_PER_TABLE : 1;
    return page < to && from < page + pages;
  }
}
