/**
 * Coarse mode: every operation runs to completion before the next begins, and a harvest runs on the CPU of the write that
 * triggered it. Stores that need no fault take a path without generators; it does what `kernel/access.ts` does, event for event.
 */
import { PAGE_SIZE } from '../../base/index.js';
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE, TLB_WRITABLE } from '../../traces/index.js';
import { type AccessBatch, AccessKind } from '../accesses.js';
import { access } from '../kernel/access.js';
import { ACTOR_HARVEST, ACTOR_PROGRAM } from '../machine/journal.js';
import type { Machine } from '../machine/machine.js';
import { type Micro, Op } from '../micro-ops.js';
import { STEP_NUMBER } from '../steps.js';
import type { StrategyCode } from '../strategies/index.js';
import type { HarvestClock } from './harvest-clock.js';
import { partsOf } from './parts.js';
import type { Scheduler } from './scheduler.js';

const STORE = STEP_NUMBER.store;
const LOAD = STEP_NUMBER.load;
const MAP = STEP_NUMBER['map the page'];

export interface CoarseOptions {
  /** Map a page at its first access, free of charge, instead of taking the not-present fault. */
  readonly eager: boolean;
  /** Use the path without generators where it applies. Off only to prove that it makes no difference. */
  readonly fastPath: boolean;
}

export class CoarseScheduler implements Scheduler {
  readonly #machine: Machine;
  readonly #strategy: StrategyCode;
  readonly #clock: HarvestClock;
  readonly #options: CoarseOptions;
  /** Flags of a TLB entry through which a store needs no walk. */
  readonly #storeFlags: number;
  /** Every store sets the change bit of its frame. */
  readonly #marksFrames: boolean;
  /** Flags of an entry through which a store needs no fault. */
  readonly #storable: number;
  /** The page of the last access, so that runs on one page look nothing up. */
  #lastPage = -1;
  #lastIndex = -1;

  constructor(machine: Machine, strategy: StrategyCode, clock: HarvestClock, options: CoarseOptions) {
    this.#machine = machine;
    this.#strategy = strategy;
    this.#clock = clock;
    this.#options = options;
    const { hardwareSetsDirty, changeBitInFrame } = machine.options.architecture;
    this.#storable = PTE_PRESENT | PTE_WRITABLE | (hardwareSetsDirty || changeBitInFrame ? 0 : PTE_DIRTY);
    this.#storeFlags = machine.mmu.storeFlags;
    this.#marksFrames = changeBitInFrame === true;
  }

  play(batch: AccessBatch, from: number, to: number): void {
    const { journal } = this.#machine;
    const clock = this.#clock;
    const { page: pages, offset: offsets, size: sizes, cpu: cpus, kind, program } = batch;
    for (let i = from; i < to; i++) {
      const cpu = cpus[i]!;
      const offset = offsets[i]!;
      const size = sizes[i]!;
      if (cpu >= this.#machine.cpus) this.#machine.addCpus(cpu);
      journal.cpu = cpu;
      journal.actor = ACTOR_PROGRAM + cpu;
      journal.program[cpu] = program[i]!;
      if (offset + size <= PAGE_SIZE) this.#access(kind[i]!, pages[i]!, offset, size);
      else this.#split(kind[i]!, pages[i]!, offset, size);
      if (kind[i] !== AccessKind.load && clock.due()) this.harvest();
    }
  }

  settle(): void {
    // Nothing is ever under way between two accesses.
  }

  harvest(): void {
    const { journal } = this.#machine;
    const { actor, cpu } = journal;
    journal.enter(ACTOR_HARVEST, cpu);
    this.#complete(this.#strategy.harvest());
    journal.enter(actor, cpu);
    this.#clock.harvested();
  }

  /** An access that crosses page borders: all of its pages are translated before the first byte moves. */
  #split(kind: number, page: number, offset: number, size: number): void {
    const parts = partsOf(page, offset, size, (number) => this.#index(number));
    this.#complete(access(this.#strategy, kind, parts));
    if (kind !== AccessKind.load) for (let part = 0; part < parts.length; part++) this.#clock.wrote();
  }

  #access(kind: number, page: number, offset: number, size: number): void {
    const index = page === this.#lastPage ? this.#lastIndex : this.#index(page);
    if (kind === AccessKind.store) this.#store(index, page, offset, size);
    else if (kind === AccessKind.load) return this.#load(index, page, offset, size);
    else this.#complete(access(this.#strategy, kind, [{ page: index, offset, size }]));
    this.#clock.wrote();
  }

  #store(index: number, page: number, offset: number, size: number): void {
    const machine = this.#machine;
    const { journal, pages } = machine;
    const { cpu } = journal;
    const tlb = machine.mmu.tlbs[cpu]!;
    let slot = tlb.slotOf[index]!;
    if (!this.#options.fastPath)
      return this.#complete(access(this.#strategy, AccessKind.store, [{ page: index, offset, size }]));
    if (slot < 0 || (tlb.flags[slot]! & this.#storeFlags) !== this.#storeFlags) {
      const cachedReadOnly = slot >= 0 && (tlb.flags[slot]! & TLB_WRITABLE) === 0;
      const allowed = (pages.flags[index]! & this.#storable) === this.#storable;
      if (cachedReadOnly || !allowed)
        return this.#complete(access(this.#strategy, AccessKind.store, [{ page: index, offset, size }]));
      machine.mmu.ran[cpu] = true;
      slot = machine.mmu.fill(index, true);
    }
    pages.generation[tlb.frame[slot]!]!++;
    journal.step = STORE;
    journal.write(page, offset, size, journal.program[cpu]!);
    if (this.#marksFrames) machine.memory.changed(index);
  }

  #load(index: number, page: number, offset: number, size: number): void {
    const machine = this.#machine;
    const { journal } = machine;
    if (!this.#options.fastPath || machine.mmu.tlbs[journal.cpu]!.slotOf[index]! < 0) {
      return this.#complete(access(this.#strategy, AccessKind.load, [{ page: index, offset, size }]));
    }
    journal.step = LOAD;
    journal.read(page, offset, size, journal.program[journal.cpu]!);
  }

  /** Index of a page; maps it if this is its first access and mappings are made eagerly. */
  #index(page: number): number {
    const machine = this.#machine;
    const index = machine.intern(page);
    this.#lastPage = page;
    this.#lastIndex = index;
    if (this.#options.eager && machine.pages.frame[index]! < 0) {
      machine.journal.step = MAP;
      machine.memory.map(index, this.#strategy.mappedFlags);
    }
    return index;
  }

  /** Runs code to its end; flushes are acknowledged as soon as somebody waits for them. */
  #complete(code: Micro): void {
    const machine = this.#machine;
    for (let next = code.next(0); !next.done; ) {
      if (next.value.code === Op.flushWait) this.#acknowledgeAll();
      next = code.next(machine.execute(next.value));
    }
  }

  #acknowledgeAll(): void {
    const machine = this.#machine;
    for (let cpu = 0; cpu < machine.cpus; cpu++) {
      while (machine.mmu.shootdowns.isPending(cpu)) machine.mmu.acknowledge(cpu);
    }
  }
}
