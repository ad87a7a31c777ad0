/**
 * The machine of a search: the same as the recorder's, small and without a journal. Its state is a few words, so that a search can keep
 * millions of them and tell two apart exactly. Writes are not counted: what matters is whether the consumer lacks one.
 */
import { FIRST_FREE_VARIABLE, recall, type World } from '../../simulator/index.js';
import { invariant } from '../../base/index.js';
import { LOCK_KINDS, PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE, TLB_DIRTY, TLB_WRITABLE } from '../../traces/index.js';
import { Fields } from './fields.js';
import type { CostId } from '../scenario.js';
import type { Shape } from './shape.js';

/** A TLB entry: the rights of `traces`, whether there is one, and whether its frame is no longer the page's. */
export const CACHED = 4;
export const OLD_FRAME = 8;

/** What the consumer lacks of a page: nothing; writes that went around page tables alone; a store among others. */
export const LACKS = { nothing: 0, around: 1, store: 2 } as const;

/** What has been declared of a page, as bits. */
export const DECLARED = { revoked: 1, gone: 2, copied: 4, missed: 8 } as const;

/** Room for counts of pages. */
const COUNT_BITS = 5;
/** Room for the variables of kernel code, and for logged pages of a CPU. */
const VARIABLES = 10;
const OF_STRATEGIES = 2;
export const LOG_ENTRIES = 6;

/** How fields are packed. */
export interface Packing {
  /** Bits of the number of a node. */
  readonly nodeBits: number;
  /** By field, whether it changes in the search; null: any may. */
  readonly changing: readonly boolean[] | null;
}

export interface StateOptions {
  /** Actors: senders of flushes. */
  readonly actors: number;
  /** Entries that CPUs may lose for no reason of the program's, in one run. */
  readonly evictions: number;
  /** Kernel code keeps variables. */
  readonly variables: boolean;
  /** The strategy changes its method, and with it what its consumer reads. */
  readonly switches: boolean;
  /** Virtual CPUs push pages into rings. */
  readonly rings: boolean;
  /** Somebody asks which page was reported in place of which. */
  readonly attributes: boolean;
  /** Somebody asks what is paid for each page that was written. */
  readonly counts: CostId | null;
  readonly packing: Packing;
}

export class PackedState {
  readonly shape: Shape;
  readonly fields: Fields;
  /** Words of a state that are kept with it; the others never change. */
  readonly words: number;
  readonly actors: number;
  /** The state itself. */
  readonly now: Int32Array;
  /** Rules that the last operation broke. */
  broken = 0;

  /** What the words behind the kept ones hold. */
  readonly #constant: Int32Array;
  readonly #word: Int32Array;
  readonly #shift: Int32Array;
  readonly #mask: Int32Array;

  // First field of each kind; by page, by CPU, or by both (cpu * pages + page).
  readonly node: number;
  readonly flags: number;
  readonly marks: number;
  readonly lacks: number;
  readonly cached: number;
  readonly homed: number;
  readonly replaced: number;
  readonly declared: number;
  readonly tlb: number;
  readonly inInstruction: number;
  readonly inKernel: number;
  readonly inMonitor: number;
  readonly ran: number;
  readonly stopped: number;
  /** By lock kind, those of no page; page locks by home; page-table locks by first page of the table. */
  readonly locks: number;
  readonly pageLocks: number;
  readonly tableLocks: number;
  /** Targets of the flush that an actor has sent and that have not acted on it; by actor, a bit for each CPU. */
  readonly awaited: number;
  /** Which flush that is; by actor. */
  readonly request: number;
  readonly evictions: number;
  readonly variables: number;
  /** Carriers that the consumer of the object reads, where they can change; else -1. */
  readonly readsNow: number;
  /** By CPU: entries in its log, and the pages. */
  readonly logLength: number;
  readonly log: number;
  readonly ringLength: number;
  readonly ring: number;
  /** By home: a page that held nothing new was reported while no carrier told of what the consumer lacks of this one; -1 where nobody asks. */
  readonly instead: number;
  /** What is counted, and how often a page became newer than the consumer's copy; -1 where nobody asks. */
  readonly counts: CostId | null;
  readonly counted: number;
  readonly renewed: number;

