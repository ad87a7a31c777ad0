/**
 * Where consumers of two trails know different things. They learn at harvests, so they are compared there. A harvest that both sides
 * began after the same number of writes is a common one; two things must agree at its end: the pages that the consumer was told of since
 * the common one before, and the pages left stale, with writes from before it began that the consumer still lacks. A harvest that one
 * side alone has at that point parts them if it tells of a page that the other was not told of, or captures what the other lacks.
 *
 * From the first point that differs to the next common one that agrees is a stretch of divergence; its write is the last one before the
 * harvest: after it, and the harvest it brought on, the consumers know different things. Only a common harvest can bring them together again.
 *
 * Where the writes are not the same (`byNumber`), harvest k is put beside harvest k, and nothing is said of divergence.
 */
import { PageTable } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import { PageRanges } from './page-ranges.js';
import type { ClosedEpoch, SideFacts, WritePlace } from './side-facts.js';

/** Pages of a difference that are named. */
export const PAGES_NAMED = 64;
/** Stretches that are listed. */
const STRETCHES_NAMED = 64;

export type Both<T> = readonly [T, T];

export interface EpochDifference {
  /** Ordinal of the harvest that ends it, in the first trail. */
  readonly epoch: number;
  /** The same in both. */
  readonly epochIn: Both<number>;
  /** Writes that the first trail had seen when the harvest of this epoch began; where writes are matched one to one, both had. */
  readonly writes: number;
  /** Distinct pages reported. */
  readonly pages: Both<number>;
  /** Pages reported on one side only, the first of them, and how many there are. */
  readonly onlyIn: Both<readonly number[]>;
  readonly onlyInTotal: Both<number>;
  /** Pages stale on one side only. */
  readonly staleOnlyInTotal: Both<number>;
  /** What the consumers were told in it, or lack at its end, differs. */
  readonly differs: boolean;
}

/** A point between writes. */
export interface Meeting {
  /** The last write before it: its position among all writes, from 1. */
  readonly write: number;
  /** Seq of that write on each side; 0 when nothing was written before. */
  readonly seqs: Both<number>;
  /** The harvest after it on each side; null where there is none at this point. */
  readonly epochs: Both<number | null>;
}

export interface Divergence extends Meeting {
  /** The first write after which what the consumers were told, or lack, differs. Where CPUs interleave differently, `seqs` are the last before the harvest. */
  readonly write: number;
  /** Its CPU, and its position among the writes of that CPU, in the trail that has the harvest; the first, where both have. */
  readonly cpu: number;
  readonly ordinal: number;
  readonly epoch: number;
  /** Pages reported since the last common harvest on one side only, the first of them, and how many there are. */
  readonly reportedOnlyIn: Both<readonly number[]>;
  readonly reportedOnlyInTotal: Both<number>;
  /** Pages that are stale on one side only, likewise. */
  readonly staleOnlyIn: Both<readonly number[]>;
  readonly staleOnlyInTotal: Both<number>;
}

