/**
 * One collector for all statistics: it leaves out what was not selected, cuts runs of writes at the borders of windows, and tells
 * dirtyings, once for all of them.
 */
import { type EventBatch, harvestBegin, harvestEnd, read, report, transfer, write } from '../../traces/index.js';
import { type Fold, seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import { COSTLY_KINDS, costNsOf } from '../collectors/costs.js';
import type { Collector, EventHandler } from '../pass.js';
import type { Statistic, WriteRun } from './define.js';
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

export class Tracker implements Collector<Totals> {
  readonly on: Readonly<Record<string, EventHandler>>;
  readonly #scope: Scope;
  /** Nothing is left out by position or CPU. */
  readonly #isWhole: boolean;
  readonly #statistics: ReadonlyArray<Statistic<unknown>>;
  readonly #writers: ReadonlyArray<Statistic<unknown>>;
  readonly #everyPage: ReadonlyArray<Statistic<unknown>>;
  readonly #charged: ReadonlyArray<Statistic<unknown>>;
  readonly #dirtiedIn = new NumberColumn();
  #run: WriteRun | null = null;
  #windows: Windows | null = null;
  #writes = 0;
  #pages = 0;

  constructor(scope: Scope, statistics: ReadonlyArray<Statistic<unknown>>) {
    this.#scope = scope;
    this.#isWhole = scope.isWhole && scope.cpu === null;
    this.#statistics = statistics;
    this.#writers = statistics.filter(({ wrote }) => wrote !== undefined);
    this.#everyPage = this.#writers.filter(({ everyPage }) => everyPage === true);
    this.#charged = statistics.filter(({ charged }) => charged !== undefined);
    this.on = this.#handlers();
  }

  readonly writes = (batch: EventBatch, first: number, last: number, fold: Fold, known: number): void => {
    const { after, upTo, cpu, page, pages } = this.#scope;
    let from = first;
    let to = last;
    if (!this.#isWhole) {
      if (fold.seq >= upTo || seqOf(batch, last - 1) <= after) return;
      if (cpu !== null && batch.cpu[first] !== cpu) return;
      while (seqOf(batch, from) <= after) from++;
      while (to > from && seqOf(batch, to - 1) > upTo) to--;
      if (from === to) return;
    }
    const wanted = page === null || batch.page[from] === page;
    const writers = wanted ? this.#writers : this.#everyPage;
    if (writers.length === 0 && !wanted) return;
    const epoch = fold.harvests + 1;
    const run = (this.#run ??= newRun(batch));
    const windows = (this.#windows ??= new Windows(this.#scope.window, this.#scope.firstNs, epoch));
    const sizes = batch.slots[write.slot.size]!;
    run.batch = batch;
    run.cpu = batch.cpu[from]!;
    run.epoch = epoch;
    run.page = pages.indexOf(known, batch.space[from]!, batch.page[from]!);
    run.wanted = wanted;
    run.dirties = wanted && this.#dirties(run.page, epoch);
    if (wanted) this.#writes += to - from;
    while (from < to) {
      const end = wanted ? windows.take(batch, from, to, epoch) : to;
      run.from = from;
      run.to = end;
      run.firstNs = batch.time[from]!;
      run.lastNs = batch.time[end - 1]!;
      run.bytes = 0;
      for (let row = from; row < end; row++) run.bytes += sizes[row]!;
      run.window = windows.index;
      for (let i = 0; i < writers.length; i++) writers[i]!.wrote!(run);
      run.dirties = false;
      from = end;
    }
  };

  finish(): Totals {
    const { after, upTo, firstNs, lastNs } = this.#scope;
    return { events: upTo - after, writes: this.#writes, pages: this.#pages, fromNs: firstNs, toNs: lastNs };
  }

  /** Whether a write to the page now is its first in the epoch; it is not any more when that was asked. */
  #dirties(page: number, epoch: number): boolean {
    const before = this.#dirtiedIn.get(page);
    if (before === epoch) return false;
    if (before === 0) this.#pages++;
    this.#dirtiedIn.set(page, epoch);
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
  const nothing = { from: 0, to: 0, page: 0, cpu: 0, bytes: 0, firstNs: 0, lastNs: 0, window: 0, epoch: 0 };
  return { batch, ...nothing, wanted: false, dirties: false };
}
