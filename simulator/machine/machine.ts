/**
 * The machine: pages with entries and marks, one TLB per CPU, locks, pending flushes, and the consumer. `execute` performs one
 * micro-operation atomically, journals what it changed and gives a small integer back. It decides nothing: what is done, and in
 * which order, is the business of the generators; who goes next is the business of the schedulers.
 */
import { invariant, PAGE_SIZE, PAGES_PER_TABLE } from '../../base/index.js';
import {
  CARRIERS,
  EVICT_REASONS,
  FAULT_HANDLERS,
  FAULT_WRITE,
  FLUSH_SCOPES,
  LOCK_KINDS,
  type MemoryKind,
  PTE_ACCESSED,
  PTE_CAUSES,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_WRITABLE,
  TLB_DIRTY,
  TLB_WRITABLE,
} from '../../traces/index.js';
import type { Architecture } from '../architectures/index.js';
import type { Costs } from '../costs/index.js';
import { Lookup, type MicroOp, Op, Walk } from '../micro-ops.js';
import { STEP_NUMBER } from '../steps.js';
import { bulkWalk } from './bulk-walk.js';
import { ACTOR_PROGRAM, type Journal, MAX_CPUS } from './journal.js';
import { Locks } from './locks.js';
import { lastInTable, lastMapped, lastWith, nextMapped, nextWith, regionEnd, runEnd, slotsBetween } from './order.js';
import { PageStore } from './pages.js';
import { type FlushRequest, Shootdowns } from './shootdowns.js';
import { Tlb } from './tlb.js';

export const PTE_CAUSE = Object.fromEntries(PTE_CAUSES.map((cause, code) => [cause, code])) as Readonly<
  Record<(typeof PTE_CAUSES)[number], number>
>;
const EVICT_FAULT = EVICT_REASONS.indexOf('fault');
const EVICT_RANDOM = EVICT_REASONS.indexOf('random');
const SCOPE_RANGE = FLUSH_SCOPES.indexOf('range');
const SCOPE_SPACE = FLUSH_SCOPES.indexOf('space');
const HANDLER = Object.fromEntries(FAULT_HANDLERS.map((handler, code) => [handler, code])) as Readonly<
  Record<(typeof FAULT_HANDLERS)[number], number>
>;
const PAGE_TABLE_LOCK = LOCK_KINDS.indexOf('page-table');

export interface MachineOptions {
  readonly architecture: Architecture;
  readonly costs: Costs;
  /** What new pages of the object consist of. */
  readonly memory: MemoryKind;
  /** Cost of a write-protection fault under the strategy, ns. */
  readonly writeFaultNs: number;
  readonly tlb: { readonly sets: number; readonly ways: number };
  /** The object is one VMA, but for gaps of more pages than this; 0: always one. */
  readonly vmaGapPages: number;
  /** Micro-steps interleave: locks exist and are journalled, transfers go page by page, walks go by steps. */
  readonly interleaved: boolean;
  /** Range walks may use their bulk form. */
  readonly bulk: boolean;
}

export class Machine {
  readonly options: MachineOptions;
  readonly pages = new PageStore();
  readonly tlbs: Tlb[] = [];
  readonly journal: Journal;
  /** CPUs that have run the program, and so may hold its translations. */
  readonly ran: boolean[] = [];
  /** CPUs between the lookup and the end of a store: no flush lands there now. */
  readonly inInstruction: boolean[] = [];
  readonly shootdowns = new Shootdowns();
  harvests = 0;
  /** Carrier mask of what the consumer reads. */
  reads = 0;
  harvesting = false;

  /** Results of the last bulk walk. */
  walkFirst = -1;
  walkLast = -1;

  #programStopped = false;
  readonly #locks = new Locks();

  constructor(options: MachineOptions, journal: Journal) {
    this.options = options;
    this.journal = journal;
  }

  /** Makes CPUs 0..`cpu` exist. */
  addCpus(cpu: number): void {
    invariant(cpu < MAX_CPUS, `a machine of ${cpu + 1} CPUs was asked for`);
    while (this.tlbs.length <= cpu) {
      this.tlbs.push(new Tlb(this.options.tlb.sets, this.options.tlb.ways, this.pages.number.length));
      this.ran.push(false);
      this.inInstruction.push(false);
      this.shootdowns.addCpu();
    }
  }