/** From a point where the consumers part to the one where they know the same again. */
export interface Stretch {
  readonly from: Meeting;
  /** Null when they do not meet again. */
  readonly to: Meeting | null;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export class EpochComparison {
  readonly epochs: EpochDifference[] = [];
  /** For each of these, how many epochs each side had closed by then. */
  readonly closedBy: Array<Both<number>> = [];
  firstDivergence: Divergence | null = null;
  /** Every harvest was a common one so far. */
  comparable = true;
  /** Every harvest could be compared so far. */
  complete = true;
  readonly stretches: Stretch[] = [];
  stretchesTotal = 0;
  readonly #sides: Both<SideFacts>;
  readonly #byNumber: boolean;
  readonly #isCutShort: Both<boolean>;
  #open: Writable<Stretch> | null = null;
  /** What each consumer was told since the last common harvest; null where its last harvest was one. */
  readonly #toldSince: [PageRanges | null, PageRanges | null] = [null, null];
  // Pages of either side, and for each which sides it is stale on: bit 0 the first, bit 1 the second.
  readonly #pages = new PageTable();
  readonly #staleOn = new NumberColumn();
  #staleOnOne = 0;

  /** @param isCutShort which trails end before their time */
  constructor(sides: Both<SideFacts>, byNumber: boolean, isCutShort: Both<boolean>) {
    this.#sides = sides;
    this.#byNumber = byNumber;
    this.#isCutShort = isCutShort;
  }

  /** Compares what can be, after either side has gone on. @param ended which sides have nothing more to come */
  advance(ended: Both<boolean> = [false, false]): void {
    const [a, b] = [this.#sides[0].queue, this.#sides[1].queue];
    let [atA, atB] = [0, 0];
    for (;;) {
      const [inA, inB] = [a[atA], b[atB]];
      if (inA !== undefined && inB !== undefined && (this.#byNumber || isCommon(inA, inB))) {
        this.#common(inA, inB);
        atA++;
        atB++;
      } else if (this.#isAlone(inA, inB, 1, ended)) {
        this.#alone(inA!, 0, ended);
        atA++;
      } else if (this.#isAlone(inB, inA, 0, ended)) {
        this.#alone(inB!, 1, ended);
        atB++;
      } else break;
    }
    a.splice(0, atA);
    b.splice(0, atB);
  }

  /** The harvest has no counterpart at its point: the other side has its next one later, or has gone on without one. */
  #isAlone(
    mine: ClosedEpoch | undefined,
    other: ClosedEpoch | undefined,
    otherSide: 0 | 1,
    ended: Both<boolean>,
  ): boolean {
    if (mine === undefined) return false;
    if (other === undefined)
      return ended[otherSide] || (!this.#byNumber && this.#sides[otherSide].closesFrom > mine.lastWrite.write);
    return mine.lastWrite.write < other.lastWrite.write;
  }

  #common(a: ClosedEpoch, b: ClosedEpoch): void {
    const told = [this.#told(a, 0), this.#told(b, 1)] as const;
    this.#toldSince[0] = this.#toldSince[1] = null;
    const onlyA = told[0].without(told[1], PAGES_NAMED);
    const onlyB = told[1].without(told[0], PAGES_NAMED);
    this.#applyChanges(a.staleChanges, 1);
    this.#applyChanges(b.staleChanges, 2);
    const differs = onlyA.total + onlyB.total > 0 || (!this.#byNumber && this.#staleOnOne > 0);
    const stale = differs ? ([this.#staleOnlyOn(1), this.#staleOnlyOn(2)] as const) : ([[], []] as const);
    this.epochs.push({
      epoch: a.epoch,
      epochIn: [a.epoch, b.epoch],
      writes: a.lastWrite.write,
      pages: [told[0].pages, told[1].pages],
      onlyIn: [onlyA.first, onlyB.first],
      onlyInTotal: [onlyA.total, onlyB.total],
      staleOnlyInTotal: [stale[0].length, stale[1].length],
      differs,
    });
    this.closedBy.push([a.closed, b.closed]);
    if (this.#byNumber) return;
    const point = pointOf([a, b]);
    if (!differs) this.#meet(point);
    else this.#part(point, a.lastWrite, a.epoch, [onlyA, onlyB], stale);
  }

  #alone(closed: ClosedEpoch, side: 0 | 1, ended: Both<boolean>): void {
    if (this.#byNumber || this.#isBeyondEnd(closed, 1 - side, ended)) {
      this.complete = false;
      return;
    }
    this.comparable = false;
    this.#toldSince[side] = this.#told(closed, side);
    this.#toldSince[1 - side] ??= new PageRanges();
    this.#applyChanges(closed.staleChanges, 1 << side);
    const [toldA, toldB] = [this.#toldSince[0]!, this.#toldSince[1]!];
    const only = [toldA.without(toldB, PAGES_NAMED), toldB.without(toldA, PAGES_NAMED)] as const;
    if (only[0].total + only[1].total + closed.captured.length === 0) return;
    const lacking = closed.captured.toSorted((x, y) => x - y);
    const point = pointOf(side === 0 ? [closed, null] : [null, closed]);
    this.#part(point, closed.lastWrite, closed.epoch, only, side === 0 ? [[], lacking] : [lacking, []]);
  }

  /** What one trail does after the end of the other has nothing to be compared with; nor what the other might have done at its end, were it whole. */
  #isBeyondEnd(closed: ClosedEpoch, other: number, ended: Both<boolean>): boolean {
    if (!ended[other]) return false;
    const { writes } = this.#sides[other]!;
    return writes < closed.lastWrite.write || (writes === closed.lastWrite.write && this.#isCutShort[other]!);
  }

  /** What that side was told since the last common harvest, this one included. */
  #told(closed: ClosedEpoch, side: 0 | 1): PageRanges {
    const before = this.#toldSince[side];
    if (before === null || before === undefined) return closed.reported;
    before.addAll(closed.reported);
    return before;
  }

  #meet(point: Meeting): void {
    if (this.#open === null) return;
    this.#open.to = point;
    this.#open = null;
  }

  #part(
    point: Meeting,
    write: WritePlace,
    epoch: number,
    reported: Both<{ readonly total: number; readonly first: readonly number[] }>,
    stale: Both<readonly number[]>,
  ): void {
    if (this.#open !== null) return;
    this.#open = { from: point, to: null };
    this.stretchesTotal++;
    if (this.stretches.length < STRETCHES_NAMED) this.stretches.push(this.#open);
    this.firstDivergence ??= {
      ...point,
      cpu: write.cpu,
      ordinal: write.ordinal,
      epoch,
      reportedOnlyIn: [reported[0].first, reported[1].first],
      reportedOnlyInTotal: [reported[0].total, reported[1].total],
      staleOnlyIn: [stale[0].slice(0, PAGES_NAMED), stale[1].slice(0, PAGES_NAMED)],
      staleOnlyInTotal: [stale[0].length, stale[1].length],
    };
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

function isCommon(a: ClosedEpoch, b: ClosedEpoch): boolean {
  return a.lastWrite.write === b.lastWrite.write;
}

/** Seq 0 where that side has no harvest there: it is looked up later, where it is shown. */
function pointOf([a, b]: Both<ClosedEpoch | null>): Meeting {
  const { write } = (a ?? b)!.lastWrite;
  return {
    write,
    seqs: [a?.lastWrite.seq ?? 0, b?.lastWrite.seq ?? 0],
    epochs: [a?.epoch ?? null, b?.epoch ?? null],
  };
}

function isOne(sides: number): boolean {
  return sides === 1 || sides === 2;
}
