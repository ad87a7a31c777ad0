/**
 * What one CPU's TLB has of one page, event by event, without the rest of the TLB. An entry ends without an event of its own when another page
 * is filled into its slot or a flush sweeps it away. A page may be covered by an entry of its own and by one of the huge page over it; the
 * CPU goes by its own first.
 */
import { PAGES_PER_TABLE } from '../base/index.js';
import { flushAck, FLUSH_SCOPES, TLB_HUGE, tlbEvict, tlbFill, tlbUpdate, type EventBatch } from '../traces/index.js';
import type { Fold } from './fold/index.js';

const SCOPE_RANGE = FLUSH_SCOPES.indexOf('range');
const SCOPE_SPACE = FLUSH_SCOPES.indexOf('space');
const NO_SLOT = -1;

/** The first page of the table that the page lies in: where a huge entry over it stands. */
export function headOf(page: number): number {
  return page - (page % PAGES_PER_TABLE);
}

/** The entry that stands at a page. */
export class CachedEntry {
  slot = NO_SLOT;
  frame = 0;
  flags = 0;
  asid = 0;

  constructor(
    readonly space: number,
    readonly page: number,
  ) {}

  get isHeld(): boolean {
    return this.slot !== NO_SLOT;
  }

  get isHuge(): boolean {
    return (this.flags & TLB_HUGE) !== 0;
  }

  /** Whether the event, which is of this CPU's TLB, did something to it. */
  take(batch: EventBatch, row: number): boolean {
    const { slots } = batch;
    switch (batch.kind[row]) {
      case tlbFill.code: {
        const slot = slots[tlbFill.slot.slot]![row]!;
        if (batch.page[row] !== this.page || batch.space[row] !== this.space) return slot === this.slot && this.#end();
        this.slot = slot;
        this.frame = slots[tlbFill.slot.frame]![row]!;
        this.flags = slots[tlbFill.slot.flags]![row]!;
        this.asid = slots[tlbFill.slot.asid]![row]!;
        return true;
      }
      case tlbUpdate.code:
        if (!this.isHeld || slots[tlbUpdate.slot.slot]![row] !== this.slot) return false;
        this.flags = slots[tlbUpdate.slot.flags]![row]!;
        return true;
      case tlbEvict.code:
        return this.isHeld && slots[tlbEvict.slot.slot]![row] === this.slot && this.#end();
      case flushAck.code:
        return this.isHeld && this.#isFlushed(batch, row) && this.#end();
      default:
        return false;
    }
  }

  /** Goes on from what the fold knows of that CPU. */
  load(fold: Fold, cpu: number): void {
    const tlb = fold.tlb(cpu);
    const index = fold.pages.find(this.space, this.page);
    this.slot = tlb === undefined || index < 0 ? NO_SLOT : tlb.slotOf(index);
    if (!this.isHeld) return;
    this.frame = fold.frames.numberOf(tlb!.frame[this.slot]!);
    this.flags = tlb!.flags[this.slot]!;
    this.asid = tlb!.asid[this.slot]!;
  }

  #end(): boolean {
    this.slot = NO_SLOT;
    return true;
  }

  #isFlushed(batch: EventBatch, row: number): boolean {
    const scope = batch.slots[flushAck.slot.scope]![row]!;
    if (scope !== SCOPE_RANGE && scope !== SCOPE_SPACE) return true;
    if (batch.space[row] !== this.space) return false;
    if (scope === SCOPE_SPACE) return true;
    const first = batch.page[row]!;
    const pages = batch.slots[flushAck.slot.pages]![row]!;
    const held = this.isHuge && this.page === headOf(this.page) ? PAGES_PER_TABLE : 1;
    return pages > 0 && this.page + held > first && this.page < first + pages;
  }
}

export class CachedPage {
  readonly own: CachedEntry;
  /** The entry at the head of the table, which covers the page where it is huge; the page's own where it is the head. */
  readonly #head: CachedEntry;

  constructor(
    readonly cpu: number,
    space: number,
    page: number,
  ) {
    this.own = new CachedEntry(space, page);
    this.#head = headOf(page) === page ? this.own : new CachedEntry(space, headOf(page));
  }

  /** The entry that a write to the page goes through; null where there is none. */
  get entry(): CachedEntry | null {
    if (this.own.isHeld) return this.own;
    return this.#head.isHeld && this.#head.isHuge ? this.#head : null;
  }

  /** Whether nothing is held that could come to cover the page. */
  get isEmpty(): boolean {
    return !this.own.isHeld && !this.#head.isHeld;
  }

  /** Whether the event fills one of the two entries. */
  isFilledBy(batch: EventBatch, row: number): boolean {
    return (
      batch.kind[row] === tlbFill.code &&
      batch.cpu[row] === this.cpu &&
      batch.space[row] === this.own.space &&
      (batch.page[row] === this.own.page || batch.page[row] === this.#head.page)
    );
  }

  /** Whether the event did something to the entry that a write went through before it, or goes through after it. */
  take(batch: EventBatch, row: number): boolean {
    if (batch.cpu[row] !== this.cpu) return false;
    const before = this.entry;
    const own = this.own.take(batch, row);
    const head = this.#head !== this.own && this.#head.take(batch, row);
    const after = this.entry;
    if (before !== after) return true;
    return before !== null && (before === this.own ? own : head);
  }

  load(fold: Fold): void {
    this.own.load(fold, this.cpu);
    if (this.#head !== this.own) this.#head.load(fold, this.cpu);
  }
}
