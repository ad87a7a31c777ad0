/**
 * The machine: memory, the MMU of each CPU and of the device, locks, and who may go on. `execute` performs one micro-operation atomically,
 * journals what it changed and gives a small integer back. Which operations come, and in which order, is the business of the
 * generators; who goes next is the business of the schedulers.
 */
import { invariant, PAGES_PER_TABLE } from '../../base/index.js';
import { EXIT_REASONS, PTE_PRESENT } from '../../traces/index.js';
import { type MicroOp, Op } from '../micro-ops.js';
import { bulkWalk, type BulkWalk } from './bulk-walk.js';
import { CARRIER, causeOf, FLUSH_REASON, LOCK, PTE_CAUSE } from './codes.js';
import { Cpus } from './cpus.js';
import { type FlushOptions, Flushes } from './flushes.js';
import { ACTOR_DEVICE, ACTOR_PROGRAM, type Journal, MAX_CPUS } from './journal.js';
import { Locks } from './locks.js';
import { Memory, type MemoryOptions } from './memory.js';
import { Mmu, type MmuOptions } from './mmu.js';
import { firstAt, lastAt, lastInGroup, lastWith, nextWith, runEnd } from './order.js';
import type { PageStore } from './pages.js';
import { PopulatedRanges } from './populated-ranges.js';
import { SecondaryMmu } from './secondary-mmu.js';
import { restricts, splitEntry } from './split.js';

export interface MachineOptions extends MemoryOptions, MmuOptions, FlushOptions {
  readonly tlb: { readonly sets: number; readonly ways: number };
  /** Micro-steps interleave: locks exist and are journalled, transfers go page by page, walks go by steps. */
  readonly interleaved: boolean;
  /** Range walks may use their bulk form. */
  readonly bulk: boolean;
}

export class Machine {
  readonly options: MachineOptions;
  readonly journal: Journal;
  readonly memory: Memory;
  readonly cpus: Cpus;
  readonly mmu: Mmu;
  readonly flushes: Flushes;
  readonly device: SecondaryMmu;
  /** The pages of the memory, at hand. */
  readonly pages: PageStore;
  harvests = 0;
  harvesting = false;
  /** Carrier mask of what the consumer reads. */
  reads = 0;

  /** Event from which on a pause is told of; see `pause`. */
  pauseAt = Infinity;
  onPause: () => void = () => {};
  #walked: BulkWalk = { selected: 0, first: -1, last: -1 };
  #programStopped = false;
  /** Page indices below this have room in every TLB. */
  #roomForPages = 0;
  /** Of the kernel's and the drivers' code, by number. */
  readonly #variables: number[] = [];
  readonly #locks = new Locks();
  readonly #populated = new PopulatedRanges();
  /** An entry is changed and forgotten by every CPU in one step. */
  readonly #invalidatesWithEntry: boolean;

  constructor(options: MachineOptions, pages: PageStore, journal: Journal) {
    this.options = options;
    this.journal = journal;
    this.pages = pages;
    this.memory = new Memory(options, pages, journal);
    this.cpus = new Cpus(options.tlb, pages);
    this.mmu = new Mmu(options, this.cpus, this.memory, journal);
    this.flushes = new Flushes(options, this.cpus, this.memory, journal);
    this.device = new SecondaryMmu(this.memory, journal);
    this.#invalidatesWithEntry = options.architecture.flushBy === 'with-entry';
  }

  /** Makes CPUs 0..`cpu` exist. */
  addCpus(cpu: number): void {
    invariant(cpu < MAX_CPUS, `a machine of ${cpu + 1} CPUs was asked for`);
    while (this.cpus.count <= cpu) {
      this.cpus.add();
      this.flushes.addCpu();
    }
  }

