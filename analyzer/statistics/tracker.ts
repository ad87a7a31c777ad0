/**
 * One collector for all statistics: it leaves out what was not selected, cuts runs of writes at the borders of windows, and tells
 * dirtyings, once for all of them.
 */
import { type EventBatch, harvestBegin, harvestEnd, read, report, transfer, write } from '../../traces/index.js';
import { type Fold, seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import { COSTLY_KINDS, costNsOf } from '../collectors/costs.js';
import type { EventHandler } from '../pass.js';
import type { Statistic, WriteRun, WriteSum, WriteTally } from './define.js';
import type { Scope } from './scope.js';
import { Windows } from './window.js';

export interface Totals {
  /** Events selected by position. */
  readonly events: number;
  readonly writes: number;
  /** Pages written. */
  readonly pages: number;
  /** Times of the first and last event selected by position, ns. */
  readonly fromNs: number;
  readonly toNs: number;
}

/** What the consumer does is not a matter of the CPU that it does it on. */
const OF_ALL_CPUS = new Set<string>([harvestBegin.kind, harvestEnd.kind, report.kind, transfer.kind]);

/** CPU numbers are 16 bits wide, from -1. */
const CPUS = 2 ** 15 + 1;

export class Tracker implements WriteTally {
  writes = 0;
  readonly writesTo = new NumberColumn();
  readonly on: Readonly<Record<string, EventHandler>>;
  readonly #scope: Scope;
  /** Nothing is left out by position or CPU. */
  readonly #isWhole: boolean;
  readonly #statistics: ReadonlyArray<Statistic<unknown>>;
  readonly #writers: ReadonlyArray<Statistic<unknown>>;
  readonly #everyPage: ReadonlyArray<Statistic<unknown>>;
  readonly #summers: ReadonlyArray<Statistic<unknown>>;
  readonly #dirtiers: ReadonlyArray<Statistic<unknown>>;
  readonly #resumers: ReadonlyArray<Statistic<unknown>>;
  readonly #charged: ReadonlyArray<Statistic<unknown>>;
  /** By CPU number + 1: an event of its own since its last write. */
  readonly #interrupted = new Uint8Array(CPUS);
  readonly #sum: WriteSum = { cpu: 0, window: 0, epoch: 0, writes: 0, bytes: 0, dirtied: 0 };
  readonly #dirtiedIn = new NumberColumn();
  #run: WriteRun | null = null;
  #windows: Windows | null = null;
  #pages = 0;

  constructor(scope: Scope, statistics: ReadonlyArray<Statistic<unknown>>) {
    this.#scope = scope;
    this.#isWhole = scope.isWhole && scope.cpu === null;
    this.#statistics = statistics;
    this.#writers = statistics.filter(({ wrote }) => wrote !== undefined);
    this.#everyPage = this.#writers.filter(({ everyPage }) => everyPage === true);
    this.#summers = statistics.filter(({ summed }) => summed !== undefined);
    this.#dirtiers = statistics.filter(({ dirtied }) => dirtied !== undefined);
    this.#resumers = statistics.filter(({ resumed }) => resumed !== undefined);
    this.#charged = statistics.filter(({ charged }) => charged !== undefined);
    this.on = this.#handlers();
  }

  readonly take = (batch: EventBatch, first: number, last: number, fold: Fold, known: number): void => {
    const { after, upTo, cpu, page, pages } = this.#scope;
    let from = first;
    let to = last;
    const by = batch.cpu[first]!;
    if (!this.#isWhole) {
      if (fold.seq >= upTo || seqOf(batch, last - 1) <= after) return;
      if (cpu !== null && by !== cpu) return;
      while (seqOf(batch, from) <= after) from++;
      while (to > from && seqOf(batch, to - 1) > upTo) to--;
      if (from === to) return;
    }
    const wanted = page === null || batch.page[from] === page;
    if (this.#interrupted[by + 1] !== 0) {
      this.#interrupted[by + 1] = 0;
      for (let i = 0; i < this.#resumers.length; i++) this.#resumers[i]!.resumed!(by, wanted);
    }
    const writers = wanted ? this.#writers : this.#everyPage;
    if (writers.length === 0 && !wanted) return;
    const epoch = fold.harvests + 1;
    const run = (this.#run ??= newRun(batch));
    const windows = (this.#windows ??= new Windows(this.#scope.window, this.#scope.firstNs, epoch));
    run.batch = batch;
    run.epoch = epoch;
    run.page = pages.indexOf(known, batch.space[from]!, batch.page[from]!);
    run.wanted = wanted;
    run.dirties = wanted && this.#dirties(run.page, epoch, batch.time[from]!);
    if (wanted) {
      this.writes += to - from;
      this.writesTo.add(run.page, to - from);
    }
    while (from < to) {
      const end = wanted ? windows.take(batch, from, to, epoch) : to;
      run.from = from;
      run.to = end;
      run.firstNs = batch.time[from]!;
      run.lastNs = batch.time[end - 1]!;
      run.window = windows.index;
      if (wanted) this.#add(run, by);
      for (let i = 0; i < writers.length; i++) writers[i]!.wrote!(run);
      run.dirties = false;
      from = end;
    }
  };

  finish(): Totals {
    this.#tellSum();
    const { after, upTo, firstNs, lastNs } = this.#scope;
    return { events: upTo - after, writes: this.writes, pages: this.#pages, fromNs: firstNs, toNs: lastNs };
  }

  /** Adds the run to the sum under way, or begins another with it. */
  #add({ batch, from, to, window, epoch, dirties }: WriteRun, cpu: number): void {
    const sum = this.#sum;
    if (window !== sum.window || epoch !== sum.epoch || cpu !== sum.cpu) {
      this.#tellSum();
      sum.window = window;
      sum.epoch = epoch;
      sum.cpu = cpu;
    }
    const sizes = batch.slots[write.slot.size]!;
    sum.writes += to - from;
    for (let row = from; row < to; row++) sum.bytes += sizes[row]!;
    if (dirties) sum.dirtied++;
  }

  #tellSum(): void {
    const sum = this.#sum;
    if (sum.writes === 0) return;
    for (let i = 0; i < this.#summers.length; i++) this.#summers[i]!.summed!(sum);
    sum.writes = sum.bytes = sum.dirtied = 0;
  }

  /** Whether a write to the page now is its first in the epoch; it is not any more when that was asked. */
  #dirties(page: number, epoch: number, timeNs: number): boolean {
    const before = this.#dirtiedIn.get(page);
    if (before === epoch) return false;
    if (before === 0) this.#pages++;
    this.#dirtiedIn.set(page, epoch);
    for (let i = 0; i < this.#dirtiers.length; i++) this.#dirtiers[i]!.dirtied!(page, epoch, timeNs);
    return true;
  }

  #handlers(): Record<string, EventHandler> {
    const kinds = new Set(this.#statistics.flatMap(({ on = {} }) => Object.keys(on)));
    if (this.#charged.length > 0) for (const kind of COSTLY_KINDS) kinds.add(kind);
    const readers = this.#statistics.filter((statistic) => statistic.read !== undefined);
    if (readers.length > 0) kinds.add(read.kind);
    const costly = new Set(this.#charged.length > 0 ? COSTLY_KINDS : []);
    return Object.fromEntries(
      [...kinds].map((kind): [string, EventHandler] => {
        const own = this.#statistics.flatMap(({ on = {} }) => on[kind] ?? []);
        const isRead = kind === read.kind;
        const isCostly = costly.has(kind);
        const ofAllCpus = OF_ALL_CPUS.has(kind);
        return [
          kind,
          (batch, row, fold) => {
            const { after, upTo, cpu } = this.#scope;
            const seq = seqOf(batch, row);
            if (seq <= after || seq > upTo) return;
            const by = batch.cpu[row]!;
            const selected = cpu === null || by === cpu;
            if (selected || ofAllCpus) for (let i = 0; i < own.length; i++) own[i]!(batch, row, fold);
            if (!selected) return;
            this.#interrupted[by + 1] = 1;
            if (isRead) for (let i = 0; i < readers.length; i++) readers[i]!.read!(by);
            if (!isCostly) return;
            const costNs = costNsOf(batch, row);
            for (let i = 0; i < this.#charged.length; i++) this.#charged[i]!.charged!(by, costNs);
          },
        ];
      }),
    );
  }
}

function newRun(batch: EventBatch): WriteRun {
  const nothing = { from: 0, to: 0, page: 0, firstNs: 0, lastNs: 0, window: 0, epoch: 0 };
  return { batch, ...nothing, wanted: false, dirties: false };
}
