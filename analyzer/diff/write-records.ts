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

// Columns of a row of links; the fourth is empty, and keeps a row within one line of the cache.
/** The next row of its queue, or the next free one. */
const NEXT = 0;
/** How many frames wait to be collected for which this write counts as the one that made them dirty. */
const OPEN = 1;
/** After both sides have come to it: the row of the same write on the other side, NO_ROW where it has none; before: ALONE. */
const PARTNER = 2;
const LINKS = 4;

export class WriteRecords {
  values = new Float64Array(1024 * WIDTH);
  #links = new Int32Array(1024 * LINKS);
  #free = NO_ROW;
  #used = 0;
  #head = new Int32Array(64).fill(NO_ROW);
  #tail = new Int32Array(64).fill(NO_ROW);
  /** Rows in queues. */
  queued = 0;

  /** A row that is in no queue yet, with zeros in it. */
  take(): number {
    let row = this.#free;
    if (row !== NO_ROW) this.#free = this.#links[row * LINKS + NEXT]!;
    else {
      row = this.#used++;
      if (row * LINKS === this.#links.length) this.#grow();
    }
    const links = this.#links;
    links[row * LINKS + NEXT] = NO_ROW;
    links[row * LINKS + OPEN] = 0;
    links[row * LINKS + PARTNER] = ALONE;
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
    else this.#links[tail * LINKS + NEXT] = row;
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
    const next = this.#links[row * LINKS + NEXT]!;
    this.#head[lane] = next;
    if (next === NO_ROW) this.#tail[lane] = NO_ROW;
  }

  /** One more frame waits for which this write counts. */
  opened(row: number): void {
    this.#links[row * LINKS + OPEN]!++;
  }

  /** One of them waits no more; true when it was the last. */
  closed(row: number): boolean {
    return --this.#links[row * LINKS + OPEN]! === 0;
  }

  isOpen(row: number): boolean {
    return this.#links[row * LINKS + OPEN] !== 0;
  }

  /** Both sides have come to this write of the lane; `partner` is its row over there, or -1. */
  join(row: number, partner: number, lane: number): void {
    this.#links[row * LINKS + PARTNER] = partner;
    this.#links[row * LINKS + NEXT] = lane; // it is in no queue any more
  }

  /** The lane of a joined row. */
  laneOf(row: number): number {
    return this.#links[row * LINKS + NEXT]!;
  }

  isJoined(row: number): boolean {
    return this.#links[row * LINKS + PARTNER]! >= NO_ROW;
  }

  partnerOf(row: number): number {
    return this.#links[row * LINKS + PARTNER]!;
  }

  /** Nobody will compare the row. */
  disown(row: number): void {
    if (this.isOpen(row)) this.#links[row * LINKS + PARTNER] = DISOWNED;
    else this.release(row);
  }

  isDisowned(row: number): boolean {
    return this.#links[row * LINKS + PARTNER] === DISOWNED;
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
    this.#links[row * LINKS + PARTNER] = FREE;
    this.#links[row * LINKS + NEXT] = this.#free;
    this.#free = row;
  }

  #grow(): void {
    this.values = widened(this.values, new Float64Array(this.values.length * 2));
    this.#links = widened(this.#links, new Int32Array(this.#links.length * 2));
  }

  #growLanes(lane: number): void {
    const lanes = 2 ** Math.ceil(Math.log2(lane + 1));
    this.#head = widened(this.#head, new Int32Array(lanes).fill(NO_ROW));
    this.#tail = widened(this.#tail, new Int32Array(lanes).fill(NO_ROW));
  }
}
