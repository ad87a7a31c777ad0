/**
 * What a page walk finds and does, without and with a second stage. Each step is atomic as the hardware makes it: the permission check and
 * the setting of D come as one (Intel SDM vol. 3A, 8.1.2; RISC-V Svadu), unless the walker is blind (erratum KNL4).
 */
import {
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_WRITABLE,
  TLB_DIRTY,
  TLB_HUGE,
  TLB_WRITABLE,
  PTE_HUGE,
} from '../../traces/index.js';
import type { Architecture } from '../architectures/index.js';
import type { Costs } from '../costs/index.js';
import { Walk } from '../micro-ops.js';
import { STEP_NUMBER } from '../steps.js';
import { CARRIER, PTE_CAUSE } from './codes.js';
import type { DirtyLog } from './dirty-log.js';
import type { Journal } from './journal.js';
import type { Memory } from './memory.js';

/** An entry is named by the page that it stands at. */
export interface Translation {
  /** Whether in-memory entries permit a store without fault, exit or trap: a walk and at most D to set. */
  canStore(entry: number): boolean;
  /** The walker reads the entry for a store; with D still to be set it caches nothing: the check and the set come as one step. */
  walkForStore(entry: number): number;
  /** Check of P and W and setting of D in one step. */
  setDirty(entry: number): number;
  /** The same in the second stage, for an entry whose own D is set. */
  setSecondDirty(entry: number): number;
  walkForLoad(entry: number): number;
}

export interface WalkerOptions {
  readonly architecture: Architecture;
  readonly costs: Costs;
  /** The walker sets D without checking P and W again. */
  readonly blind: boolean;
  /** Where the walker logs what it dirties, if it does. */
  readonly pml: DirtyLog | null;
}

/** Puts a translation into the TLB of the current CPU; gives the slot. */
export type Cache = (entry: number, tlbFlags: number) => number;

const ALLOWED = PTE_PRESENT | PTE_WRITABLE;

/** Why an entry does not permit a store; `Walk.filled` where it does. */
function refusal(flags: number): number {
  if ((flags & PTE_PRESENT) === 0) return Walk.notPresent;
  return (flags & PTE_WRITABLE) === 0 ? Walk.readOnly : Walk.filled;
}

/** One table that the walker reads and sets bits in. */
class WalkedTable {
  readonly hardwareDirty: boolean;
  readonly #noDirty: boolean;

  constructor(
    readonly options: WalkerOptions,
    readonly memory: Memory,
    readonly journal: Journal,
  ) {
    this.hardwareDirty = options.architecture.hardwareSetsDirty;
    this.#noDirty = options.architecture.changeBitInFrame === true;
  }

  flags(entry: number): number {
    return this.memory.pages.flags[entry]!;
  }

  /** A store through this entry must see D set first. */
  needsDirty(flags: number): boolean {
    return (flags & PTE_DIRTY) === 0 && !this.#noDirty;
  }

  /** Sets A, and D for a store; false where D must be logged and the log is full. */
  set(entry: number, forStore: boolean): boolean {
    // Where no hardware sets D none sets A: entries are young from the start, and a store has trapped for D before it gets here.
    if (!this.hardwareDirty) return true;
    const { pml, costs } = this.options;
    const { journal } = this;
    const old = this.flags(entry);
    const wanted = PTE_ACCESSED | (forStore ? PTE_DIRTY : 0);
    if ((old & wanted) === wanted) return true;
    const setsDirty = forStore && (old & PTE_DIRTY) === 0;
    if (setsDirty && pml?.isFull(journal.cpu)) return false;
    journal.step = setsDirty ? STEP_NUMBER['hardware sets D'] : STEP_NUMBER['hardware walk'];
    this.memory.change(entry, old | wanted, PTE_CAUSE.walker, setsDirty ? costs.walkerSetDirty : 0);
    if (setsDirty && pml !== null) {
      pml.append(journal.cpu, entry);
      journal.step = STEP_NUMBER['hardware logs page'];
      this.memory.markSet(entry, CARRIER['pml-buffer']);
    }
    return true;
  }

  /** What a TLB keeps of W and D. Without hardware D a clean entry is read-only to the CPU, whatever the kernel calls it. */
  cached(flags: number): number {
    if (!this.hardwareDirty && this.needsDirty(flags)) return 0;
    return (
      (flags & PTE_WRITABLE ? TLB_WRITABLE : 0) |
      (flags & PTE_DIRTY ? TLB_DIRTY : 0) |
      (flags & PTE_HUGE ? TLB_HUGE : 0)
    );
  }
}

/** One table: an mm, or the second stage of a virtual machine whose own tables are not modelled. */
export class OneStage implements Translation {
  readonly #table: WalkedTable;
  readonly #cache: Cache;

  constructor(options: WalkerOptions, memory: Memory, journal: Journal, cache: Cache) {
    this.#table = new WalkedTable(options, memory, journal);
    this.#cache = cache;
  }

