/**
 * The machine: memory, the MMU of each CPU, locks, and who may go on. `execute` performs one micro-operation atomically, journals
 * what it changed and gives a small integer back. Which operations come, and in which order, is the business of the generators;
 * who goes next is the business of the schedulers.
 */
import { invariant, PAGES_PER_TABLE } from '../../base/index.js';
import { type MicroOp, Op } from '../micro-ops.js';
import { bulkWalk, type BulkWalk } from './bulk-walk.js';
import { causeOf, LOCK, PTE_CAUSE } from './codes.js';
import { type Journal, MAX_CPUS } from './journal.js';
import { Locks } from './locks.js';
import { Memory, type MemoryOptions } from './memory.js';
import { Mmu, type MmuOptions } from './mmu.js';
import { lastInTable, lastWith, nextMapped, nextWith, runEnd } from './order.js';
import type { PageStore } from './pages.js';

export interface MachineOptions extends MemoryOptions, MmuOptions {
  /** Micro-steps interleave: locks exist and are journalled, transfers go page by page, walks go by steps. */
  readonly interleaved: boolean;
  /** Range walks may use their bulk form. */
  readonly bulk: boolean;
}

export class Machine {
  readonly options: MachineOptions;
  readonly journal: Journal;
  readonly memory: Memory;
  readonly mmu: Mmu;
  /** The pages of the memory, at hand. */
  readonly pages: PageStore;
  harvests = 0;
  harvesting = false;
  /** Carrier mask of what the consumer reads. */
  reads = 0;

  #walked: BulkWalk = { selected: 0, first: -1, last: -1 };
  #programStopped = false;
  /** Page indices below this have room in every TLB. */
  #roomForPages = 0;
  readonly #locks = new Locks();

  constructor(options: MachineOptions, journal: Journal) {
    this.options = options;
    this.journal = journal;
    this.memory = new Memory(options, journal);
    this.mmu = new Mmu(options, this.memory, journal);
    this.pages = this.memory.pages;
  }

  /** CPUs that exist. */
  get cpus(): number {
    return this.mmu.tlbs.length;
  }

  /** Makes CPUs 0..`cpu` exist. */
  addCpus(cpu: number): void {
    invariant(cpu < MAX_CPUS, `a machine of ${cpu + 1} CPUs was asked for`);
    while (this.cpus <= cpu) this.mmu.addCpu();
  }

  /** Index of a page; every TLB has room for it. */
  intern(page: number): number {
    const index = this.pages.intern(0, page);
    if (index >= this.#roomForPages) this.#roomForPages = this.mmu.grow();
    return index;
  }

  /** Whether the operation can be executed now, or has to wait (a lock that is taken, a flush that is not acknowledged). */
  ready(op: MicroOp, actor: number): boolean {
    if (op.code === Op.lock) return this.#locks.free(op.a, this.#lockedPage(op));
    if (op.code === Op.flushWait) return this.mmu.shootdowns.done(actor);
    if (op.code === Op.stopProgram) return !this.mmu.inInstruction.includes(true);
    if (op.code === Op.tlbLookup) return !this.#programStopped;
    return true;
  }

  /** Performs one micro-operation of the current actor; gives its result. */
  execute(op: MicroOp): number {
    const { pages, journal, memory, mmu } = this;
    const page = op.page;
    journal.step = op.step;
    switch (op.code) {
      case Op.pteLoad:
        return pages.flags[page]!;
      case Op.pteStore:
        return memory.change(page, op.a, PTE_CAUSE.store);
      case Op.pteExchange:
        return memory.change(page, op.a, PTE_CAUSE.exchange);
      case Op.pteChange:
        return memory.change(page, (pages.flags[page]! & ~op.a) | op.b, causeOf(op.a, false));
      case Op.pteUpgrade:
        return memory.change(page, (pages.flags[page]! & ~op.b) | op.a, PTE_CAUSE.fault);
      case Op.mapPage:
        memory.map(page, op.a);
        return 0;
      case Op.markSet:
        return memory.markSet(page, op.a);
      case Op.markClear:
        memory.markClear(page, op.b, op.a);
        return 0;
      case Op.markTest:
        return pages.marks[page]! & (1 << op.a) ? 1 : 0;
      case Op.markMove:
        memory.markMove(page, op.a, op.b);
        return 0;
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
        return memory.vmaEnd(page, op.b);
      case Op.nextEntry:
        return memory.nextWithin(page, op.b);
      case Op.walkBulk:
        if (!this.options.bulk) return -1;
        this.#walked = bulkWalk(memory, page, op.b, op.a);
        return this.#walked.selected;
      case Op.walkFirst:
        return this.#walked.first;
      case Op.walkLast:
        return this.#walked.last;
      case Op.walkEnd:
        memory.walkEnd(page, op.b, op.a, op.c, op.d);
        return 0;
      case Op.compareContents:
        memory.compare(page, op.b, op.a);
        return 0;
      case Op.report:
        memory.report(page, op.b);
        return 0;
      case Op.transfer:
        memory.transfer(page, op.b, op.a);
        return 0;
      case Op.flushQueue:
        journal.flushQueue(pages.number[page]!, memory.span(page, op.b), op.a);
        return 0;
      case Op.flushSend:
        return mmu.sendFlush(page, op.b, op.a, op.c === 1);
      case Op.flushWait:
        return 0;
      case Op.harvestBegin:
        this.harvesting = true;
        journal.harvestBegin(this.harvests + 1);
        return 0;
      case Op.harvestEnd:
        this.harvesting = false;
        journal.harvestEnd(++this.harvests);
        return 0;
      case Op.switchMethod:
        this.reads = op.c;
        journal.methodSwitch(op.a, op.b, op.c);
        return 0;
      case Op.stopProgram:
        this.#programStopped = true;
        return 0;
      case Op.resumeProgram:
        this.#programStopped = false;
        return 0;
      case Op.lock:
        return this.#lock(op);
      case Op.unlock:
        return this.#unlock(op);
      case Op.tlbLookup:
        return mmu.lookup(page);
      case Op.walkForStore:
        return mmu.walkForStore(page);
      case Op.walkForLoad:
        return mmu.walkForLoad(page);
      case Op.setDirty:
        return mmu.setDirty(page);
      case Op.commit:
        mmu.commit(page, op.a, op.b);
        return 0;
      case Op.load:
        journal.read(pages.number[page]!, op.a, op.b, journal.program[journal.cpu]!);
        return 0;
      case Op.retire:
        mmu.inInstruction[journal.cpu] = false;
        return 0;
      case Op.otherWrite:
        memory.otherWrite(page, op.a, op.b, op.c);
        return 0;
      case Op.faultEnter:
        return mmu.fault(page, op.a);
      default:
        return op.code satisfies never;
    }
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
    return op.a === LOCK['page-table'] ? page - (page % PAGES_PER_TABLE) : page;
  }
}
