/**
 * Two trails epoch by epoch. Epoch k of one is compared with epoch k of the other while both were closed after the same number of
 * writes. Two things must agree at the end of harvest k: the pages that the consumer was told of in epoch k, and the pages that the
 * harvest left stale, with writes from before it began that the consumer still lacks. The first epoch where one of them differs is the
 * divergence, and its write is the last one before harvest k: after it, and the harvest it brought on, the consumers know different things.
 */
import { PageTable } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import type { ClosedEpoch, SideFacts } from './side-facts.js';

/** Pages of a difference that are named. */
export const PAGES_NAMED = 64;

export type Both<T> = readonly [T, T];

export interface EpochDifference {
  readonly epoch: number;
  /** Writes that either trail had seen when the harvest of this epoch began. */
  readonly writes: number;
  /** Distinct pages reported. */
  readonly pages: Both<number>;
  /** Pages reported on one side only, the first of them, and how many there are. */
  readonly onlyIn: Both<readonly number[]>;
  readonly onlyInTotal: Both<number>;
}

export interface Divergence {
  /** The first write after which what the consumers were told, or lack, differs: its position among all writes, from 1. */
  readonly write: number;
  /** That write on each side; where CPUs interleave differently, the last one before the harvest. 0 when nothing was written before it. */
  readonly seqs: Both<number>;
  /** Its CPU, and its position among the writes of that CPU, in the first trail. */
  readonly cpu: number;
  readonly ordinal: number;
  readonly epoch: number;
  /** Pages reported in that epoch on one side only, the first of them, and how many there are. */
  readonly reportedOnlyIn: Both<readonly number[]>;
  readonly reportedOnlyInTotal: Both<number>;
  /** Pages that its harvest left stale on one side only, likewise. */
  readonly staleOnlyIn: Both<readonly number[]>;
  readonly staleOnlyInTotal: Both<number>;
}

export class EpochComparison {
  readonly epochs: EpochDifference[] = [];
  firstDivergence: Divergence | null = null;
  /** False once an epoch was closed after different numbers of writes; what came later was not compared. */
  comparable = true;
  readonly #sides: Both<SideFacts>;
  // Pages of either side, and for each which sides it is stale on: bit 0 the first, bit 1 the second.
  readonly #pages = new PageTable();
  readonly #staleOn = new NumberColumn();
  #staleOnOne = 0;

  constructor(sides: Both<SideFacts>) {
    this.#sides = sides;
  }

  /** Compares the epochs that both sides have closed. */
  advance(): void {
    const [a, b] = this.#sides;
    const pairs = Math.min(a.queue.length, b.queue.length);
    for (let i = 0; i < pairs && this.comparable; i++) this.#compare(a.queue[i]!, b.queue[i]!);
    a.queue.splice(0, pairs);
    b.queue.splice(0, pairs);
    if (!this.comparable) this.stop();
  }

  /** No further epochs can be compared. */
  stop(): void {
    for (const side of this.#sides) {
      side.keepEpochs = side.followStale = false;
      side.queue.length = 0;
    }
  }

  #compare(a: ClosedEpoch, b: ClosedEpoch): void {
    if (a.lastWrite.write !== b.lastWrite.write) {
      this.comparable = false;
      return;
    }
    const onlyA = a.reported.without(b.reported, PAGES_NAMED);
    const onlyB = b.reported.without(a.reported, PAGES_NAMED);
    this.epochs.push({
      epoch: a.epoch,
      writes: a.lastWrite.write,
      pages: [a.reported.pages, b.reported.pages],
      onlyIn: [onlyA.first, onlyB.first],
      onlyInTotal: [onlyA.total, onlyB.total],
    });
    if (this.firstDivergence !== null) return;
    this.#applyChanges(a.staleChanges, 1);
    this.#applyChanges(b.staleChanges, 2);
    if (onlyA.total + onlyB.total + this.#staleOnOne === 0) return;
    const stale = [this.#staleOnlyOn(1), this.#staleOnlyOn(2)] as const;
    this.firstDivergence = {
      write: a.lastWrite.write,
      seqs: [a.lastWrite.seq, b.lastWrite.seq],
      cpu: a.lastWrite.cpu,
      ordinal: a.lastWrite.ordinal,
      epoch: a.epoch,
      reportedOnlyIn: [onlyA.first, onlyB.first],
      reportedOnlyInTotal: [onlyA.total, onlyB.total],
      staleOnlyIn: [stale[0].slice(0, PAGES_NAMED), stale[1].slice(0, PAGES_NAMED)],
      staleOnlyInTotal: [stale[0].length, stale[1].length],
    };
    for (const side of this.#sides) side.followStale = false;
  }

  #applyChanges(changes: readonly number[], side: number): void {
    for (let i = 0; i < changes.length; i += 2) {
      const page = this.#pages.ensure(changes[i]!, changes[i + 1]!);
      const before = this.#staleOn.get(page);
      const after = before ^ side;
      this.#staleOn.set(page, after);
      this.#staleOnOne += Number(isOne(after)) - Number(isOne(before));
    }
  }

  #staleOnlyOn(side: number): number[] {
    const pages: number[] = [];
    for (let index = 0; index < this.#pages.count; index++) {
      if (this.#staleOn.get(index) === side) pages.push(this.#pages.page[index]!);
    }
    return pages.sort((a, b) => a - b);
  }
}

function isOne(sides: number): boolean {
  return sides === 1 || sides === 2;
}
