/**
 * What a statistic is: one file beside this one and one line in the list of `index.ts`. The pass over the trail (`tracker.ts`) finds out
 * once what all of them need of a run of writes (page, window, epoch, whether it is a dirtying) and hands it on.
 *
 * A *dirtying* is the first write to a page in an epoch: what makes the page one that its harvest must collect.
 */
import type { EventBatch } from '../../traces/index.js';
import type { Fold } from '../../replayer/index.js';
import type { NumberColumn } from '../columns.js';
import type { Scope } from './scope.js';

/** Writes of one actor on one CPU to one page, in one window and one epoch. The same object each time, with other values. */
export interface WriteRun {
  batch: EventBatch;
  /** Rows [from, to) of the batch. */
  from: number;
  to: number;
  /** Dense index of the page among those that were written, reported, ...; see `Scope.pages`. */
  page: number;
  /** Whether the selection is about this page. */
  wanted: boolean;
  /** Time of the first and the last write, ns. */
  firstNs: number;
  lastNs: number;
  /** From 0, among the windows of the selection. */
  window: number;
  epoch: number;
  /** The first of them is a dirtying. */
  dirties: boolean;
}

/** All writes of one CPU in one window and one epoch that follow each other, to whatever pages. The same object each time. */
export interface WriteSum {
  cpu: number;
  window: number;
  epoch: number;
  writes: number;
  bytes: number;
  /** Dirtyings among them. */
  dirtied: number;
}

/** What is counted once for all. */
export interface WriteTally {
  readonly writes: number;
  /** By page, dense as `WriteRun.page`. */
  readonly writesTo: NumberColumn;
}

/** Runs of writes are many and short: whoever can do with sums, dirtyings or the writes that come after something should. */
export interface Statistic<Result> {
  wrote?(run: WriteRun): void;
  /** `wrote` is called with runs to pages that are not wanted too. */
  readonly everyPage?: boolean;
  summed?(sum: WriteSum): void;
  dirtied?(page: number, epoch: number, timeNs: number): void;
  /** A CPU writes, to a page that may not be wanted, for the first time after an event of its own: one that the others here are told of, at least. */
  resumed?(cpu: number, wanted: boolean): void;
  /** A load by a CPU, where loads were recorded. */
  read?(cpu: number): void;
  /** A CPU was charged overhead, for the event in that row. */
  charged?(cpu: number, costNs: number): void;
  /** Other events, before they are folded. */
  readonly on?: Readonly<Record<string, (batch: EventBatch, row: number, fold: Fold) => void>>;
  finish(end: Fold, tally: WriteTally): Result;
}

export interface StatisticDefinition<Result> {
  /** What the command line calls it. */
  readonly id: string;
  readonly about: string;
  create(scope: Scope): Statistic<Result>;
}