  constructor(shape: Shape, options: StateOptions) {
    this.shape = shape;
    const fields = new Fields();
    this.fields = fields;
    const { pages, cpus } = shape;
    this.node = fields.add(options.packing.nodeBits, options.actors);
    this.flags = fields.add(8, pages);
    this.marks = fields.add(12, pages);
    this.tlb = fields.add(4, pages * cpus);
    this.lacks = fields.add(2, pages);
    this.declared = fields.add(4, pages);
    this.cached = fields.add(1, pages);
    this.homed = fields.add(1, pages);
    this.replaced = fields.add(1, pages);
    this.inInstruction = fields.add(1, cpus);
    this.inKernel = fields.add(1, cpus);
    this.inMonitor = fields.add(1, cpus);
    this.ran = fields.add(1, cpus);
    this.stopped = fields.add(1);
    this.locks = fields.add(1, LOCK_KINDS.length);
    this.pageLocks = fields.add(1, pages);
    this.tableLocks = fields.add(1, pages);
    this.awaited = fields.add(cpus, options.actors);
    this.request = fields.add(4, options.actors);
    this.evictions = options.evictions > 0 ? fields.add(3) : -1;
    this.variables = options.variables ? fields.add(3, VARIABLES) : -1;
    this.readsNow = options.switches ? fields.add(12) : -1;
    const logs = shape.pml ? cpus : 0;
    this.logLength = logs > 0 ? fields.add(3, logs) : -1;
    this.log = logs > 0 ? fields.add(4, logs * LOG_ENTRIES) : -1;
    this.ringLength = options.rings ? fields.add(3, cpus) : -1;
    this.ring = options.rings ? fields.add(4, cpus * LOG_ENTRIES) : -1;
    this.instead = options.attributes ? fields.add(1, pages) : -1;
    this.counts = options.counts;
    this.counted = options.counts === null ? -1 : fields.add(COUNT_BITS);
    this.renewed = options.counts === null ? -1 : fields.add(COUNT_BITS);
    fields.pack(options.packing.changing);
    this.words = fields.words;
    this.actors = options.actors;
    this.now = new Int32Array(fields.allWords);
    this.#constant = new Int32Array(fields.allWords - fields.words);
    this.#word = Int32Array.from(fields.word);
    this.#shift = Int32Array.from(fields.shift);
    this.#mask = Int32Array.from(fields.mask);
    if (this.readsNow >= 0) this.set(this.readsNow, shape.reads[0]!);
    if (this.evictions >= 0) this.set(this.evictions, options.evictions);
  }

  /** From here on the fields that are said not to change hold what they hold now. */
  freeze(): void {
    this.#constant.set(this.now.subarray(this.words));
  }