  /** Index of a page; every TLB has room for it. */
  intern(page: number): number {
    const index = this.pages.intern(0, page);
    const capacity = this.pages.number.length;
    if (this.tlbs.length > 0 && this.tlbs[0]!.slotOf.length < capacity) for (const tlb of this.tlbs) tlb.grow(capacity);
    return index;
  }

  /** Who acts from here on, and on which CPU. */
  enter(actor: number, cpu: number): void {
    this.journal.actor = actor;
    this.journal.cpu = cpu;
  }

  /** Whether the operation can be executed now, or has to wait (a lock that is taken, a flush that is not acknowledged). */
  ready(op: MicroOp, actor: number): boolean {
    if (op.code === Op.lock) return this.#locks.free(op.a, this.#lockedPage(op));
    if (op.code === Op.flushWait) return this.shootdowns.done(actor);
    if (op.code === Op.stopProgram) return !this.inInstruction.includes(true);
    if (op.code === Op.tlbLookup) return !this.#programStopped;
    return true;
  }

  /** Performs one micro-operation of the current actor; gives its result. */
  execute(op: MicroOp): number {
    const { pages, journal } = this;
    const page = op.page;
    journal.step = op.step;
    switch (op.code) {
      case Op.pteLoad:
        return pages.flags[page]!;
      case Op.pteStore:
        return this.#change(page, op.a, PTE_CAUSE.store);
      case Op.pteExchange:
        return this.#change(page, op.a, PTE_CAUSE.exchange);
      case Op.pteChange:
        return this.#change(page, (pages.flags[page]! & ~op.a) | op.b, causeOf(op.a, false));
      case Op.pteUpgrade:
        return this.#change(page, (pages.flags[page]! & ~op.b) | op.a, PTE_CAUSE.fault);
      case Op.mapPage:
        return this.mapPage(page, op.a);
      case Op.markSet:
        return this.markSet(page, op.a);
      case Op.markClear:
        return this.#markClear(page, op.b, op.a);
      case Op.nextRun:
        return nextWith(pages, page, op.a);
      case Op.runEnd:
        return this.options.interleaved ? page : runEnd(pages, page, op.a);
      case Op.firstMarked:
        return nextWith(pages, -1, op.a);
      case Op.lastMarked:
        return lastWith(pages, op.a);
      case Op.nextVma:
        return nextMapped(pages, page);
      case Op.tableEnd:
        return lastInTable(pages, page, op.b);
      case Op.vmaEnd:
        return this.#vmaEnd(page, op.b);
      case Op.nextEntry: {
        const next = nextMapped(pages, page);
        return next >= 0 && pages.number[next]! <= pages.number[op.b]! ? next : -1;
      }
      case Op.walkBulk:
        return this.options.bulk ? bulkWalk(this, page, op.b, op.a) : -1;
      case Op.walkFirst:
        return this.walkFirst;
      case Op.walkLast:
        return this.walkLast;
      case Op.walkEnd:
        return this.#walkEnd(op);
      case Op.flushQueue:
        journal.flushQueue(pages.number[page]!, this.#span(page, op.b), op.a);
        return 0;
      case Op.flushSend:
        return this.#flushSend(op);
      case Op.flushWait:
        return 0;
      case Op.report:
        journal.report(pages.number[page]!, this.#span(page, op.b));
        return 0;
      case Op.transfer:
        return this.#transfer(page, op.b, op.a);
      case Op.harvestBegin:
        this.harvesting = true;
        journal.harvestBegin(this.harvests + 1);
        return 0;
      case Op.harvestEnd:
        this.harvesting = false;
        journal.harvestEnd(++this.harvests);
        return 0;
      case Op.stopProgram:
        this.#programStopped = true;
        return 0;
      case Op.resumeProgram:
        this.#programStopped = false;
        return 0;
      case Op.switchMethod:
        this.reads = op.c;
        journal.methodSwitch(op.a, op.b, op.c);
        return 0;
      case Op.lock:
        return this.#lock(op);
      case Op.unlock:
        return this.#unlock(op);
      case Op.tlbLookup:
        return this.#lookup(page);
      case Op.walkForStore:
        return this.#walkForStore(page);
      case Op.setDirty:
        return this.#setDirty(page);
      case Op.commit:
        return this.#commit(page, op.a, op.b);
      case Op.faultEnter:
        return this.#fault(page, op.a);
      case Op.load:
        journal.read(pages.number[page]!, op.a, op.b, journal.program[journal.cpu]!);
        return 0;
      case Op.retire:
        this.inInstruction[journal.cpu] = false;
        return 0;
      case Op.compareContents:
        return this.#compareContents(op);
      case Op.walkForLoad:
        return this.#walkForLoad(page);
      default:
        return op.code satisfies never;
    }
  }

  /** Puts a page into the object with an entry of these flags: free of charge, the fault that led here has its own price. */
  mapPage(page: number, flags: number): number {
    const { pages, journal } = this;
    pages.map(page, this.options.memory);
    const frame = pages.frame[page]!;
    journal.map(pages.number[page]!, pages.frameNumber[frame]!, pages.memory[frame]!);
    this.#change(page, this.options.architecture.hardwareSetsDirty ? flags : flags | PTE_ACCESSED, PTE_CAUSE.map);
    return 0;
  }

  markSet(page: number, carrier: number): number {
    const { pages } = this;
    const marks = pages.marks[page]!;
    if (marks & (1 << carrier)) return 1;
    pages.setMarks(page, marks | (1 << carrier));
    this.journal.mark(pages.number[page]!, 1, carrier, 1);
    return 0;
  }

  /** Lets a CPU act on its oldest pending flush. */
  acknowledge(cpu: number): void {
    const request = this.shootdowns.acknowledge(cpu);
    const { pages, journal } = this;
    const { architecture, costs } = this.options;
    const tlb = this.tlbs[cpu]!;
    const span = this.#span(request.first, request.last);
    let costNs = 0;
    // A broadcast is paid by its sender; the target only walks again for what it lost.
    const interrupted = architecture.flushBy === 'ipi';
    if (request.scope === SCOPE_RANGE) costNs = interrupted ? span * costs.invlpg : 0;
    else costNs = (interrupted ? costs.fullFlush : 0) + tlb.valid * costs.refillPerEntry;
    const { actor, cpu: sender } = journal;
    if (cpu !== sender) this.enter(ACTOR_PROGRAM + cpu, cpu);
    journal.step = STEP_NUMBER.flush;
    journal.flushAck(pages.number[request.first]!, span, request.scope, request.reason, costNs);
    this.enter(actor, sender);
    if (request.scope === SCOPE_RANGE) {
      for (
        let page = request.first;
        page >= 0 && pages.number[page]! <= pages.number[request.last]!;
        page = nextMapped(pages, page)
      ) {
        if (tlb.slotOf[page]! >= 0) tlb.drop(tlb.slotOf[page]!);
      }
    } else {
      for (let slot = 0; tlb.valid > 0; slot++) tlb.drop(slot);
    }
  }

  /** The current CPU loses the entry in a slot, for no reason of the program's. */
  evict(cpu: number, slot: number): void {
    const tlb = this.tlbs[cpu]!;
    const page = tlb.page[slot]!;
    this.journal.step = STEP_NUMBER.evict;
    tlb.drop(slot);
    this.journal.tlbEvict(this.pages.number[page]!, slot, EVICT_RANDOM);
  }

  /** Sets A, and D for a store, in a writable entry, and caches it. Gives the slot. */
  fill(page: number, forStore: boolean): number {
    const { pages } = this;
    // Where no hardware sets D none sets A: entries are young from the start, and a store has trapped for D before it gets here.
    const hardware = this.options.architecture.hardwareSetsDirty;
    const wanted = hardware ? PTE_ACCESSED | (forStore ? PTE_DIRTY : 0) : 0;
    const old = pages.flags[page]!;
    if ((old & wanted) !== wanted) {
      this.journal.step =
        forStore && (old & PTE_DIRTY) === 0 ? STEP_NUMBER['hardware sets D'] : STEP_NUMBER['hardware walk'];
      const costNs = forStore && (old & PTE_DIRTY) === 0 ? this.options.costs.walkerSetDirty : 0;
      this.#change(page, old | wanted, PTE_CAUSE.walker, costNs);
    }
    return this.#cache(page);
  }

  /** Caches the in-memory entry as it is; gives the slot. */
  #cache(page: number): number {
    const { pages, journal } = this;
    const flags = pages.flags[page]!;
    const tlbFlags = this.#cachedFlags(flags);
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
    if (!this.options.architecture.hardwareSetsDirty && (flags & PTE_DIRTY) === 0) return 0;
    return (flags & PTE_WRITABLE ? TLB_WRITABLE : 0) | (flags & PTE_DIRTY ? TLB_DIRTY : 0);
  }

  #vmaEnd(page: number, bound: number): number {
    const { pages } = this;
    const end = this.options.vmaGapPages === 0 ? lastMapped(pages) : regionEnd(pages, page, this.options.vmaGapPages);
    return bound !== page && pages.number[bound]! < pages.number[end]! ? bound : end;
  }

