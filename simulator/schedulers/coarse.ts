/**
 * Coarse mode: every operation runs to completion before the next begins, and a harvest runs on the CPU of the write that
 * triggered it. Stores that need no fault take a path without generators; it does what `kernel/access.ts` does, event for event.
 */
import { PAGE_SIZE } from '../../base/index.js';
import { TLB_WRITABLE } from '../../traces/index.js';
import { type AccessBatch, AccessKind } from '../accesses.js';
import { access, type Tracking } from '../kernel/access.js';
import { ACTOR_HARVEST, ACTOR_HOST, ACTOR_PROGRAM } from '../machine/journal.js';
import type { Machine } from '../machine/machine.js';
import { type Micro, Op } from '../micro-ops.js';
import { STEP_NUMBER } from '../steps.js';
import { announce, operation } from './operation.js';
import type { HarvestClock } from './harvest-clock.js';
import { partsOf } from './parts.js';
import type { Processes } from './processes.js';
import { isWrite, type Scheduler } from './scheduler.js';

const STORE = STEP_NUMBER.store;
const LOAD = STEP_NUMBER.load;
const MAP = STEP_NUMBER['map the page'];
const HARVEST = STEP_NUMBER.harvest;

export interface CoarseOptions {
  /** Map a page at its first access, free of charge, instead of taking the not-present fault. */
  readonly eager: boolean;
  /** Use the path without generators where it applies. Off only to prove that it makes no difference. */
  readonly fastPath: boolean;
}

export class CoarseScheduler implements Scheduler {
  readonly #machine: Machine;
  readonly #tracking: Tracking;
  readonly #clock: HarvestClock;
  readonly #processes: Processes;
  readonly #options: CoarseOptions;
  /** Flags of a TLB entry through which a store needs no walk. */
  readonly #storeFlags: number;
  /** A write is counted in its frame and nowhere else. */
  readonly #plainFrames: boolean;
  readonly #huge: boolean;
  /** Every store sets the change bit of its frame. */
  readonly #marksFrames: boolean;
  /** The page of the last access, so that runs on one page look nothing up. */
  #lastPage = -1;
  #lastIndex = -1;
  /** Address space of the access that is played. */
  #space = 0;

  constructor(machine: Machine, tracking: Tracking, clock: HarvestClock, processes: Processes, options: CoarseOptions) {
    this.#machine = machine;
    this.#tracking = tracking;
    this.#clock = clock;
    this.#processes = processes;
    this.#options = options;
    const { architecture, nonCoherent, huge } = machine.options;
    this.#storeFlags = machine.mmu.storeFlags;
    this.#marksFrames = architecture.changeBitInFrame === true;
    this.#plainFrames = !nonCoherent && !huge && !machine.mmu.hasMonitor;
    this.#huge = huge;
  }

  play(batch: AccessBatch, from: number, to: number): void {
    const { journal } = this.#machine;
    const clock = this.#clock;
    const processes = this.#processes;
    const { page: pages, offset: offsets, size: sizes, cpu: cpus, kind: kinds, process, program } = batch;
    for (let i = from; i < to; i++) {
      const cpu = cpus[i]!;
      const kind = kinds[i]!;
      const offset = offsets[i]!;
      const size = sizes[i]!;
      if (cpu >= this.#machine.cpus.count) this.#machine.addCpus(cpu);
      journal.cpu = cpu;
      journal.actor = ACTOR_PROGRAM + cpu;
      journal.program[cpu] = program[i]!;
      if (processes.several || process[i] !== 0) this.#enter(processes.spaceOf(process[i]!, cpu));
      if (kind >= AccessKind.unmap) this.#operate(kind, pages[i]!, size);
      else if (offset + size <= PAGE_SIZE) this.#access(kind, pages[i]!, offset, size);
      else this.#split(kind, pages[i]!, offset, size);
      if (isWrite(kind) && clock.due()) this.harvest();
    }
  }

  settle(): void {
    // Nothing is ever under way between two accesses.
  }

  harvest(): void {
    const machine = this.#machine;
    const { journal } = machine;
    const { actor, cpu } = journal;
    const { strategy, host } = this.#tracking;
    journal.enter(ACTOR_HARVEST, cpu);
    journal.step = HARVEST;
    machine.harvestBegin();
    this.#complete(strategy.harvest());
    if (host !== null) {
      journal.enter(ACTOR_HOST, cpu);
      this.#complete(host.harvest());
      journal.enter(ACTOR_HARVEST, cpu);
    }
    journal.step = HARVEST;
    machine.harvestEnd();
    journal.enter(actor, cpu);
    this.#clock.harvested();
  }

  #enter(space: number): void {
    if (space !== this.#space) this.#lastPage = -1;
    this.#space = space;
    this.#machine.mmu.enterSpace(space);
  }

  #operate(kind: number, page: number, size: number): void {
    const machine = this.#machine;
    const space = this.#space;
    if (kind !== AccessKind.harvest)
      return this.#complete(operation(machine, this.#tracking, this.#processes, { kind, space, page, size }));
    announce(machine, kind, space, page, size);
    this.harvest();
  }

