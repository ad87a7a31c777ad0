/**
 * Fine mode: micro-steps of all CPUs, of the harvest and of the acknowledgments interleave, by a seeded random choice among
 * those that can go on. The harvest is an actor with a CPU of its own (two actors, where guest and host both have a consumer). It is placed
 * by source position: it begins when the writes before that position are done, and those behind it run beside it, so epochs hold the same
 * writes whatever the seed.
 */
import { invariant, type Random } from '../../base/index.js';
import { type AccessBatch, AccessKind } from '../accesses.js';
import { access, type Part, type Tracking } from '../kernel/access.js';
import { ACTOR_HARVEST, ACTOR_HOST, ACTOR_PROGRAM } from '../machine/journal.js';
import type { Machine } from '../machine/machine.js';
import { isQuestion, type Micro, type MicroOp, micro, Op } from '../micro-ops.js';
import { STEP_NUMBER } from '../steps.js';
import { announce, operation } from './operation.js';
import type { HarvestClock } from './harvest-clock.js';
import { partsOf } from './parts.js';
import type { Processes } from './processes.js';
import { isWrite, type Scheduler } from './scheduler.js';

/** Accesses that may wait per CPU: how far CPUs can drift apart in the source. Chosen, not derived. */
const QUEUED_PER_CPU = 4;
/** One step in so many first evicts a random TLB entry, as hardware may at any time. Chosen, not derived. */
const STEPS_PER_EVICTION = 64;
/** One step in so many begins a burst, in which one actor goes on as long as it can, up to a number of steps: long windows are rare otherwise. */
const STEPS_PER_BURST = 24;
const BURST_STEPS_MAX = 48;

interface Access {
  /** `AccessKind`. */
  readonly kind: number;
  readonly space: number;
  readonly program: number;
  /** Of an access. */
  readonly parts: readonly Part[];
  /** Of an operation: page number and bytes. */
  readonly page: number;
  readonly size: number;
}

/** Code under way on a CPU, stopped before `op`. */
interface Running {
  readonly code: Micro;
  readonly actor: number;
  readonly cpu: number;
  op: MicroOp;
}

export interface FineOptions {
  readonly eager: boolean;
  readonly cpus: number;
}

export class FineScheduler implements Scheduler {
  readonly #machine: Machine;
  readonly #tracking: Tracking;
  readonly #clock: HarvestClock;
  readonly #processes: Processes;
  readonly #random: Random;
  readonly #eager: boolean;
  readonly #queues: Access[][] = [];
  readonly #running: Array<Running | null> = [];
  #queued = 0;
  #burstOf = 0;
  #burstLeft = 0;
  /** What is left of the round that is under way. */
  #consumers: Running[] = [];

  constructor(
    machine: Machine,
    tracking: Tracking,
    clock: HarvestClock,
    processes: Processes,
    random: Random,
    { eager, cpus }: FineOptions,
  ) {
    this.#machine = machine;
    this.#tracking = tracking;
    this.#clock = clock;
    this.#processes = processes;
    this.#random = random;
    this.#eager = eager;
    this.#addCpus(cpus - 1);
  }

