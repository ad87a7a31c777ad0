/**
 * What CPUs do about translations: TLB lookup, page walk, setting D, faults, and dropping entries when a flush arrives. One TLB
 * per CPU; whatever a TLB holds may differ from memory until somebody flushes it.
 */
import {
  EVICT_REASONS,
  FAULT_WRITE,
  FLUSH_SCOPES,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_WRITABLE,
  TLB_DIRTY,
  TLB_WRITABLE,
} from '../../traces/index.js';
import type { Architecture } from '../architectures/index.js';
import type { Costs } from '../costs/index.js';
import { Lookup, Walk } from '../micro-ops.js';
import { STEP_NUMBER } from '../steps.js';
import { FAULT_HANDLER, PTE_CAUSE } from './codes.js';
import { ACTOR_PROGRAM, type Journal } from './journal.js';
import type { Memory } from './memory.js';
import { type FlushRequest, Shootdowns } from './shootdowns.js';
import { Tlb } from './tlb.js';

const EVICT_FAULT = EVICT_REASONS.indexOf('fault');
const EVICT_RANDOM = EVICT_REASONS.indexOf('random');
const SCOPE_RANGE = FLUSH_SCOPES.indexOf('range');
const SCOPE_SPACE = FLUSH_SCOPES.indexOf('space');

export interface MmuOptions {
  readonly architecture: Architecture;
  readonly costs: Costs;
  /** Cost of a write-protection fault under the strategy, ns. */
  readonly writeFaultNs: number;
  readonly tlb: { readonly sets: number; readonly ways: number };
}

export class Mmu {
  readonly tlbs: Tlb[] = [];
  /** CPUs that have run the program, and so may hold its translations. */
  readonly ran: boolean[] = [];
  /** CPUs between the first lookup and the end of an instruction: no flush lands there now. */
  readonly inInstruction: boolean[] = [];
  readonly shootdowns = new Shootdowns();

  /** Flags of a TLB entry through which a store needs no walk. */
  readonly storeFlags: number;

  readonly #options: MmuOptions;
  readonly #memory: Memory;
  readonly #journal: Journal;

  constructor(options: MmuOptions, memory: Memory, journal: Journal) {
    this.#options = options;
    this.storeFlags = options.architecture.changeBitInFrame ? TLB_WRITABLE : TLB_WRITABLE | TLB_DIRTY;
    this.#memory = memory;
    this.#journal = journal;
  }