  /** An access that crosses page borders: all of its pages are translated before the first byte moves. */
  #split(kind: number, page: number, offset: number, size: number): void {
    const parts = partsOf(page, offset, size, (number) => this.#index(number));
    this.#complete(access(this.#tracking, kind, parts));
    if (kind !== AccessKind.load) for (let part = 0; part < parts.length; part++) this.#clock.wrote();
  }

  #access(kind: number, page: number, offset: number, size: number): void {
    const index = page === this.#lastPage ? this.#lastIndex : this.#index(page);
    if (kind === AccessKind.store) this.#store(index, page, offset, size);
    else if (kind === AccessKind.load) return this.#load(index, page, offset, size);
    else this.#complete(access(this.#tracking, kind, [{ page: index, offset, size }]));
    this.#clock.wrote();
  }

  #store(index: number, page: number, offset: number, size: number): void {
    const machine = this.#machine;
    const { journal, pages, mmu } = machine;
    const { cpu } = journal;
    const tlb = machine.cpus.tlbs[cpu]!;
    let slot = this.#huge ? mmu.slotOf(cpu, index) : tlb.slotOf[index]!;
    if (!this.#options.fastPath)
      return this.#complete(access(this.#tracking, AccessKind.store, [{ page: index, offset, size }]));
    if (slot < 0 || (tlb.flags[slot]! & this.#storeFlags) !== this.#storeFlags) {
      const cachedReadOnly = !mmu.hasMonitor && slot >= 0 && (tlb.flags[slot]! & TLB_WRITABLE) === 0;
      const entry = machine.memory.entryOf(index);
      if (cachedReadOnly || !mmu.canStore(entry))
        return this.#complete(access(this.#tracking, AccessKind.store, [{ page: index, offset, size }]));
      slot = mmu.fillForStore(entry);
    }
    journal.step = STORE;
    if (!this.#plainFrames) return mmu.commit(index, offset, size);
    pages.frames.generation[tlb.frame[slot]!]!++;
    journal.write(this.#space, page, offset, size, journal.program[cpu]!);
    if (this.#marksFrames) machine.memory.changed(index);
  }

  #load(index: number, page: number, offset: number, size: number): void {
    const machine = this.#machine;
    const { journal } = machine;
    if (!this.#options.fastPath || machine.mmu.slotOf(journal.cpu, index) < 0) {
      return this.#complete(access(this.#tracking, AccessKind.load, [{ page: index, offset, size }]));
    }
    journal.step = LOAD;
    journal.read(this.#space, page, offset, size, journal.program[journal.cpu]!);
  }

  /** Index of a page; maps it if this is its first access and mappings are made eagerly. */
  #index(page: number): number {
    const machine = this.#machine;
    const index = machine.intern(this.#space, page);
    this.#lastPage = page;
    this.#lastIndex = index;
    if (this.#options.eager && machine.pages.frame[index]! < 0) {
      const { strategy, host, mapsBothStages } = this.#tracking;
      machine.journal.step = MAP;
      machine.mapPage(index, strategy.mappedFlags);
      if (mapsBothStages) machine.mapPage(machine.pages.under[index]!, host!.mappedFlags);
    }
    return index;
  }

  /** Runs code to its end; flushes are acknowledged as soon as somebody waits for them. */
  #complete(code: Micro): void {
    const machine = this.#machine;
    for (let next = code.next(0); !next.done; ) {
      if (next.value.code === Op.flushWait) this.#acknowledgeAll();
      next = code.next(machine.execute(next.value));
      machine.pause();
    }
  }

  #acknowledgeAll(): void {
    const { cpus, flushes } = this.#machine;
    for (let cpu = 0; cpu < cpus.count; cpu++) while (flushes.isPending(cpu)) flushes.acknowledge(cpu);
  }
}