  play(batch: AccessBatch, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const cpu = batch.cpu[i]!;
      const kind = batch.kind[i]!;
      this.#addCpus(cpu);
      if (kind === AccessKind.harvest) {
        this.#harvestNow(cpu, batch, i);
        continue;
      }
      this.#queues[cpu]!.push(this.#accessOf(batch, i, cpu));
      this.#queued++;
      while (this.#queued > QUEUED_PER_CPU * this.#queues.length) this.#step();
      if (isWrite(kind) && this.#clock.due()) this.#startHarvest();
    }
  }

  settle(): void {
    while (this.#queued > 0 || this.#consumers.length > 0 || this.#busy()) this.#step();
  }

  harvest(): void {
    this.#startHarvest();
    this.settle();
  }

  #accessOf(batch: AccessBatch, i: number, cpu: number): Access {
    const kind = batch.kind[i]!;
    const page = batch.page[i]!;
    const size = batch.size[i]!;
    // A fork that is under way may be about to make this process.
    if (batch.process[i]! >= this.#machine.spaceCount) this.settle();
    const space = this.#processes.spaceOf(batch.process[i]!, cpu);
    const isOperation = kind >= AccessKind.unmap;
    const parts = isOperation
      ? []
      : partsOf(page, batch.offset[i]!, size, (number) => this.#machine.intern(space, number));
    if (isWrite(kind)) for (let part = 0; part < parts.length; part++) this.#clock.wrote();
    return { kind, space, parts, page, size, program: batch.program[i]! };
  }

  #harvestNow(cpu: number, batch: AccessBatch, i: number): void {
    this.settle();
    const { journal } = this.#machine;
    journal.enter(ACTOR_PROGRAM + cpu, cpu);
    journal.program[cpu] = batch.program[i]!;
    announce(this.#machine, AccessKind.harvest, 0, -1, 0);
    this.#startHarvest();
  }

  /** Waits for the accesses before this position and for the harvest before, then lets the next one begin. */
  #startHarvest(): void {
    this.settle();
    const { journal } = this.#machine;
    const cpu = this.#queues.length; // one more than the program has
    journal.idle[cpu]! += Math.max(0, journal.time - journal.clock(cpu));
    journal.enter(ACTOR_HARVEST, cpu);
    journal.step = STEP_NUMBER.harvest;
    this.#machine.harvestBegin(); // marks the position
    const { strategy, host } = this.#tracking;
    this.#consumers = [];
    this.#addConsumer(strategy.harvest(), ACTOR_HARVEST, cpu);
    if (host !== null) this.#addConsumer(host.harvest(), ACTOR_HOST, cpu);
    if (this.#consumers.length === 0) this.#endHarvest(cpu);
    this.#clock.harvested();
  }

  #addConsumer(code: Micro, actor: number, cpu: number): void {
    const first = code.next(0);
    if (!first.done) this.#consumers.push({ code, actor, cpu, op: first.value });
  }

  #endHarvest(cpu: number): void {
    const { journal } = this.#machine;
    journal.enter(ACTOR_HARVEST, cpu);
    journal.step = STEP_NUMBER.harvest;
    this.#machine.harvestEnd();
  }

  #addCpus(cpu: number): void {
    if (cpu < this.#queues.length) return;
    this.settle();
    // The harvest's CPU is the one behind those of the program: its clock moves along.
    this.#machine.journal.moveClock(this.#queues.length, cpu + 1);
    while (this.#queues.length <= cpu) {
      this.#queues.push([]);
      this.#running.push(null);
    }
    this.#machine.addCpus(cpu);
  }

  #busy(): boolean {
    return this.#running.some((running) => running !== null);
  }

  /** One random micro-step of anybody who can make one. */
  #step(): void {
    if (this.#random.below(STEPS_PER_EVICTION) === 0) this.#evict();
    const cpus = this.#queues.length;
    // Candidates: program threads (0..), acknowledgments (cpus..), consumers (last).
    const candidates = 2 * cpus + Math.max(1, this.#consumers.length);
    const start = this.#burst(candidates);
    for (let tried = 0; tried < candidates; tried++) {
      const candidate = (start + tried) % candidates;
      const made =
        candidate < cpus
          ? this.#stepProgram(candidate)
          : candidate < 2 * cpus
            ? this.#acknowledge(candidate - cpus)
            : this.#stepConsumer(candidate - 2 * cpus);
      if (made) return;
    }
    invariant(false, 'every actor of the machine waits for another');
  }

  /** Who is asked first: at random, but for bursts. */
  #burst(candidates: number): number {
    if (this.#burstLeft > 0) {
      this.#burstLeft--;
      return Math.min(this.#burstOf, candidates - 1);
    }
    const first = this.#random.below(candidates);
    if (this.#random.below(STEPS_PER_BURST) === 0) {
      this.#burstOf = first;
      this.#burstLeft = this.#random.below(BURST_STEPS_MAX);
    }
    return first;
  }

  #acknowledge(cpu: number): boolean {
    const { flushes } = this.#machine;
    if (!flushes.isPending(cpu)) return false;
    flushes.acknowledge(cpu);
    return true;
  }