  /** Whether a field has changed that was said not to. */
  get outgrown(): boolean {
    for (let at = 0; at < this.#constant.length; at++)
      if (this.now[this.words + at] !== this.#constant[at]) return true;
    return false;
  }

  get(field: number): number {
    return (this.now[this.#word[field]!]! >>> this.#shift[field]!) & this.#mask[field]!;
  }

  set(field: number, value: number): void {
    const word = this.#word[field]!;
    const shift = this.#shift[field]!;
    this.now[word] = (this.now[word]! & ~(this.#mask[field]! << shift)) | (value << shift);
  }

  /** Takes the state of a machine between two operations, with nobody in an instruction and no flush under way. */
  load({ machine }: World): void {
    const { shape } = this;
    const { pages, cpus, mmu } = machine;
    const { frames } = pages;
    for (let page = 0; page < shape.pages; page++) {
      const frame = pages.frame[page]!;
      this.set(this.flags + page, pages.flags[page]!);
      this.set(this.marks + page, pages.marks[page]!);
      if (shape.home[page] !== page) continue;
      invariant(frame >= 0, 'a search begins with every page on a frame');
      this.set(this.homed + page, 1);
      const lacking = frames.generation[frame]! > frames.captured[frame]!;
      this.set(this.lacks + page, lacking ? LACKS.store : LACKS.nothing);
      if (lacking) this.countRenewed(page);
      this.set(this.cached + page, frames.cached[frame]! > 0 ? 1 : 0);
    }
    for (let cpu = 0; cpu < shape.cpus; cpu++) {
      const tlb = cpus.tlbs[cpu]!;
      this.set(this.ran + cpu, cpus.ran[cpu] ? 1 : 0);
      for (let page = 0; page < shape.pages; page++) {
        const slot = tlb.slotOf[page]!;
        if (slot >= 0) this.set(this.tlb + cpu * shape.pages + page, tlb.flags[slot]! | CACHED);
      }
    }
    // What the time before has left in the variables, and the method with what its consumer reads.
    for (let at = 0; this.variables >= 0 && at < VARIABLES; at++)
      this.set(this.variables + at, machine.execute(recall(variableNumber(at), '')));
    if (this.readsNow >= 0) this.set(this.readsNow, machine.reads);
    invariant(mmu.pml === null || cpus.ran.length >= shape.cpus, 'logs belong to CPUs');
  }

  /** A page with a consumer became newer than that one's copy. */
  countRenewed(home: number): void {
    if (this.renewed >= 0 && this.reads(home) !== 0) this.#increment(this.renewed);
  }

  /** A page was reported, or transferred. */
  count(what: CostId): void {
    if (this.counts === what) this.#increment(this.counted);
  }

  #increment(field: number): void {
    const count = this.get(field) + 1;
    invariant(count < 2 ** COUNT_BITS, 'a search counts to 31');
    this.set(field, count);
  }

  /** Carriers that the consumer of a page reads. */
  reads(page: number): number {
    const { shape } = this;
    const space = shape.space[page]!;
    return this.readsNow >= 0 && space !== shape.secondStage ? this.get(this.readsNow) : shape.reads[space]!;
  }

  /** Field of a variable of kernel code: the few of strategies first, then those of scenarios. */
  variable(number: number): number {
    return this.variables + (number < FIRST_FREE_VARIABLE ? number : number - FIRST_FREE_VARIABLE + OF_STRATEGIES);
  }

  /** The entry of a page changes; gives its old flags. */
  change(page: number, flags: number): number {
    const old = this.get(this.flags + page);
    this.set(this.flags + page, flags);
    if ((flags & (PTE_PRESENT | PTE_WRITABLE)) === (PTE_PRESENT | PTE_WRITABLE)) {
      const declared = this.get(this.declared + page);
      if (declared & DECLARED.revoked) this.set(this.declared + page, declared & ~DECLARED.revoked);
    }
    return old;
  }

  /** Whether a CPU could write through what it has cached although memory would not let it, or would leave a mark. */
  isStale(cpu: number, page: number): boolean {
    const entry = this.get(this.tlb + cpu * this.shape.pages + page);
    if ((entry & (CACHED | TLB_WRITABLE)) !== (CACHED | TLB_WRITABLE)) return false;
    if (entry & OLD_FRAME) return true;
    const flags = this.get(this.flags + page);
    if ((flags & (PTE_PRESENT | PTE_WRITABLE)) !== (PTE_PRESENT | PTE_WRITABLE)) return true;
    return (entry & TLB_DIRTY) !== 0 && (flags & PTE_DIRTY) === 0 && !this.shape.changeBitInFrame;
  }

  /** Whether some CPU is stale for a page, by any mapping of its home. */
  anyStale(home: number): boolean {
    const { shape } = this;
    for (let page = home; page >= 0; page = shape.nextOfHome[page]!) {
      for (let cpu = 0; cpu < shape.cpus; cpu++) if (this.isStale(cpu, page)) return true;
    }
    return false;
  }

  setMark(page: number, carrier: number): number {
    const home = this.shape.home[page]!;
    const field = this.marks + home;
    const marks = this.get(field);
    if (marks & (1 << carrier)) return 1;
    if (!this.get(this.homed + home)) return 0; // given up meanwhile: nothing is left to be remembered
    this.set(field, marks | (1 << carrier));
    return 0;
  }
}

/** Number of the variable in a field: the other way of `PackedState.variable`. */
function variableNumber(at: number): number {
  return at < OF_STRATEGIES ? at : FIRST_FREE_VARIABLE + at - OF_STRATEGIES;
}
