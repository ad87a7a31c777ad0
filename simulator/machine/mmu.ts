/**
 * What CPUs do about translations: TLB lookup, page walk, faults and exits. One TLB per CPU; whatever a TLB holds may differ from memory
 * until somebody flushes it.
 */
import {
  EVICT_REASONS,
  EXIT_REASONS,
  FAULT_WRITE,
  FLUSH_REASONS,
  FLUSH_SCOPES,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_WRITABLE,
  TLB_DIRTY,
  TLB_HUGE,
  TLB_WRITABLE,
} from '../../traces/index.js';
import type { Architecture } from '../architectures/index.js';
import type { Costs } from '../costs/index.js';
import { Lookup, Walk } from '../micro-ops.js';
import { STEP_NUMBER } from '../steps.js';
import { FAULT_HANDLER } from './codes.js';
import type { Cpus } from './cpus.js';
import { DirtyLog, PML_ENTRIES } from './dirty-log.js';
import type { Journal } from './journal.js';
import type { Memory } from './memory.js';
import { firstAt } from './order.js';
import { OneStage, ShadowTable, type Translation, TwoStages } from './translation.js';

const EVICT_FAULT = EVICT_REASONS.indexOf('fault');
const EVICT_RANDOM = EVICT_REASONS.indexOf('random');
const SCOPE_SPACE = FLUSH_SCOPES.indexOf('space');
const REASON_SWITCH = FLUSH_REASONS.indexOf('switch');
const STORABLE = PTE_PRESENT | PTE_WRITABLE;
const EXIT = {
  violation: EXIT_REASONS.indexOf('ept-violation'),
  shadow: EXIT_REASONS.indexOf('shadow-fault'),
} as const;

export interface MmuOptions {
  readonly architecture: Architecture;
  readonly costs: Costs;
  /** Cost of a write-protection fault under the strategy, ns. */
  readonly writeFaultNs: number;
  /** The walker sets D without checking P and W again. */
  readonly blindWalker: boolean;
  /** The object is mapped by entries of 2 MiB. */
  readonly huge: boolean;
  /** How the pages of the program become frames: by one table; by two; by a shadow that a monitor keeps. */
  readonly translation: 'one-stage' | 'two-stages' | 'shadow';
  /** The one table is a monitor's, so what it does not allow is an exit of the virtual CPU. */
  readonly faultsExit: 'violation' | 'shadow' | null;
  /** The walker logs what it dirties in the table of the monitor. */
  readonly pml: boolean;
  readonly ringEntries: number;
}

export class Mmu {
  /** A monitor stands between the program's table and the walker. */
  readonly hasMonitor: boolean;
  readonly pml: DirtyLog | null;
  readonly ring: DirtyLog;
  /** Flags of a TLB entry through which a store needs no walk. */
  readonly storeFlags: number;

  readonly #options: MmuOptions;
  readonly #cpus: Cpus;
  readonly #memory: Memory;
  readonly #journal: Journal;
  readonly #walker: Translation;