  /** Index of a page of an address space; every TLB has room for it. */
  intern(space: number, page: number): number {
    const index = this.memory.intern(space, page);
    if (this.pages.count > this.#roomForPages) this.#makeRoom();
    return index;
  }

  /** Address spaces that map the object. */
  get spaceCount(): number {
    return this.memory.mappings.list.at(-1)!.space + 1;
  }

  /** One more address space maps the object; gives its number. */
  addSpace(): number {
    const space = this.spaceCount;
    this.memory.mappings.add(space);
    return space;
  }

  /** Puts a page into the object, if it is not in it, and an entry in place. */
  mapPage(page: number, flags: number): void {
    this.memory.map(page, flags);
    this.#makeRoom();
  }

  harvestBegin(): void {
    this.harvesting = true;
    this.journal.harvestBegin(this.harvests + 1);
  }

  harvestEnd(): void {
    this.harvesting = false;
    this.journal.harvestEnd(++this.harvests);
  }

  /** Whether the operation can be executed now, or has to wait (a lock that is taken, a flush that is not acknowledged). */
  ready(op: MicroOp, actor: number): boolean {
    switch (op.code) {
      case Op.lock:
        return this.#locks.free(op.a, this.#locked(op));
      case Op.flushWait:
        return this.flushes.done(actor);
      case Op.stopProgram:
        return !this.cpus.inInstruction.includes(true) && !this.cpus.inKernel.includes(true);
      case Op.tlbLookup:
      case Op.deviceStore: // a device works for the program, and stops with it
        return !this.#programStopped;
      case Op.kick:
        return !this.cpus.inInstruction[op.a];
      case Op.deviceFill:
        return this.device.ready;
      case Op.pteStore:
      case Op.pteExchange:
      case Op.pteChange:
      case Op.pteUnmap:
      case Op.replaceFrame:
        // An instruction under way keeps its translation to its end.
        return !(this.#invalidatesWithEntry && this.cpus.inInstruction.includes(true));
      default:
        return true;
    }
  }

  /** The state is what the events so far say: between two steps, and between two tables of a walk. */
  pause(): void {
    if (this.journal.seq >= this.pauseAt) this.onPause();
  }

  /** Performs one micro-operation of the current actor; gives its result. */
  execute(op: MicroOp): number {
    const { pages, journal, memory, mmu } = this;
    const page = op.page;
    journal.step = op.step;
    switch (op.code) {
      case Op.pteLoad:
        return pages.flags[memory.entryOf(page)]!;
      case Op.pteStore:
        return this.#change(memory.entryOf(page), op.a, PTE_CAUSE.store);
      case Op.pteExchange:
        return this.#change(memory.entryOf(page), op.a, PTE_CAUSE.exchange);
      case Op.pteChange: {
        const entry = memory.entryOf(page);
        return this.#change(entry, (pages.flags[entry]! & ~op.a) | op.b, causeOf(op.a, false));
      }
      case Op.pteUpgrade: {
        const entry = memory.entryOf(page);
        const flags = pages.flags[entry]!;
        // As a compare-and-swap does that finds another value than it was given.
        return flags & PTE_PRESENT ? memory.change(entry, (flags & ~op.b) | op.a, PTE_CAUSE.fault) : flags;
      }
      case Op.pteUnmap:
        return this.#change(memory.entryOf(page), 0, PTE_CAUSE.unmap);
      case Op.pteMonitor:
        return memory.change(page, pages.flags[page]! | op.a, PTE_CAUSE.monitor);
      case Op.mapPage:
        this.mapPage(page, op.a);
        return 0;
      case Op.splitEntry:
        return splitEntry(memory, memory.entryOf(page), op.a);
      case Op.copyEntry:
        return this.#copyEntry(page, op.a, op.b);
      case Op.markSet:
        return memory.markSet(page, op.a);
      case Op.markClear:
        memory.markClear(page, op.b, op.a);
        return 0;
      case Op.markTest:
        return memory.isMarked(page, op.a) ? 1 : 0;
      case Op.markMove:
        return memory.markMove(page, op.a, op.b) ? 1 : 0;
      case Op.recordEntry:
        memory.recordEntry(memory.entryOf(page), op.a);
        return 0;
      case Op.nextRun:
        return nextWith(pages, page, op.a);
      case Op.nextRunWithin:
        return memory.bounded(nextWith(pages, page, op.a), op.b);
      case Op.runEnd:
        return this.options.interleaved ? page : runEnd(pages, page, op.a);
      case Op.lastMarked:
        return lastWith(pages, page, op.a);
      case Op.mappingCount:
        return pages.space[page] === pages.secondStage ? 1 : memory.mappings.list.length;
      case Op.partFirst:
        return memory.partEdge(page, op.b, op.a, firstAt);
      case Op.partLast:
        return memory.partEdge(page, op.b, op.a, lastAt);
      case Op.vmaEnd:
        return memory.vmaEnd(page, op.b);
      case Op.nextEntry:
        return memory.nextEntryWithin(page, op.b);
      case Op.tableEnd:
        return lastInGroup(pages, page, op.a === 0 ? PAGES_PER_TABLE : op.a, op.b);
      case Op.nextMapping:
        return pages.nextOfHome[page]!;
      case Op.hasStructPage:
        return memory.hasStructPage(page) ? 1 : 0;
      case Op.sameSpace:
        return pages.space[page] === pages.space[op.b] ? 1 : 0;
      case Op.pageUnder:
        return pages.under[page]!;
      case Op.forkSpace:
        return this.addSpace();
      case Op.moveFrame:
        return memory.move(page, op.a) ? 1 : 0;
      case Op.walkBulk:
        if (!this.options.bulk || this.#invalidatesWithEntry) return -1;
        this.#walked = bulkWalk(memory, page, op.b, op.a, () => this.pause());
        return this.#walked.selected;
      case Op.walkFirst:
        return this.#walked.first;
      case Op.walkLast:
        return this.#walked.last;
      case Op.walkEnd:
        memory.walkEnd(page, op.b, op.a, op.c, op.d);
        return 0;
      case Op.populate:
        return this.#populate(page, op.b, op.a, op.c);
      case Op.compareContents:
        memory.compare(page, op.b, op.a);
        return 0;
      case Op.flushQueue:
        if (!this.#invalidatesWithEntry) journal.flushQueue(page, memory.span(page, op.b), op.a);
        return 0;
      case Op.flushSend:
        return this.#invalidatesWithEntry ? 0 : this.flushes.send(page, op.b, op.a, op.c);
      case Op.flushWait:
        return 0;
      case Op.notify:
        this.device.notify(page, op.b, op.a);
        return 0;
      case Op.cacheFlush:
        memory.flushCaches(page, op.b, op.a);
        return 0;
      case Op.report:
        memory.report(page, op.b);
        return 0;
      case Op.transfer:
        memory.transfer(page, op.b, op.a);
        return 0;
      case Op.switchMethod:
        this.reads = op.c;
        journal.methodSwitch(op.a, op.b, op.c);
        return 0;
      case Op.lock:
        return this.#lock(op);
      case Op.unlock:
        return this.#unlock(op);
      case Op.stopProgram:
        this.#programStopped = true;
        return 0;
      case Op.resumeProgram:
        this.#programStopped = false;
        return 0;
      case Op.tlbLookup:
        return mmu.lookup(page);
      case Op.walkForStore:
        return mmu.walkForStore(memory.entryOf(page));
      case Op.setDirty:
        return mmu.setDirty(memory.entryOf(page));
      case Op.setSecondDirty:
        return mmu.setSecondDirty(memory.entryOf(page));
      case Op.walkForLoad:
        return mmu.walkForLoad(memory.entryOf(page));
      case Op.commit:
        mmu.commit(page, op.a, op.b);
        return 0;
      case Op.load:
        journal.read(pages.space[page]!, pages.number[page]!, op.a, op.b, journal.program[journal.cpu]!);
        return 0;
      case Op.retire:
        this.cpus.inInstruction[journal.cpu] = false;
        return 0;
      case Op.faultEnter:
        return mmu.fault(page, op.a);
      case Op.violation:
        return mmu.violation(page, op.a);
      case Op.enterKernel:
        this.cpus.inKernel[journal.cpu] = true;
        return 0;
      case Op.resume:
        this.cpus.inKernel[journal.cpu] = false;
        this.cpus.inMonitor[journal.cpu] = false;
        return 0;
      case Op.exit:
        this.cpus.inInstruction[journal.cpu] = false;
        journal.exit(page, op.a, op.c);
        return 0;
      case Op.kick:
        return this.#kick(op.a, op.c);
      case Op.cpuCount:
        return this.cpus.count;
      case Op.logTake:
        return (op.b === 0 ? mmu.pml! : mmu.ring).take(op.a < 0 ? journal.cpu : op.a);
      case Op.ringPush:
        mmu.ring.append(journal.cpu, page);
        memory.markSet(page, CARRIER.ring);
        return mmu.ring.isFull(journal.cpu) ? 1 : 0;
      case Op.otherWrite:
        memory.otherWrite(page, pages.frame[page]!, op.a, op.b, op.c, op.c === ACTOR_DEVICE);
        return 0;
      case Op.deviceStore:
        return this.device.store(page, op.a, op.b);
      case Op.deviceFault:
        return mmu.deviceFault(page, op.a);
      case Op.deviceFill:
        return this.device.fill(page);
      case Op.declare:
        journal.declare(page, op.a, page < 0 ? 0 : memory.span(page, op.b));
        return 0;
      case Op.replaceFrame:
        return this.#replaceFrame(page, op.a);
      case Op.discardFrame:
        memory.discard(page);
        return 0;
      case Op.remember: {
        const old = this.#variables[op.a] ?? 0;
        this.#variables[op.a] = op.b;
        return old;
      }
      case Op.recall:
        return this.#variables[op.a] ?? 0;
      case Op.settle:
        return 0;
      case Op.harvestBegin:
        this.harvestBegin();
        return 0;
      case Op.harvestEnd:
        this.harvestEnd();
        return 0;
      default:
        return op.code satisfies never;
    }
  }

  #makeRoom(): void {
    if (this.pages.count <= this.#roomForPages) return;
    this.#roomForPages = this.cpus.grow();
    const { tlb } = this.device;
    if (tlb.slotOf.length < this.#roomForPages) tlb.grow(this.#roomForPages);
  }

  /** An entry changes; where the instruction that does it also invalidates, no TLB has it any more. */
  #change(entry: number, flags: number, cause: number): number {
    const old = this.memory.change(entry, flags, cause);
    if (this.#invalidatesWithEntry && restricts(old, flags))
      this.flushes.invalidateEverywhere(entry, cause === PTE_CAUSE.unmap ? FLUSH_REASON.unmap : FLUSH_REASON.harvest);
    return old;
  }

  /** An entry goes and one for a new frame with the same contents comes; what CPUs have cached of the old one stays. */
  #replaceFrame(page: number, flags: number): number {
    const { memory } = this;
    const old = this.#change(page, 0, PTE_CAUSE.exchange);
    memory.renew(page);
    memory.change(page, flags | memory.flagsOfFrame(page), PTE_CAUSE.map);
    return old;
  }

  /** The entry of a page, copied to the same address in another space with some flags less; gives the page there. */
  #copyEntry(page: number, space: number, without: number): number {
    const copy = this.intern(space, this.pages.number[page]!);
    this.memory.place(copy);
    this.#makeRoom();
    this.memory.change(copy, this.pages.flags[page]! & ~without, PTE_CAUSE.copy);
    return copy;
  }

  /** @param slotNs cost of looking at a slot of the new tables @param tableNs cost of a table */
  #populate(first: number, last: number, slotNs: number, tableNs: number): number {
    const { tables, firstPage } = this.#populated.add(this.pages, first, last);
    if (tables === 0) return 0;
    const slots = tables * PAGES_PER_TABLE;
    this.journal.tableAlloc(firstPage, this.memory.span(first, last), tables, tables * tableNs + slots * slotNs);
    return tables;
  }

  #kick(cpu: number, costNs: number): number {
    if (!this.cpus.ran[cpu]) return 0;
    const { journal } = this;
    const { actor, cpu: before } = journal;
    journal.enter(ACTOR_PROGRAM + cpu, cpu);
    journal.exit(-1, EXIT_REASONS.indexOf('kick'), costNs);
    journal.enter(actor, before);
    return 1;
  }

  #lock(op: MicroOp): number {
    if (!this.options.interleaved) return 0;
    this.#locks.take(op.a, this.#locked(op), this.journal.actor);
    this.#journalLock(op, 'lock');
    return 0;
  }

  #unlock(op: MicroOp): number {
    if (!this.options.interleaved) return 0;
    this.#locks.release(op.a, this.#locked(op), this.journal.actor);
    this.#journalLock(op, 'unlock');
    return 0;
  }

  #journalLock(op: MicroOp, what: 'lock' | 'unlock'): void {
    const { pages } = this;
    const page = op.page < 0 ? -1 : op.a === LOCK.page ? pages.home[op.page]! : op.page;
    const number =
      page < 0 ? -1 : pages.number[page]! - (op.a === LOCK['page-table'] ? pages.number[page]! % PAGES_PER_TABLE : 0);
    this.journal[what](page < 0 ? 0 : pages.space[page]!, number, op.a);
  }

  /** What a lock is about, as one number: a page-table lock is of a table of its space, a page lock of a home page. */
  #locked(op: MicroOp): number {
    if (op.page < 0) return -1;
    const { pages } = this;
    if (op.a !== LOCK['page-table']) return pages.home[op.page]!;
    return Math.floor(pages.number[op.page]! / PAGES_PER_TABLE) * 2 ** 8 + pages.space[op.page]!;
  }
}
