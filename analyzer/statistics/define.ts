/**
 * What a statistic is: one file beside this one and one line in the list of `index.ts`. The pass over the trail (`tracker.ts`) finds out
 * once what all of them need of a run of writes (page, window, epoch, whether it is a dirtying) and hands it on.
 *
 * A *dirtying* is the first write to a page in an epoch: what makes the page one that its harvest must collect.
 */
import type { EventBatch } from '../../traces/index.js';
import type { Fold } from '../../replayer/index.js';
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
  cpu: number;
  /** Bytes that they wrote. */
  bytes: number;
  /** Time of the first and the last write, ns. */
  firstNs: number;
  lastNs: number;
  /** From 0, among the windows of the selection. */
  window: number;
  epoch: number;
  /** The first of them is a dirtying. */
  dirties: boolean;
}

export interface Statistic<Result> {
  wrote?(run: WriteRun): void;
  /** Called with runs to pages that are not wanted too. */
  readonly everyPage?: boolean;
  /** A load by a CPU, where loads were recorded. */
  read?(cpu: number): void;
  /** A CPU was charged overhead, for the event in that row. */
  charged?(cpu: number, costNs: number): void;
  /** Other events, before they are folded. */
  readonly on?: Readonly<Record<string, (batch: EventBatch, row: number, fold: Fold) => void>>;
  finish(end: Fold): Result;
}

export interface StatisticDefinition<Result> {
  /** What the command line calls it. */
  readonly id: string;
  readonly about: string;
  create(scope: Scope): Statistic<Result>;
}