  canStore(entry: number): boolean {
    const table = this.#table;
    const flags = table.flags(entry);
    if ((flags & ALLOWED) !== ALLOWED) return false;
    if (!table.needsDirty(flags)) return true;
    return table.hardwareDirty && !table.options.pml?.isFull(table.journal.cpu);
  }

  walkForStore(entry: number): number {
    const table = this.#table;
    const flags = table.flags(entry);
    const refused = refusal(flags);
    if (refused !== Walk.filled) return refused;
    if (table.needsDirty(flags)) return table.hardwareDirty ? Walk.needsDirty : Walk.readOnly;
    return this.#fill(entry, true);
  }

  setDirty(entry: number): number {
    const table = this.#table;
    const refused = refusal(table.flags(entry));
    if (refused === Walk.filled) return this.#fill(entry, true);
    // A blind walker sets D all the same, and then faults. In an entry that is not there Linux ignores the stray bits.
    if (table.options.blind && refused === Walk.readOnly) table.set(entry, true);
    return refused;
  }

  setSecondDirty(): number {
    return Walk.filled;
  }

  walkForLoad(entry: number): number {
    return this.#table.flags(entry) & PTE_PRESENT ? this.#fill(entry, false) : Walk.notPresent;
  }

  #fill(entry: number, forStore: boolean): number {
    const table = this.#table;
    if (!table.set(entry, forStore)) return Walk.logFull;
    this.#cache(entry, table.cached(table.flags(entry)));
    return Walk.filled;
  }
}

/** A guest's table over a second stage (EPT, NPT): a TLB entry has what both allow, and D where both have it. */
export class TwoStages implements Translation {
  readonly #guest: WalkedTable;
  readonly #host: WalkedTable;
  readonly #cache: Cache;

  constructor(options: WalkerOptions, memory: Memory, journal: Journal, cache: Cache) {
    this.#guest = new WalkedTable({ ...options, pml: null }, memory, journal);
    this.#host = new WalkedTable(options, memory, journal);
    this.#cache = cache;
  }

  canStore(entry: number): boolean {
    const host = this.#host;
    const flags = host.flags(this.#under(entry));
    if ((flags & this.#guest.flags(entry) & ALLOWED) !== ALLOWED) return false;
    return (flags & PTE_DIRTY) !== 0 || !host.options.pml?.isFull(host.journal.cpu);
  }

  walkForStore(entry: number): number {
    const flags = this.#guest.flags(entry);
    const refused = refusal(flags);
    if (refused !== Walk.filled) return refused;
    return flags & PTE_DIRTY ? Walk.needsSecondDirty : Walk.needsDirty;
  }

  setDirty(entry: number): number {
    const refused = refusal(this.#guest.flags(entry));
    if (refused !== Walk.filled) return refused;
    this.#guest.set(entry, true);
    return Walk.needsSecondDirty;
  }

  setSecondDirty(entry: number): number {
    const under = this.#under(entry);
    if (refusal(this.#host.flags(under)) !== Walk.filled) return Walk.violation;
    if (!this.#host.set(under, true)) return Walk.logFull;
    // The guest's D was set or seen in this walk: the entry has it, whatever the guest's kernel has done since.
    this.#cache(entry, TLB_WRITABLE | TLB_DIRTY);
    return Walk.filled;
  }

  walkForLoad(entry: number): number {
    const under = this.#under(entry);
    if ((this.#guest.flags(entry) & PTE_PRESENT) === 0) return Walk.notPresent;
    if ((this.#host.flags(under) & PTE_PRESENT) === 0) return Walk.violation;
    this.#guest.set(entry, false);
    this.#host.set(under, false);
    this.#cache(entry, this.#guest.cached(this.#guest.flags(entry)) & this.#host.cached(this.#host.flags(under)));
    return Walk.filled;
  }

  #under(entry: number): number {
    return this.#guest.memory.pages.under[entry]!;
  }
}

/** Shadow paging: the walker reads the monitor's table alone, and what the guest has in its own is made good by exits. */
export class ShadowTable implements Translation {
  readonly #shadow: WalkedTable;
  readonly #cache: Cache;

  constructor(options: WalkerOptions, memory: Memory, journal: Journal, cache: Cache) {
    this.#shadow = new WalkedTable(options, memory, journal);
    this.#cache = cache;
  }

  canStore(entry: number): boolean {
    return (this.#flags(entry) & ALLOWED) === ALLOWED;
  }

  walkForStore(entry: number): number {
    return this.canStore(entry) ? this.#fill(entry) : Walk.violation;
  }

  setDirty(entry: number): number {
    return this.walkForStore(entry);
  }

  setSecondDirty(): number {
    return Walk.filled;
  }

  walkForLoad(entry: number): number {
    return this.#flags(entry) & PTE_PRESENT ? this.#fill(entry) : Walk.violation;
  }

  /** The monitor puts A and D into what it installs, so there is nothing left to set. */
  #fill(entry: number): number {
    this.#cache(entry, this.#shadow.cached(this.#flags(entry)));
    return Walk.filled;
  }

  #flags(entry: number): number {
    const { memory } = this.#shadow;
    return this.#shadow.flags(memory.pages.under[entry]!);
  }
}
