/**
 * Pages for which some TLB entry may allow more than memory does. Most writes of most trails go through faithful entries, and nothing but a change of the
 * entry, of the frame, or a fill beyond what memory has can make them anything else; so only the pages that had one since are looked at.
 * Huge entries and second stages have their say for many pages at once: where there are any, every page is suspect.
 */
import {
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_WRITABLE,
  TLB_DIRTY,
  TLB_HUGE,
  TLB_WRITABLE,
  tlbFill,
  tlbUpdate,
} from '../../traces/index.js';
import type { Fold } from '../../replayer/index.js';
import { widened } from '../columns.js';
import { excessOf } from '../entry-permissions.js';
import type { CollectorDefinition, EventHandler } from '../pass.js';
import { entryChanges } from './entry-changes.js';

export class Suspects {
  #all: boolean;
  #pages = new Uint8Array(1024);

  constructor(all: boolean) {
    this.#all = all;
  }

  /** False: every TLB entry for the page (an index) is faithful to memory. */
  has(page: number): boolean {
    return this.#all || (page < this.#pages.length && this.#pages[page] !== 0);
  }

  /** @param page an index; -1 for a page that the trail did not know */
  add(page: number): void {
    if (page < 0) this.#all = true;
    else if (page < this.#pages.length) this.#pages[page] = 1;
    else {
      this.#pages = widened(this.#pages, new Uint8Array(2 ** Math.ceil(Math.log2(page + 1))));
      this.#pages[page] = 1;
    }
  }

  addAll(): void {
    this.#all = true;
  }

  /** Looks whether the page is suspect any longer, after one of its entries was found faithful. */
  review(fold: Fold, page: number): void {
    if (this.#all || page >= this.#pages.length) return;
    for (let cpu = fold.deviceTlb === undefined ? 0 : -1; cpu < fold.tlbs.length; cpu++) {
      const tlb = fold.tlb(cpu);
      const slot = tlb === undefined ? -1 : tlb.slotOf(page);
      if (slot >= 0 && excessOf(fold, page, tlb!, slot) >= 0) return;
    }
    this.#pages[page] = 0;
  }
}

export const suspects: CollectorDefinition<null, Suspects> = {
  id: 'suspects',
  create({ meta }, peers) {
    const changes = peers.of(entryChanges);
    const found = new Suspects(meta.spaces.some(({ kind }) => kind === 'second-stage'));
    const moved: EventHandler = (_batch, _row, _fold, page) => {
      if (page >= 0) found.add(page);
    };
    /** An entry of these flags is cached. */
    const cached = (fold: Fold, page: number, flags: number) => {
      if (flags & TLB_HUGE) found.addAll();
      else if (page < 0) found.add(-1);
      else if (!found.has(page)) {
        const memory = fold.pteFlags(page);
        const isFaithful =
          (memory & PTE_PRESENT) !== 0 &&
          ((flags & TLB_WRITABLE) === 0 ||
            ((memory & PTE_WRITABLE) !== 0 && ((flags & TLB_DIRTY) === 0 || (memory & PTE_DIRTY) !== 0)));
        if (!isFaithful) found.add(page);
      }
    };
    return {
      on: {
        pte(_batch, _row, _fold, page) {
          if (changes.isHuge) found.addAll();
          else if (page >= 0 && changes.restricted !== 0) found.add(page);
        },
        map: moved,
        unmap: moved,
        'frame-move': moved,
        'tlb-fill'(batch, row, fold, page) {
          const { slots } = batch;
          cached(fold, page, slots[tlbFill.slot.flags]![row]!);
          if (page >= 0 && fold.frames.numberOf(fold.pages.frame[page]!) !== slots[tlbFill.slot.frame]![row])
            found.add(page);
        },
        'tlb-update'({ slots, cpu }, row, fold) {
          // The slot says which entry it is.
          const page = fold.tlb(cpu[row]!)?.page[slots[tlbUpdate.slot.slot]![row]!] ?? -1;
          if (page >= 0) cached(fold, page, slots[tlbUpdate.slot.flags]![row]!);
        },
      },
      finish: () => null,
      live: found,
    };
  },
};