  #change(page: number, flags: number, cause: number, costNs = 0): number {
    const { pages } = this;
    const old = pages.flags[page]!;
    if (old === flags) return old;
    pages.setFlags(page, flags);
    this.journal.pte(pages.number[page]!, pages.frameNumber[pages.frame[page]!]!, old, flags, cause, costNs);
    return old;
  }

  #markClear(first: number, last: number, carrier: number): number {
    const { pages } = this;
    for (let page = first; ; page = nextMapped(pages, page)) {
      pages.setMarks(page, pages.marks[page]! & ~(1 << carrier));
      if (page === last) break;
    }
    this.journal.mark(pages.number[first]!, this.#span(first, last), carrier, 0);
    return 0;
  }

  #walkEnd({ page: first, b: last, a: changed, c: slotNs, d: changeNs }: MicroOp): number {
    const slots = slotsBetween(this.pages, first, last);
    this.journal.walk(
      this.pages.number[first]!,
      this.#span(first, last),
      slots,
      changed,
      slots * slotNs + changed * changeNs,
    );
    return 0;
  }

  #compareContents({ page: first, b: last, a: pageNs }: MicroOp): number {
    let mapped = 0;
    for (
      let page = first;
      page >= 0 && this.pages.number[page]! <= this.pages.number[last]!;
      page = nextMapped(this.pages, page)
    )
      mapped++;
    this.journal.walk(this.pages.number[first]!, this.#span(first, last), 0, 0, mapped * pageNs);
    return 0;
  }

  #flushSend({ page: first, b: last, a: reason, c: wholeSpace }: MicroOp): number {
    const { journal } = this;
    const { costs, architecture } = this.options;
    const span = this.#span(first, last);
    const scope = wholeSpace || span > architecture.flushCeilingPages ? SCOPE_SPACE : SCOPE_RANGE;
    let remote = 0;
    let costNs: number;
    if (architecture.flushBy === 'broadcast') {
      costNs = costs.broadcastBase + (scope === SCOPE_RANGE ? span : 1) * costs.broadcastPerPage;
    } else {
      for (let cpu = 0; cpu < this.ran.length; cpu++) if (this.ran[cpu] && cpu !== journal.cpu) remote++;
      costNs = remote === 0 ? 0 : costs.ipiBase + remote * costs.ipiPerCpu;
    }
    journal.flushSend(this.pages.number[first]!, span, scope, remote, reason, costNs);
    const request: FlushRequest = { first, last, scope, reason, sender: journal.actor };
    for (let cpu = 0; cpu < this.ran.length; cpu++) if (this.ran[cpu]) this.shootdowns.send(cpu, request);
    return remote;
  }

  #transfer(first: number, last: number, costPer4kNs: number): number {
    const { pages } = this;
    const span = this.#span(first, last);
    for (let page = first; ; page = nextMapped(pages, page)) {
      const frame = pages.frame[page]!;
      pages.captured[frame] = pages.generation[frame]!;
      if (page === last) break;
    }
    this.journal.transfer(pages.number[first]!, span, span * PAGE_SIZE, span * costPer4kNs);
    return 0;
  }

  #lookup(page: number): number {
    const { cpu } = this.journal;
    this.ran[cpu] = true;
    this.inInstruction[cpu] = true;
    const slot = this.tlbs[cpu]!.slotOf[page]!;
    if (slot < 0) return Lookup.miss;
    const flags = this.tlbs[cpu]!.flags[slot]!;
    if ((flags & TLB_WRITABLE) === 0) return Lookup.readOnly;
    return flags & TLB_DIRTY ? Lookup.dirty : Lookup.clean;
  }

  /** The walker reads the entry for a store. With D still to be set it fills nothing: the check and the set come as one step. */
  #walkForStore(page: number): number {
    const flags = this.pages.flags[page]!;
    if ((flags & PTE_PRESENT) === 0) return Walk.notPresent;
    if ((flags & PTE_WRITABLE) === 0) return Walk.readOnly;
    if ((flags & PTE_DIRTY) === 0) return this.options.architecture.hardwareSetsDirty ? Walk.needsDirty : Walk.readOnly;
    this.fill(page, true);
    return Walk.filled;
  }

  /** Check of P and W and setting of D in one locked step (Intel SDM vol. 3A, 8.1.2). */
  #setDirty(page: number): number {
    const flags = this.pages.flags[page]!;
    if ((flags & PTE_PRESENT) === 0) return Walk.notPresent;
    if ((flags & PTE_WRITABLE) === 0) return Walk.readOnly;
    this.fill(page, true);
    return Walk.filled;
  }

  #walkForLoad(page: number): number {
    if ((this.pages.flags[page]! & PTE_PRESENT) === 0) return Walk.notPresent;
    this.fill(page, false);
    return Walk.filled;
  }

  #commit(page: number, offset: number, size: number): number {
    const { journal, pages } = this;
    const tlb = this.tlbs[journal.cpu]!;
    const slot = tlb.slotOf[page]!;
    // The translation of a later part of the same store may have taken the slot.
    pages.generation[slot >= 0 ? tlb.frame[slot]! : pages.frame[page]!]!++;
    journal.write(pages.number[page]!, offset, size, journal.program[journal.cpu]!);
    return 0;
  }

  /** @param error bits as the CPU saw the entry; the handler that it is sent to looks at memory again */
  #fault(page: number, error: number): number {
    const { journal, pages } = this;
    const { architecture, costs, writeFaultNs } = this.options;
    const { cpu } = journal;
    const flags = pages.flags[page]!;
    const present = (flags & PTE_PRESENT) !== 0;
    let handler = HANDLER.spurious;
    let costNs = costs.spuriousFault;
    if (!present) {
      handler = HANDLER['not-present'];
      costNs = costs.notPresentFault;
    } else if (error & FAULT_WRITE && (flags & PTE_WRITABLE) === 0) {
      handler = HANDLER['write-protect'];
      costNs = writeFaultNs;
    } else if (error & FAULT_WRITE && (flags & PTE_DIRTY) === 0 && !architecture.hardwareSetsDirty) {
      handler = HANDLER['dirty-trap'];
      costNs = costs.dirtyTrap;
    }
    this.ran[cpu] = true;
    this.inInstruction[cpu] = false;
    journal.fault(pages.number[page]!, error, handler, costNs);
    // A fault drops the entry it went through (SDM vol. 3A, 4.10.4.1), so the retry walks afresh.
    const slot = this.tlbs[cpu]!.slotOf[page]!;
    if (slot >= 0) {
      this.tlbs[cpu]!.drop(slot);
      journal.tlbEvict(pages.number[page]!, slot, EVICT_FAULT);
    }
    return handler;
  }

  #lock(op: MicroOp): number {
    if (!this.options.interleaved) return 0;
    const page = this.#lockedPage(op);
    this.#locks.take(op.a, page, this.journal.actor);
    this.journal.lock(page, op.a);
    return 0;
  }

  #unlock(op: MicroOp): number {
    if (!this.options.interleaved) return 0;
    const page = this.#lockedPage(op);
    this.#locks.release(op.a, page, this.journal.actor);
    this.journal.unlock(page, op.a);
    return 0;
  }

  /** A page-table lock is named by the first page of its table. */
  #lockedPage(op: MicroOp): number {
    if (op.page < 0) return -1;
    const page = this.pages.number[op.page]!;
    return op.a === PAGE_TABLE_LOCK ? page - (page % PAGES_PER_TABLE) : page;
  }

  /** Pages from one page to another, both included. */
  #span(first: number, last: number): number {
    return this.pages.number[last]! - this.pages.number[first]! + 1;
  }
}

/** Code of the cause of an update that clears these flags. */
export function causeOf(clear: number, plainStore: boolean): number {
  if (plainStore) return PTE_CAUSE.store;
  return clear & PTE_WRITABLE ? PTE_CAUSE.protect : PTE_CAUSE.clean;
}

/** Carriers whose marks a machine keeps; the others are read from the entries. */
export const BITMAP = CARRIERS.indexOf('bitmap');
export const PAGE_FLAG = CARRIERS.indexOf('page-flag');
export const FAULT_LIST = CARRIERS.indexOf('fault-list');
