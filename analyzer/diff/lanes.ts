/**
 * How writes of two sides are matched: each belongs to a lane, and is known by its position there. By `write` the lanes are CPUs; the
 * same writes on both sides make the match exact. By `page` they are pages, and by `first-touch` pages in the order in which each side
 * wrote to them first, whatever their numbers: for trails of different inputs.
 */
import { PageTable } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import type { Both } from './epoch-comparison.js';

export const ALIGNMENTS = ['write', 'page', 'first-touch'] as const;
export type AlignmentMode = (typeof ALIGNMENTS)[number];

export class Lanes {
  /** Lanes are [0, length). */
  length = 0;
  readonly #writes: Both<NumberColumn> = [new NumberColumn(), new NumberColumn()];
  /** By lane: the order from which on its writes are not followed, 0 while all are. */
  readonly #blindFrom = new NumberColumn();
  // Pages that have a lane: shared by page, each side's own by first touch.
  readonly #pages: Both<PageTable>;

  constructor(readonly mode: AlignmentMode) {
    const first = new PageTable();
    this.#pages = [first, mode === 'page' ? first : new PageTable()];
  }

  /** The lane of a page, made if it has none yet. */
  laneOf(side: 0 | 1, space: number, page: number): number {
    return this.#pages[side].ensure(space, page);
  }

  /** So many more writes of that lane. */
  count(side: 0 | 1, lane: number, writes: number): void {
    if (lane >= this.length) this.length = lane + 1;
    this.#writes[side].add(lane, writes);
  }

  writesOf(side: 0 | 1, lane: number): number {
    return this.#writes[side].get(lane);
  }

  /** Writes that both sides have seen so far. */
  common(lane: number): number {
    return Math.min(this.#writes[0].get(lane), this.#writes[1].get(lane));
  }

  /** What happens in that lane from here on is counted, not followed. @param from the first such order */
  blind(lane: number, from: number): void {
    if (this.#blindFrom.get(lane) === 0) this.#blindFrom.set(lane, from);
  }

  /** Every lane is counted only, from where the side that is ahead has come to. */
  blindAll(): void {
    for (let lane = 0; lane < this.length; lane++)
      this.blind(lane, Math.max(this.#writes[0].get(lane), this.#writes[1].get(lane)) + 1);
  }

  /** Whether the write of that order is to be compared with its counterpart. */
  follows(lane: number, order: number): boolean {
    const from = this.#blindFrom.get(lane);
    return from === 0 || order < from;
  }

  /** The first order that is not followed; infinite where all are. */
  blindFrom(lane: number): number {
    return this.#blindFrom.get(lane) || Infinity;
  }

  /** The lane of a page on one side, or -1. */
  laneOfPage(side: 0 | 1, space: number, page: number): number {
    return this.mode === 'write' ? -1 : this.#pages[side].find(space, page);
  }

  /** Space and page of a lane on one side; null where it has none there, or lanes are CPUs. */
  pageOf(side: 0 | 1, lane: number): { readonly space: number; readonly page: number } | null {
    const pages = this.#pages[side];
    if (this.mode === 'write' || lane >= pages.count) return null;
    return { space: pages.space[lane]!, page: pages.page[lane]! };
  }
}
