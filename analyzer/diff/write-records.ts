/**
 * The writes of one side that did more than write: rows of numbers in one pool, each in the queue of its lane (a CPU, or a page) until
 * the other side has come as far. A row goes back to the pool when its write has been compared, so the pool holds what lies between
 * the two sides, and one row for each frame that nobody has collected yet.
 */
import { widened } from '../columns.js';

/** Position of the write in its lane, from 1. */
export const ORDER = 0;
/** Position among all writes of its side, from 1. */
export const AT = 1;
/** See `did.ts`. */
export const DID = 2;
/** Charged to its CPU since the access before, ns. */
export const TAKEN = 3;
/** Its share of what it cost to collect the page that it made dirty, ns. */
export const COLLECTED = 4;
export const STALL = 5;
/** Columns of a row of `values`. */
export const WIDTH = 6;

const NO_ROW = -1;
/** A row that the other side has not come to yet. */
const ALONE = -2;
/** A row that is not in use. */
const FREE = -3;
/** A row that nobody will compare: it is given back when nothing holds it open. */
const DISOWNED = -4;

export class WriteRecords {
  values = new Float64Array(1024 * WIDTH);
  /** The next row of its queue, or the next free one. */
  #next = new Int32Array(1024);
  /** How many frames wait to be collected for which this write counts as the one that made them dirty. */
  #open = new Int32Array(1024);
  /** After both sides have come to it: the row of the same write on the other side, NO_ROW where it has none; before: ALONE. */
  #partner = new Int32Array(1024);
  #free = NO_ROW;
  #used = 0;
  #head = new Int32Array(64).fill(NO_ROW);
  #tail = new Int32Array(64).fill(NO_ROW);
  /** Rows in queues. */
  queued = 0;

  /** A row that is in no queue yet, with zeros in it. */
  take(): number {
    let row = this.#free;
    if (row !== NO_ROW) this.#free = this.#next[row]!;
    else {
      row = this.#used++;
      if (row === this.#next.length) this.#grow();
    }
    this.#next[row] = NO_ROW;
    this.#open[row] = 0;
    this.#partner[row] = ALONE;
    const { values } = this;
    for (let at = row * WIDTH, end = at + WIDTH; at < end; at++) values[at] = 0;
    return row;
  }

  /** Puts a row at the end of a lane's queue. */
  enqueue(lane: number, row: number): void {
    this.queued++;
    if (lane >= this.#head.length) this.#growLanes(lane);
    const tail = this.#tail[lane]!;
    if (tail === NO_ROW) this.#head[lane] = row;
    else this.#next[tail] = row;
    this.#tail[lane] = row;
  }

  get(row: number, column: number): number {
    return this.values[row * WIDTH + column]!;
  }

  addTo(row: number, column: number, value: number): void {
    this.values[row * WIDTH + column]! += value;
  }

  /** The first row of a lane's queue, or -1. */
  first(lane: number): number {
    return lane < this.#head.length ? this.#head[lane]! : NO_ROW;
  }

  /** Takes the first row off a lane's queue. It stays in the pool. */
  shift(lane: number): void {
    this.queued--;
    const row = this.#head[lane]!;
    const next = this.#next[row]!;
    this.#head[lane] = next;
    if (next === NO_ROW) this.#tail[lane] = NO_ROW;
  }

  /** One more frame waits for which this write counts. */
  opened(row: number): void {
    this.#open[row]!++;
  }

  /** One of them waits no more; true when it was the last. */
  closed(row: number): boolean {
    return --this.#open[row]! === 0;
  }

  isOpen(row: number): boolean {
    return this.#open[row] !== 0;
  }

  /** Both sides have come to this write of the lane; `partner` is its row over there, or -1. */
  join(row: number, partner: number, lane: number): void {
    this.#partner[row] = partner;
    this.#next[row] = lane; // it is in no queue any more
  }

  /** The lane of a joined row. */
  laneOf(row: number): number {
    return this.#next[row]!;
  }

  isJoined(row: number): boolean {
    return this.#partner[row]! >= NO_ROW;
  }

  partnerOf(row: number): number {
    return this.#partner[row]!;
  }

  /** Nobody will compare the row. */
  disown(row: number): void {
    if (this.isOpen(row)) this.#partner[row] = DISOWNED;
    else this.release(row);
  }

  isDisowned(row: number): boolean {
    return this.#partner[row] === DISOWNED;
  }

  /** Whether the row says the same as one of another side: it did the same at the same price. */
  saysTheSame(row: number, other: WriteRecords, otherRow: number): boolean {
    const mine = this.values;
    const theirs = other.values;
    const a = row * WIDTH;
    const b = otherRow * WIDTH;
    return (
      mine[a + DID] === theirs[b + DID] &&
      mine[a + TAKEN] === theirs[b + TAKEN] &&
      mine[a + COLLECTED] === theirs[b + COLLECTED] &&
      mine[a + STALL] === theirs[b + STALL]
    );
  }

  /** Calls `visit` with every joined row. */
  eachJoined(visit: (row: number) => void): void {
    for (let row = 0; row < this.#used; row++) if (this.isJoined(row)) visit(row);
  }

  release(row: number): void {
    this.#partner[row] = FREE;
    this.#next[row] = this.#free;
    this.#free = row;
  }

  #grow(): void {
    const rows = this.#next.length * 2;
    this.values = widened(this.values, new Float64Array(rows * WIDTH));
    this.#next = widened(this.#next, new Int32Array(rows));
    this.#open = widened(this.#open, new Int32Array(rows));
    this.#partner = widened(this.#partner, new Int32Array(rows));
  }

  #growLanes(lane: number): void {
    const lanes = 2 ** Math.ceil(Math.log2(lane + 1));
    this.#head = widened(this.#head, new Int32Array(lanes).fill(NO_ROW));
    this.#tail = widened(this.#tail, new Int32Array(lanes).fill(NO_ROW));
  }
}