  #stepConsumer(which: number): boolean {
    const consumer = this.#consumers[which];
    if (consumer === undefined || !this.#machine.ready(consumer.op, consumer.actor)) return false;
    if (this.#advance(consumer)) return true;
    this.#consumers.splice(which, 1);
    if (this.#consumers.length === 0) this.#endHarvest(consumer.cpu);
    return true;
  }

  /** A micro-step of the program thread of a CPU, or the beginning of its next access; whether it could make one. */
  #stepProgram(cpu: number): boolean {
    let running = this.#running[cpu]!;
    if (running === null) {
      const access = this.#queues[cpu]!.shift();
      if (access === undefined) return false;
      this.#queued--;
      const begun = this.#begin(access, cpu);
      if (begun === null) return true;
      running = this.#running[cpu] = begun;
    }
    if (!this.#machine.ready(running.op, running.actor)) return false;
    if (!this.#advance(running)) this.#running[cpu] = null;
    return true;
  }

  /** The first step of an access; null where there is nothing to do. */
  #begin(one: Access, cpu: number): Running | null {
    const machine = this.#machine;
    const actor = ACTOR_PROGRAM + cpu;
    machine.journal.enter(actor, cpu);
    machine.journal.program[cpu] = one.program;
    if (this.#processes.several) machine.mmu.enterSpace(one.space);
    const code = this.#codeOf(one);
    let first = code.next(0);
    // What the code has remembered is no step, not even at its beginning.
    while (!first.done && first.value.code === Op.recall) first = code.next(machine.execute(first.value));
    return first.done ? null : { code, actor, cpu, op: first.value };
  }

  #codeOf(one: Access): Micro {
    if (one.kind < AccessKind.unmap) return this.#accessCode(one);
    return operation(this.#machine, this.#tracking, this.#processes, one);
  }

  *#accessCode({ kind, parts }: Access): Micro {
    if (this.#eager) for (const { page } of parts) yield* this.#mapFirst(page);
    yield* access(this.#tracking, kind, parts);
  }

  /** The first access to a page maps it free of charge and without a fault, but under the locks that any change of the table takes. */
  *#mapFirst(page: number): Micro {
    if (this.#machine.pages.frame[page]! >= 0) return;
    const { strategy, host, mapsBothStages } = this.#tracking;
    yield micro(Op.enterKernel, 'map the page');
    yield* strategy.notPresentFault(page, 0);
    if (mapsBothStages) yield* host!.notPresentFault(yield micro(Op.pageUnder, 'map the page', page), 0);
    yield micro(Op.resume, 'map the page');
  }

  /** Performs the operation that the code stands before, and the questions behind it; false when the code has ended. */
  #advance(running: Running): boolean {
    const machine = this.#machine;
    machine.journal.enter(running.actor, running.cpu);
    let next = running.code.next(machine.execute(running.op));
    while (!next.done && isQuestion(next.value.code)) next = running.code.next(machine.execute(next.value));
    if (next.done) return false;
    running.op = next.value;
    return true;
  }

  #evict(): void {
    const { cpus, mmu, journal } = this.#machine;
    const cpu = this.#random.below(this.#queues.length);
    const tlb = cpus.tlbs[cpu]!;
    if (cpus.inInstruction[cpu] || tlb.valid === 0) return;
    let slot = this.#random.below(tlb.page.length);
    while (tlb.page[slot]! < 0) slot = slot + 1 === tlb.page.length ? 0 : slot + 1;
    journal.enter(ACTOR_PROGRAM + cpu, cpu);
    mmu.evict(slot);
  }
}