  addCpu(): void {
    const { sets, ways } = this.#options.tlb;
    this.tlbs.push(new Tlb(sets, ways, this.#memory.pages.number.length));
    this.ran.push(false);
    this.inInstruction.push(false);
    this.shootdowns.addCpu();
  }

  /** Every TLB gets room for the page indices there are, and for so many as this gives. */
  grow(): number {
    const capacity = this.#memory.pages.number.length;
    for (const tlb of this.tlbs) if (tlb.slotOf.length < capacity) tlb.grow(capacity);
    return capacity;
  }

  lookup(page: number): number {
    const { cpu } = this.#journal;
    this.ran[cpu] = true;
    this.inInstruction[cpu] = true;
    const slot = this.tlbs[cpu]!.slotOf[page]!;
    if (slot < 0) return Lookup.miss;
    const flags = this.tlbs[cpu]!.flags[slot]!;
    if ((flags & TLB_WRITABLE) === 0) return Lookup.readOnly;
    return (flags & this.storeFlags) === this.storeFlags ? Lookup.dirty : Lookup.clean;
  }

  /** The walker reads the entry for a store. With D still to be set it fills nothing: the check and the set come as one step. */
  walkForStore(page: number): number {
    const flags = this.#memory.pages.flags[page]!;
    if ((flags & PTE_PRESENT) === 0) return Walk.notPresent;
    if ((flags & PTE_WRITABLE) === 0) return Walk.readOnly;
    if (this.#needsDirty(flags)) return this.#options.architecture.hardwareSetsDirty ? Walk.needsDirty : Walk.readOnly;
    this.fill(page, true);
    return Walk.filled;
  }

  /** Check of P and W and setting of D in one locked step (Intel SDM vol. 3A, 8.1.2). */
  setDirty(page: number): number {
    const flags = this.#memory.pages.flags[page]!;
    if ((flags & PTE_PRESENT) === 0) return Walk.notPresent;
    if ((flags & PTE_WRITABLE) === 0) return Walk.readOnly;
    this.fill(page, true);
    return Walk.filled;
  }

  walkForLoad(page: number): number {
    if ((this.#memory.pages.flags[page]! & PTE_PRESENT) === 0) return Walk.notPresent;
    this.fill(page, false);
    return Walk.filled;
  }

  /** Sets A, and D for a store, in an entry that permits the access, and caches it. Gives the slot. */
  fill(page: number, forStore: boolean): number {
    // Where no hardware sets D none sets A: entries are young from the start, and a store has trapped for D before it gets here.
    const hardware = this.#options.architecture.hardwareSetsDirty;
    const wanted = hardware ? PTE_ACCESSED | (forStore ? PTE_DIRTY : 0) : 0;
    const old = this.#memory.pages.flags[page]!;
    if ((old & wanted) !== wanted) {
      const setsDirty = forStore && (old & PTE_DIRTY) === 0;
      this.#journal.step = setsDirty ? STEP_NUMBER['hardware sets D'] : STEP_NUMBER['hardware walk'];
      this.#memory.change(page, old | wanted, PTE_CAUSE.walker, setsDirty ? this.#options.costs.walkerSetDirty : 0);
    }
    return this.#cache(page);
  }

  /** A store of an instruction whose pages are all translated reaches memory. */
  commit(page: number, offset: number, size: number): void {
    const { pages } = this.#memory;
    const journal = this.#journal;
    const tlb = this.tlbs[journal.cpu]!;
    const slot = tlb.slotOf[page]!;
    // The translation of a later part of the same store may have taken the slot.
    pages.generation[slot >= 0 ? tlb.frame[slot]! : pages.frame[page]!]!++;
    journal.write(pages.number[page]!, offset, size, journal.program[journal.cpu]!);
    this.#memory.changed(page);
  }

  /**
   * The current CPU faults; gives the handler's code.
   * @param error bits as the CPU saw the entry; the handler that it is sent to looks at memory again
   */
  fault(page: number, error: number): number {
    const journal = this.#journal;
    const { cpu } = journal;
    const number = this.#memory.pages.number[page]!;
    const handler = this.#handlerOf(this.#memory.pages.flags[page]!, error);
    this.ran[cpu] = true;
    this.inInstruction[cpu] = false;
    journal.fault(number, error, handler, this.#faultCost(handler));
    // A fault drops the entry it went through (SDM vol. 3A, 4.10.4.1), so the retry walks afresh.
    const slot = this.tlbs[cpu]!.slotOf[page]!;
    if (slot >= 0) {
      this.tlbs[cpu]!.drop(slot);
      journal.tlbEvict(number, slot, EVICT_FAULT);
    }
    return handler;
  }

  /** The current CPU loses the entry in a slot, for no reason of the program's. */
  evict(slot: number): void {
    const tlb = this.tlbs[this.#journal.cpu]!;
    const page = tlb.page[slot]!;
    this.#journal.step = STEP_NUMBER.evict;
    tlb.drop(slot);
    this.#journal.tlbEvict(this.#memory.pages.number[page]!, slot, EVICT_RANDOM);
  }

  /** Sends a flush of first..last to every CPU that has run the program; gives the number of remote ones interrupted. */
  sendFlush(first: number, last: number, reason: number, wholeSpace: boolean): number {
    const { costs, architecture } = this.#options;
    const journal = this.#journal;
    const span = this.#memory.span(first, last);
    const scope = wholeSpace || span > architecture.flushCeilingPages ? SCOPE_SPACE : SCOPE_RANGE;
    let remote = 0;
    let costNs: number;
    if (architecture.flushBy === 'broadcast') {
      costNs = costs.broadcastBase + (scope === SCOPE_RANGE ? span : 1) * costs.broadcastPerPage;
    } else {
      for (let cpu = 0; cpu < this.ran.length; cpu++) if (this.ran[cpu] && cpu !== journal.cpu) remote++;
      costNs = remote === 0 ? 0 : costs.ipiBase + remote * costs.ipiPerCpu;
    }
    journal.flushSend(this.#memory.pages.number[first]!, span, scope, remote, reason, costNs);
    const request: FlushRequest = { first, last, scope, reason, sender: journal.actor };
    for (let cpu = 0; cpu < this.ran.length; cpu++) if (this.ran[cpu]) this.shootdowns.send(cpu, request);
    return remote;
  }

  /** A CPU acts on its oldest pending flush. */
  acknowledge(cpu: number): void {
    const journal = this.#journal;
    const { pages } = this.#memory;
    const { first, last, scope, reason } = this.shootdowns.acknowledge(cpu);
    const span = this.#memory.span(first, last);
    const { actor, cpu: before } = journal;
    if (cpu !== before) journal.enter(ACTOR_PROGRAM + cpu, cpu);
    journal.step = STEP_NUMBER.flush;
    journal.flushAck(pages.number[first]!, span, scope, reason, this.#acknowledgeCost(cpu, span, scope));
    journal.enter(actor, before);
    const tlb = this.tlbs[cpu]!;
    if (scope === SCOPE_RANGE) {
      for (let page = first; page >= 0; page = this.#memory.nextWithin(page, last)) {
        if (tlb.slotOf[page]! >= 0) tlb.drop(tlb.slotOf[page]!);
      }
    } else {
      for (let slot = 0; tlb.valid > 0; slot++) tlb.drop(slot);
    }
  }

  /** A store through this entry must see D set first. */
  #needsDirty(flags: number): boolean {
    return (flags & PTE_DIRTY) === 0 && !this.#options.architecture.changeBitInFrame;
  }

  /** A broadcast is paid by its sender; the target only walks again for what it lost. */
  #acknowledgeCost(cpu: number, span: number, scope: number): number {
    const { architecture, costs } = this.#options;
    const interrupted = architecture.flushBy === 'ipi';
    if (scope === SCOPE_RANGE) return interrupted ? span * costs.invlpg : 0;
    return (interrupted ? costs.fullFlush : 0) + this.tlbs[cpu]!.valid * costs.refillPerEntry;
  }

  #handlerOf(flags: number, error: number): number {
    if ((flags & PTE_PRESENT) === 0) return FAULT_HANDLER['not-present'];
    if ((error & FAULT_WRITE) === 0) return FAULT_HANDLER.spurious;
    if ((flags & PTE_WRITABLE) === 0) return FAULT_HANDLER['write-protect'];
    const trap = this.#needsDirty(flags) && !this.#options.architecture.hardwareSetsDirty;
    return trap ? FAULT_HANDLER['dirty-trap'] : FAULT_HANDLER.spurious;
  }

  #faultCost(handler: number): number {
    const { costs, writeFaultNs } = this.#options;
    if (handler === FAULT_HANDLER['not-present']) return costs.notPresentFault;
    if (handler === FAULT_HANDLER['write-protect']) return writeFaultNs;
    return handler === FAULT_HANDLER['dirty-trap'] ? costs.dirtyTrap : costs.spuriousFault;
  }

  /** Caches the in-memory entry as it is; gives the slot. */
  #cache(page: number): number {
    const { pages } = this.#memory;
    const journal = this.#journal;
    const tlbFlags = this.#cachedFlags(pages.flags[page]!);
    const tlb = this.tlbs[journal.cpu]!;
    const frame = pages.frame[page]!;
    journal.step = STEP_NUMBER['hardware walk'];
    const cached = tlb.slotOf[page]!;
    if (cached >= 0 && tlb.frame[cached] === frame) {
      if (tlb.flags[cached] !== tlbFlags) {
        tlb.flags[cached] = tlbFlags;
        journal.tlbUpdate(pages.number[page]!, cached, tlbFlags);
      }
      return cached;
    }
    const slot = tlb.fill(page, pages.number[page]!, frame, tlbFlags);
    journal.tlbFill(pages.number[page]!, pages.frameNumber[frame]!, slot, tlbFlags);
    return slot;
  }

  /** What a TLB keeps of W and D. Without hardware D a clean entry is read-only to the CPU, whatever the kernel calls it. */
  #cachedFlags(flags: number): number {
    if (!this.#options.architecture.hardwareSetsDirty && this.#needsDirty(flags)) return 0;
    return (flags & PTE_WRITABLE ? TLB_WRITABLE : 0) | (flags & PTE_DIRTY ? TLB_DIRTY : 0);
  }
}
