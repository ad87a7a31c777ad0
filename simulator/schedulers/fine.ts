/**
 * Fine mode: micro-steps of all CPUs, of the harvest and of the acknowledgments interleave, by a seeded random choice among
 * those that can go on. The harvest is an actor with a CPU of its own. It is placed by source position: it begins when the
 * writes before that position are done, and those behind it run beside it, so epochs hold the same writes whatever the seed.
 */
import { invariant, type Random } from '../../base/index.js';
import { type AccessBatch, AccessKind } from '../accesses.js';
import { access, type Part } from '../kernel/access.js';
import { mapOnFault } from '../kernel/faults.js';
import { ACTOR_HARVEST, ACTOR_PROGRAM } from '../machine/journal.js';
import type { Machine } from '../machine/machine.js';
import type { Micro, MicroOp } from '../micro-ops.js';
import type { StrategyCode } from '../strategies/index.js';
import type { HarvestClock } from './harvest-clock.js';
import { partsOf } from './parts.js';
import type { Scheduler } from './scheduler.js';

/** Accesses that may wait per CPU: how far CPUs can drift apart in the source. Chosen, not derived. */
const QUEUED_PER_CPU = 4;
/** One step in so many first evicts a random TLB entry, as hardware may at any time. Chosen, not derived. */
const STEPS_PER_EVICTION = 64;

interface Access {
  /** `AccessKind`. */
  readonly kind: number;
  readonly parts: readonly Part[];
  readonly program: number;
}

/** Code under way on a CPU, stopped before `op`. */
interface Running {
  readonly code: Micro;
  readonly actor: number;
  readonly cpu: number;
  op: MicroOp;
}

export class FineScheduler implements Scheduler {
  readonly #machine: Machine;
  readonly #strategy: StrategyCode;
  readonly #clock: HarvestClock;
  readonly #random: Random;
  readonly #eager: boolean;
  readonly #queues: Access[][] = [];
  readonly #running: Array<Running | null> = [];
  #queued = 0;
  #harvest: Running | null = null;

  constructor(
    machine: Machine,
    strategy: StrategyCode,
    clock: HarvestClock,
    random: Random,
    eager: boolean,
    cpus: number,
  ) {
    this.#machine = machine;
    this.#strategy = strategy;
    this.#clock = clock;
    this.#random = random;
    this.#eager = eager;
    this.#addCpus(cpus - 1);
  }

  play(batch: AccessBatch, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const cpu = batch.cpu[i]!;
      this.#addCpus(cpu);
      const kind = batch.kind[i]!;
      const parts = partsOf(batch.page[i]!, batch.offset[i]!, batch.size[i]!, (page) => this.#machine.intern(page));
      this.#queues[cpu]!.push({ kind, parts, program: batch.program[i]! });
      this.#queued++;
      if (kind !== AccessKind.load) for (let part = 0; part < parts.length; part++) this.#clock.wrote();
      while (this.#queued > QUEUED_PER_CPU * this.#queues.length) this.#step();
      if (kind !== AccessKind.load && this.#clock.due()) this.#startHarvest();
    }
  }

  settle(): void {
    while (this.#queued > 0 || this.#harvest !== null || this.#busy()) this.#step();
  }

  harvest(): void {
    this.#startHarvest();
    this.settle();
  }

  /** Waits for the accesses before this position and for the harvest before, then lets the next one begin. */
  #startHarvest(): void {
    this.settle();
    const { journal } = this.#machine;
    const cpu = this.#queues.length; // one more than the program has
    journal.idle[cpu]! += Math.max(0, journal.time - journal.clock(cpu));
    const code = this.#strategy.harvest();
    const first = code.next(0);
    if (!first.done) this.#harvest = { code, actor: ACTOR_HARVEST, cpu, op: first.value };
    if (this.#harvest !== null) this.#advance(this.#harvest); // harvest-begin marks the position
    this.#clock.harvested();
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
    const machine = this.#machine;
    if (this.#random.below(STEPS_PER_EVICTION) === 0) this.#evict();
    const cpus = this.#queues.length;
    // Candidates: program threads (0..), acknowledgments (cpus..), the harvest (last).
    const start = this.#random.below(2 * cpus + 1);
    for (let tried = 0; tried <= 2 * cpus; tried++) {
      const candidate = (start + tried) % (2 * cpus + 1);
      if (candidate === 2 * cpus) {
        if (this.#harvest === null || !machine.ready(this.#harvest.op, ACTOR_HARVEST)) continue;
        if (!this.#advance(this.#harvest)) this.#harvest = null;
        return;
      }
      if (candidate >= cpus) {
        const cpu = candidate - cpus;
        if (!machine.mmu.shootdowns.isPending(cpu) || machine.mmu.inInstruction[cpu]) continue;
        machine.mmu.acknowledge(cpu);
        return;
      }
      if (this.#stepProgram(candidate)) return;
    }
    invariant(false, 'every actor of the machine waits for another');
  }

  /** A micro-step of the program thread of a CPU, or the beginning of its next access; whether it could make one. */
  #stepProgram(cpu: number): boolean {
    let running = this.#running[cpu]!;
    if (running === null) {
      const access = this.#queues[cpu]!.shift();
      if (access === undefined) return false;
      this.#queued--;
      running = this.#begin(access, cpu);
      this.#running[cpu] = running;
    }
    if (!this.#machine.ready(running.op, running.actor)) return false;
    if (!this.#advance(running)) this.#running[cpu] = null;
    return true;
  }

  #begin(access: Access, cpu: number): Running {
    const machine = this.#machine;
    const actor = ACTOR_PROGRAM + cpu;
    machine.journal.enter(actor, cpu);
    machine.journal.program[cpu] = access.program;
    const code = this.#accessCode(access);
    return { code, actor, cpu, op: code.next(0).value as MicroOp };
  }

  *#accessCode({ kind, parts }: Access): Micro {
    if (this.#eager) {
      // Free of charge and without a fault, but under the lock that any change of the table takes.
      for (const { page } of parts) {
        if (this.#machine.pages.frame[page]! < 0) yield* mapOnFault(page, this.#strategy.mappedFlags);
      }
    }
    yield* access(this.#strategy, kind, parts);
  }

  /** Performs the operation that the code stands before; false when the code has ended. */
  #advance(running: Running): boolean {
    this.#machine.journal.enter(running.actor, running.cpu);
    const next = running.code.next(this.#machine.execute(running.op));
    if (next.done) return false;
    running.op = next.value;
    return true;
  }

  #evict(): void {
    const cpu = this.#random.below(this.#queues.length);
    const tlb = this.#machine.mmu.tlbs[cpu]!;
    if (this.#machine.mmu.inInstruction[cpu] || tlb.valid === 0) return;
    let slot = this.#random.below(tlb.page.length);
    while (tlb.page[slot]! < 0) slot = slot + 1 === tlb.page.length ? 0 : slot + 1;
    this.#machine.journal.enter(ACTOR_PROGRAM + cpu, cpu);
    this.#machine.mmu.evict(slot);
  }
}
