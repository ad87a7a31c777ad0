/**
 * The TLB of one CPU, by slot and by page. Pages and frames are the dense indices of the fold's tables; `slotOf` makes the
 * entry that a write goes through one array access away.
 */
import { PAGES_PER_TABLE, TrailFormatError } from '../../base/index.js';
import { TLB_HUGE } from '../../traces/index.js';
import { widen, type PageTable } from './page-table.js';

/** Chosen: 8,192 CPUs with the slots of a large second-level TLB, 180 MB here; a trail that names more is damaged. */
const SLOTS_MAX = 2 ** 24;

/** What all TLBs of a machine together may take, so that a hostile trail cannot ask for a large one on each of many CPUs. */
export class SlotRoom {
  #left = SLOTS_MAX;

  /** Throws a `TrailFormatError` when there is no room for so many slots more. */
  take(slots: number): void {
    if (slots > this.#left) {
      throw new TrailFormatError({
        what: `the TLBs of the trail have more than ${SLOTS_MAX} slots together`,
        why: 'no machine has; what it says of its TLBs is damaged',
        mend: 'restore the file from a copy, or record again',
      });
    }
    this.#left -= slots;
  }
}

export class CpuTlb {
  /** Valid entries. */
  count = 0;
  /** Page index by slot; -1 where the slot is empty. */
  page: Int32Array<ArrayBuffer> = new Int32Array(0);
  /** Frame index by slot. */
  frame: Int32Array<ArrayBuffer> = new Int32Array(0);
  /** TLB_WRITABLE, TLB_DIRTY and TLB_HUGE, by slot. */
  flags: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  asid: Uint16Array<ArrayBuffer> = new Uint16Array(0);
  /** Told of every entry that goes, just before it does. */
  onDrop: ((slot: number) => void) | null = null;
  #slotOf = new Int32Array(0); // by page index: slot + 1; 0 is none
  #huge = false;

  readonly #room: SlotRoom;

  constructor(slots: number, room = new SlotRoom()) {
    this.#room = room;
    this.#growSlots(slots);
  }

  /** Whether it ever held an entry for a huge page. */
  get knowsHuge(): boolean {
    return this.#huge;
  }

  /** Slot that holds the page, or -1. */
  slotOf(page: number): number {
    return page < this.#slotOf.length ? this.#slotOf[page]! - 1 : -1;
  }

  /** Slot of the entry that a write to the page goes through: its own, or that of the huge page it is part of; or -1. */
  translation(table: PageTable, page: number): number {
    const slot = this.slotOf(page);
    return slot >= 0 || !this.#huge ? slot : this.#hugeSlot(table, table.space[page]!, table.page[page]!);
  }

  fill(slot: number, page: number, frame: number, asid: number, flags: number): void {
    if (slot >= this.page.length) this.#growSlots(slot + 1);
    if (page >= this.#slotOf.length) {
      this.#slotOf = widen(this.#slotOf, new Int32Array(2 ** Math.ceil(Math.log2(page + 1024))));
    }
    const earlier = this.#slotOf[page]! - 1;
    if (earlier >= 0 && earlier !== slot) this.empty(earlier);
    this.empty(slot);
    this.page[slot] = page;
    this.frame[slot] = frame;
    this.asid[slot] = asid;
    this.flags[slot] = flags;
    this.#huge ||= (flags & TLB_HUGE) !== 0;
    this.#slotOf[page] = slot + 1;
    this.count++;
  }

  /** Changes the flags of the entry in that slot; nothing where there is none. */
  update(slot: number, flags: number): void {
    if (slot >= this.page.length || this.page[slot]! < 0) return;
    this.flags[slot] = flags;
    this.#huge ||= (flags & TLB_HUGE) !== 0;
  }

  /** Drops what the slot holds. */
  empty(slot: number): void {
    if (slot >= this.page.length) return;
    const page = this.page[slot]!;
    if (page < 0) return;
    this.onDrop?.(slot);
    this.#slotOf[page] = 0;
    this.page[slot] = -1;
    this.count--;
  }

  /** Drops the entries of [page, page + pages) of the space, and those of huge pages that reach into it. */
  flushRange(table: PageTable, space: number, page: number, pages: number): void {
    if (pages <= 64 && pages * 4 < this.page.length) {
      for (let head = page; this.#huge && head < page + pages; head += PAGES_PER_TABLE - (head % PAGES_PER_TABLE)) {
        const slot = this.#hugeSlot(table, space, head);
        if (slot >= 0) this.empty(slot);
      }
      for (let i = 0; i < pages; i++) {
        const index = table.find(space, page + i);
        const slot = index < 0 ? -1 : this.slotOf(index);
        if (slot >= 0) this.empty(slot);
      }
      return;
    }
    const end = page + pages;
    for (let slot = 0; slot < this.page.length && this.count > 0; slot++) {
      const index = this.page[slot]!;
      if (index < 0 || table.space[index] !== space) continue;
      const held = table.page[index]!;
      const heldPages = this.flags[slot]! & TLB_HUGE && held % PAGES_PER_TABLE === 0 ? PAGES_PER_TABLE : 1;
      if (held + heldPages > page && held < end) this.empty(slot);
    }
  }

  /** Drops all entries of the space. */
  flushSpace(table: PageTable, space: number): void {
    this.flushRange(table, space, 0, Number.MAX_SAFE_INTEGER);
  }

  flushAll(): void {
    for (let slot = 0; slot < this.page.length; slot++) this.empty(slot);
  }

  /** Slot of the huge entry that covers that page number, or -1. */
  #hugeSlot(table: PageTable, space: number, page: number): number {
    const head = table.find(space, page - (page % PAGES_PER_TABLE));
    const slot = head < 0 ? -1 : this.slotOf(head);
    return slot >= 0 && this.flags[slot]! & TLB_HUGE ? slot : -1;
  }

  #growSlots(wanted: number): void {
    const before = this.page.length;
    const slots = Math.max(16, 2 ** Math.ceil(Math.log2(wanted)));
    this.#room.take(slots - before);
    this.page = widen(this.page, new Int32Array(slots)).fill(-1, before);
    this.frame = widen(this.frame, new Int32Array(slots));
    this.asid = widen(this.asid, new Uint16Array(slots));
    this.flags = widen(this.flags, new Uint8Array(slots));
  }
}