  constructor(options: MmuOptions, cpus: Cpus, memory: Memory, journal: Journal) {
    const { architecture, costs, blindWalker: blind, translation } = options;
    this.#options = options;
    this.storeFlags = architecture.changeBitInFrame ? TLB_WRITABLE : TLB_WRITABLE | TLB_DIRTY;
    this.#cpus = cpus;
    this.#memory = memory;
    this.#journal = journal;
    this.hasMonitor = translation !== 'one-stage';
    this.pml = options.pml ? new DirtyLog(PML_ENTRIES) : null;
    this.ring = new DirtyLog(options.ringEntries);
    const walkers = { 'one-stage': OneStage, 'two-stages': TwoStages, shadow: ShadowTable } as const;
    const walkerOptions = { architecture, costs, blind, pml: this.pml };
    this.#walker = new walkers[translation](walkerOptions, memory, journal, (entry, flags) =>
      this.#cache(entry, flags),
    );
  }

  /** The current CPU runs that address space from here on. */
  enterSpace(space: number): void {
    const journal = this.#journal;
    const { cpu } = journal;
    if (this.#cpus.spaces.currentOf(cpu) === space) return;
    const dropped = this.#cpus.spaces.enter(cpu, space);
    if (dropped < 0) return;
    const held = this.#cpus.heldOf(cpu, dropped);
    if (held === 0) return;
    const page = firstAt(this.#memory.pages, dropped, 0, Number.MAX_SAFE_INTEGER);
    journal.step = STEP_NUMBER['switch address space'];
    const { costs } = this.#options;
    journal.flushAck(page, 1, SCOPE_SPACE, REASON_SWITCH, costs.fullFlush + held * costs.refillPerEntry);
    this.#cpus.dropSpace(cpu, dropped);
  }

  lookup(page: number): number {
    const { cpu } = this.#journal;
    this.#cpus.ran[cpu] = true;
    this.#cpus.inInstruction[cpu] = true;
    const slot = this.slotOf(cpu, page);
    if (slot < 0) return Lookup.miss;
    const flags = this.#cpus.tlbs[cpu]!.flags[slot]!;
    if ((flags & TLB_WRITABLE) === 0) return Lookup.readOnly;
    return (flags & this.storeFlags) === this.storeFlags ? Lookup.dirty : Lookup.clean;
  }

  /** Slot of what a CPU has cached for a page, perhaps as part of a huge one; or -1. */
  slotOf(cpu: number, page: number): number {
    const tlb = this.#cpus.tlbs[cpu]!;
    const slot = tlb.slotOf[page]!;
    if (slot >= 0 || !this.#options.huge || this.#memory.pages.frame[page]! < 0) return slot;
    const huge = tlb.slotOf[this.#memory.pages.tableOf(page).entries[0]!]!;
    return huge >= 0 && tlb.flags[huge]! & TLB_HUGE ? huge : -1;
  }

  canStore(entry: number): boolean {
    return this.#walker.canStore(entry);
  }

  walkForStore(entry: number): number {
    return this.#walker.walkForStore(entry);
  }

  setDirty(entry: number): number {
    return this.#walker.setDirty(entry);
  }

  setSecondDirty(entry: number): number {
    return this.#walker.setSecondDirty(entry);
  }

  walkForLoad(entry: number): number {
    return this.#walker.walkForLoad(entry);
  }

  /** All steps of a walk for a store that needs no fault, exit or trap (`canStore`); gives the slot. */
  fillForStore(entry: number): number {
    const { cpu } = this.#journal;
    const walker = this.#walker;
    this.#cpus.ran[cpu] = true;
    const slot = this.#cpus.tlbs[cpu]!.slotOf[entry]!;
    const clean = slot >= 0 && (this.#cpus.tlbs[cpu]!.flags[slot]! & TLB_WRITABLE) !== 0;
    let walked: number = clean ? Walk.needsDirty : walker.walkForStore(entry);
    if (walked === Walk.needsDirty) walked = walker.setDirty(entry);
    if (walked === Walk.needsSecondDirty) walker.setSecondDirty(entry);
    return this.#cpus.tlbs[cpu]!.slotOf[entry]!;
  }

  /** A store of an instruction whose pages are all translated reaches memory. */
  commit(page: number, offset: number, size: number): void {
    const { pages } = this.#memory;
    const journal = this.#journal;
    const tlb = this.#cpus.tlbs[journal.cpu]!;
    const slot = this.slotOf(journal.cpu, page);
    // The translation of a later part of the same store may have taken the slot.
    const frame =
      slot >= 0 ? tlb.frame[slot]! + pages.number[page]! - pages.number[tlb.page[slot]!]! : pages.frame[page]!;
    this.#memory.written(frame, page);
    journal.write(pages.space[page]!, pages.number[page]!, offset, size, journal.program[journal.cpu]!);
    this.#memory.changed(page);
  }

  /**
   * The current CPU faults; gives the handler's code.
   * @param error bits as the CPU saw the entry; the handler that it is sent to looks at memory again
   */
  fault(page: number, error: number): number {
    const journal = this.#journal;
    const { cpu } = journal;
    const entry = this.#memory.entryOf(page);
    const handler = this.#handlerOf(this.#memory.pages.flags[entry]!, error);
    const { faultsExit, costs } = this.#options;
    this.#cpus.ran[cpu] = true;
    this.#cpus.inInstruction[cpu] = false;
    this.#cpus.inKernel[cpu] = true;
    if (faultsExit === null) journal.fault(page, error, handler, this.#faultCost(handler));
    else journal.exit(page, EXIT[faultsExit], faultsExit === 'shadow' ? costs.shadowFault : costs.eptViolation);
    // A fault drops the entry it went through (SDM vol. 3A, 4.10.4.1), so the retry walks afresh.
    const slot = this.slotOf(cpu, page);
    if (slot >= 0) {
      journal.tlbEvict(this.#cpus.tlbs[cpu]!.page[slot]!, slot, EVICT_FAULT);
      this.#cpus.tlbs[cpu]!.drop(slot);
    }
    return handler;
  }

  /** A page request of the device's MMU reaches the kernel; gives the handler's code. */
  deviceFault(page: number, error: number): number {
    const flags = this.#memory.pages.flags[page]!;
    // Taking a page for writing sets D, whoever sets it for CPUs.
    const trap = (flags & STORABLE) === STORABLE && (flags & PTE_DIRTY) === 0;
    const handler = trap ? FAULT_HANDLER['dirty-trap'] : this.#handlerOf(flags, error);
    this.#cpus.inKernel[this.#journal.cpu] = true;
    this.#journal.fault(page, error, handler, this.#faultCost(handler));
    return handler;
  }

  /** The second stage, or the shadow, does not allow the access: the virtual CPU exits. Gives the handler of the monitor's own entry. */
  violation(page: number, error: number): number {
    const journal = this.#journal;
    const { translation, costs } = this.#options;
    const under = this.#memory.pages.under[page]!;
    this.#cpus.inInstruction[journal.cpu] = false;
    this.#cpus.inMonitor[journal.cpu] = true;
    if (translation === 'shadow') journal.exit(under, EXIT.shadow, costs.shadowFault);
    else journal.exit(under, EXIT.violation, costs.eptViolation);
    return this.#handlerOf(this.#memory.pages.flags[under]!, error);
  }

  /** The current CPU loses the entry in a slot, for no reason of the program's. */
  evict(slot: number): void {
    const tlb = this.#cpus.tlbs[this.#journal.cpu]!;
    const page = tlb.page[slot]!;
    this.#journal.step = STEP_NUMBER.evict;
    tlb.drop(slot);
    this.#journal.tlbEvict(page, slot, EVICT_RANDOM);
  }

  #handlerOf(flags: number, error: number): number {
    if ((flags & PTE_PRESENT) === 0) return FAULT_HANDLER['not-present'];
    if ((error & FAULT_WRITE) === 0) return FAULT_HANDLER.spurious;
    if ((flags & PTE_WRITABLE) === 0) return FAULT_HANDLER['write-protect'];
    const { hardwareSetsDirty, changeBitInFrame } = this.#options.architecture;
    const trap = (flags & PTE_DIRTY) === 0 && !changeBitInFrame && !hardwareSetsDirty;
    return trap ? FAULT_HANDLER['dirty-trap'] : FAULT_HANDLER.spurious;
  }

  #faultCost(handler: number): number {
    const { costs, writeFaultNs } = this.#options;
    if (handler === FAULT_HANDLER['not-present']) return costs.notPresentFault;
    if (handler === FAULT_HANDLER['write-protect']) return writeFaultNs;
    return handler === FAULT_HANDLER['dirty-trap'] ? costs.dirtyTrap : costs.spuriousFault;
  }

  /** Caches a translation of the current CPU; gives the slot. */
  #cache(entry: number, tlbFlags: number): number {
    const { pages } = this.#memory;
    const journal = this.#journal;
    const tlb = this.#cpus.tlbs[journal.cpu]!;
    const frame = pages.frame[entry]!;
    journal.step = STEP_NUMBER['hardware walk'];
    const cached = tlb.slotOf[entry]!;
    if (cached >= 0 && tlb.frame[cached] === frame) {
      if (tlb.flags[cached] !== tlbFlags) {
        tlb.flags[cached] = tlbFlags;
        journal.tlbUpdate(entry, cached, tlbFlags);
      }
      return cached;
    }
    const number = pages.number[entry]!;
    const tag = this.#cpus.spaces.tagOf(journal.cpu);
    const slot = tlb.fill(entry, number, frame, tlbFlags, tag);
    journal.tlbFill(entry, pages.frames.number[frame]!, slot, tag, tlbFlags);
    return slot;
  }
}
