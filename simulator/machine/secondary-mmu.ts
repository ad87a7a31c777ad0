/**
 * The MMU of a device that follows a process's page table (an IOMMU with shared virtual addresses, a GPU under HMM, KVM's second stage): it caches
 * translations of its own and writes through them without a word to the CPU's entries. MMU notifiers keep it in step: between start
 * and end of an invalidation it has nothing of the range and takes nothing up. Its events are those of a CPU number -1.
 */
import {
  FLUSH_REASONS,
  FLUSH_SCOPES,
  NOTIFIER_PHASES,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_WRITABLE,
  TLB_DIRTY,
  TLB_WRITABLE,
} from '../../traces/index.js';
import { dropDiscarded } from './cpus.js';
import { ACTOR_DEVICE, type Journal } from './journal.js';
import type { Memory } from './memory.js';
import { Tlb } from './tlb.js';

/** Chosen: as the TLBs of CPUs. */
const SETS = 128;
const WAYS = 12;
const SCOPE_RANGE = FLUSH_SCOPES.indexOf('range');
const REASON = FLUSH_REASONS.indexOf('harvest');
const START = NOTIFIER_PHASES.indexOf('start');
const STORABLE = PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY;

export class SecondaryMmu {
  readonly tlb: Tlb;
  readonly #memory: Memory;
  readonly #journal: Journal;
  /** Invalidations under way. */
  #invalidating = 0;

  constructor(memory: Memory, journal: Journal) {
    this.tlb = new Tlb(SETS, WAYS, memory.pages.number.length);
    this.#memory = memory;
    this.#journal = journal;
  }

  /** Whether a translation may be taken up now. */
  get ready(): boolean {
    return this.#invalidating === 0;
  }

  /** A notifier call about first..last, before its entries change or after. */
  notify(first: number, last: number, phase: number): void {
    const memory = this.#memory;
    const span = memory.span(first, last);
    this.#journal.notifier(first, span, phase);
    this.#invalidating += phase === START ? 1 : -1;
    if (phase !== START) return;
    let held = 0;
    const { pages } = memory;
    for (let page = first; page >= 0; page = memory.nextWithin(page, last)) if (this.tlb.slotOf[page]! >= 0) held++;
    if (held === 0 && pages.discarded === 0) return;
    this.#asDevice(() => this.#journal.flushAck(first, span, SCOPE_RANGE, REASON, 0));
    if (pages.discarded > 0) dropDiscarded(this.tlb, pages, first, last);
    for (let page = first; page >= 0; page = memory.nextWithin(page, last)) {
      if (this.tlb.slotOf[page]! >= 0) this.tlb.drop(this.tlb.slotOf[page]!);
    }
  }

  /** A write of the device through a translation that it has; 0 where it has none. */
  store(page: number, offset: number, size: number): number {
    const slot = this.tlb.slotOf[page]!;
    if (slot < 0) return 0;
    this.#memory.otherWrite(page, this.tlb.frame[slot]!, offset, size, ACTOR_DEVICE, true);
    return 1;
  }

  /** Takes up the translation of a page, where its entry permits a store that leaves nothing to be set; 0 where it does not. */
  fill(page: number): number {
    const { pages } = this.#memory;
    if ((pages.flags[page]! & STORABLE) !== STORABLE) return 0;
    const flags = TLB_WRITABLE | TLB_DIRTY;
    const frame = pages.frame[page]!;
    const slot = this.tlb.fill(page, pages.number[page]!, frame, flags);
    this.#asDevice(() => this.#journal.tlbFill(page, pages.frames.number[frame]!, slot, 0, flags));
    return 1;
  }

  #asDevice(act: () => void): void {
    const { actor, cpu } = this.#journal;
    this.#journal.enter(ACTOR_DEVICE, -1);
    act();
    this.#journal.enter(actor, cpu);
  }
}
