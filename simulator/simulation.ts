/**
 * A run of the machine under a strategy: accesses in, events out. Knows no files; whoever owns it takes each full batch of
 * events and decides what becomes of it.
 */
import { Random } from '../base/index.js';
import {
  type Carrier,
  carrierMask,
  type CheckpointState,
  type EventBatch,
  type MachineSnapshot,
  type TrailMeta,
  write,
} from '../traces/index.js';
import type { AccessBatch } from './accesses.js';
import type { SimulationSettings } from './configuration.js';
import { actorNames, type Journal, MAX_CPUS } from './machine/journal.js';
import type { Machine } from './machine/machine.js';
import { Changes } from './machine/changes.js';
import { snapshotOf } from './machine/snapshot.js';
import { CoarseScheduler } from './schedulers/coarse.js';
import { FineScheduler } from './schedulers/fine.js';
import { HarvestClock } from './schedulers/harvest-clock.js';
import { Processes } from './schedulers/processes.js';
import type { Scheduler } from './schedulers/scheduler.js';
import { buildWorld, type World } from './world.js';

export interface SimulationTuning {
  /** Range walks by table instead of by step, in coarse mode. Default true; false only to prove the two equal. */
  readonly bulk?: boolean;
  /** Stores that need no fault without generators, in coarse mode. Default true; false only to prove the two equal. */
  readonly fastPath?: boolean;
  /** Events in a full batch. Default: those of a chunk. Fewer, where machines are built by the thousand for a few accesses each. */
  readonly batchEvents?: number;
}

export class Simulation {
  readonly settings: SimulationSettings;
  /** What the consumer reads at the start. */
  readonly carriers: readonly Carrier[];
  readonly #world: World;
  readonly #machine: Machine;
  readonly #journal: Journal;
  readonly #scheduler: Scheduler;
  readonly #clock: HarvestClock;
  /** Once checkpoints are made. */
  #changes: Changes | null = null;
  /** Program time of the first access by CPU, ns; -1 before it. */
  readonly #firstAccess = new Float64Array(MAX_CPUS).fill(-1);

  /** @param onFull takes the rows of a full batch before it returns; the batch is reused */
  constructor(settings: SimulationSettings, onFull: (batch: EventBatch) => void, tuning: SimulationTuning = {}) {
    this.settings = settings;
    this.#world = buildWorld(settings, onFull, tuning.bulk ?? true, tuning.batchEvents);
    const { machine, tracking } = this.#world;
    this.#machine = machine;
    this.#journal = machine.journal;
    this.#clock = new HarvestClock(settings.harvestEvery);
    this.carriers = tracking.strategy.carriers ?? settings.strategy.carriers;
    machine.reads = carrierMask(this.carriers);
    const eager = settings.populate === 'eager';
    const { seed, cpus, vma, guest } = settings;
    const processes = new Processes(machine, settings.mms, vma.shared && guest === null);
    this.#scheduler =
      settings.interleave === 'fine'
        ? new FineScheduler(machine, tracking, this.#clock, processes, new Random(seed), { eager, cpus })
        : new CoarseScheduler(machine, tracking, this.#clock, processes, {
            eager,
            fastPath: tuning.fastPath ?? true,
          });
    machine.addCpus(cpus - 1);
  }

  /** Address spaces by number, as meta names them; forks add to them. */
  get spaces(): TrailMeta['spaces'] {
    const { spaces } = this.#world;
    const more = this.#machine.spaceCount - spaces.length;
    return spaces.length > 1 || more <= 0 ? spaces : [...spaces, ...Array<(typeof spaces)[0]>(more).fill(spaces[0]!)];
  }

  /** Names by actor number, as the journal numbers them. */
  get actors(): readonly string[] {
    return actorNames(this.cpus);
  }

  /**
   * Calls `visit` once, in the middle of an operation, when that has come to event `seq` or further: where the state can be asked for, too. Of
   * use for harvests of many pages, in coarse mode; in fine mode there is no such moment.
   */
  pauseAt(seq: number, visit: () => void): void {
    if (this.settings.interleave === 'fine') return;
    this.#machine.pauseAt = seq;
    this.#machine.onPause = () => {
      this.#machine.pauseAt = Infinity;
      visit();
    };
  }

  /** Plays the accesses of rows [from, to), with the harvests that fall due. */
  play(batch: AccessBatch, from = 0, to = batch.length): void {
    const { cpu, program } = batch;
    const first = this.#firstAccess;
    for (let row = from; row < to; row++) if (first[cpu[row]!]! < 0) first[cpu[row]!] = program[row]!;
    this.#scheduler.play(batch, from, to);
  }

  /** Ends what is under way, without a harvest: for a run that is broken off. */
  settle(): void {
    this.#scheduler.settle();
  }

  /**
   * Ends a run that was played to its end: one last harvest, unless nothing was written since the last.
   * @param programNs program time at the end of the source, ns
   */
  finish(programNs: number): void {
    this.#scheduler.settle();
    const { program } = this.#journal;
    const [cpu, another] = this.#activeCpus();
    if (cpu !== undefined && another === undefined) program[cpu] = Math.max(program[cpu]!, programNs);
    if (!this.#clock.nothingWritten) this.#scheduler.harvest();
  }

  /** Rows not handed out yet. */
  get openBatch(): EventBatch {
    return this.#journal.batch;
  }

  /** Position of the last event; 0 before the first. */
  get seq(): number {
    return this.#journal.seq;
  }

  get writes(): number {
    return this.#journal.counts[write.code]!;
  }

  get harvests(): number {
    return this.#machine.harvests;
  }

  /** CPUs that the program used or was given. */
  get cpus(): number {
    return Math.max(this.#machine.cpus.count, 1);
  }

  /**
   * Program time summed over the CPUs that made accesses, ns.
   * @param given times come from the source and begin anywhere: each CPU's count from its first access on
   */
  programNs(given: boolean): number {
    const { program } = this.#journal;
    return this.#activeCpus().reduce((sum, cpu) => sum + program[cpu]! - (given ? this.#firstAccess[cpu]! : 0), 0);
  }

  /** CPUs that made an access, in order. */
  #activeCpus(): number[] {
    return Array.from(this.#firstAccess.keys()).filter((cpu) => this.#firstAccess[cpu]! >= 0);
  }

  /** The state after the last event: between two calls of `play`, after `settle`, or in a pause. */
  snapshot(): MachineSnapshot {
    return snapshotOf(this.#machine, this.#world.layouts);
  }

  /** The same for a checkpoint: what changed since the last one. It must be stored before the run goes on. */
  checkpoint(): CheckpointState {
    this.#changes ??= new Changes(this.#machine, this.#world.layouts);
    return this.#changes.take();
  }
}
