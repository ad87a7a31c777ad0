/**
 * The writes of two sides, one by one, as both have come to them. A write that did nothing but write on both sides has no row and is only
 * counted. One that made a frame dirty is held until each side has collected the frame (or the trails end), because only then its cost
 * is known. Everything else is compared and forgotten, so memory does not grow with the trails.
 */
import { NOTHING } from './did.js';
import type { Both } from './epoch-comparison.js';
import { AT, COLLECTED, DID, ORDER, STALL, TAKEN, type WriteRecords } from './write-records.js';
import { describeRow, type WriteSelection } from './write-selection.js';

/** Matched writes, and in how many of them the sides differ. */
export interface WriteTotals {
  /** Writes that differ in something of what follows. */
  differ: number;
  did: number;
  cost: number;
  stall: number;
  /** What the matched writes cost on each side, ns. */
  costNs: [number, number];
  stallNs: [number, number];
}

export class WriteJoin {
  readonly totals: WriteTotals = { differ: 0, did: 0, cost: 0, stall: 0, costNs: [0, 0], stallNs: [0, 0] };
  readonly #records: Both<WriteRecords>;
  readonly #selection: WriteSelection;

  constructor(records: Both<WriteRecords>, selection: WriteSelection) {
    this.#records = records;
    this.#selection = selection;
  }

  /** Rows that wait on either side. */
  get waiting(): number {
    return this.#records[0].queued + this.#records[1].queued;
  }

  /** Compares the writes of a lane up to that order, which both sides have come to. */
  advance(lane: number, order: number): void {
    const a = this.#records[0];
    const b = this.#records[1];
    let inA = a.first(lane);
    let inB = b.first(lane);
    let orderA = orderOf(a, inA);
    let orderB = orderOf(b, inB);
    // Of the writes that are the same; most of them filled a TLB entry, on both sides.
    let costNs = 0;
    let stallNs = 0;
    while (orderA <= order || orderB <= order) {
      const [rowA, rowB] = [orderA <= orderB ? inA : -1, orderB <= orderA ? inB : -1];
      if (rowA >= 0) {
        a.shift(lane);
        inA = a.first(lane);
        orderA = orderOf(a, inA);
      }
      if (rowB >= 0) {
        b.shift(lane);
        inB = b.first(lane);
        orderB = orderOf(b, inB);
      }
      const isOpen = (rowA >= 0 && a.isOpen(rowA)) || (rowB >= 0 && b.isOpen(rowB));
      if (isOpen) {
        if (rowA >= 0) a.join(rowA, rowB, lane);
        if (rowB >= 0) b.join(rowB, rowA, lane);
      } else if (rowA >= 0 && rowB >= 0 && a.saysTheSame(rowA, b, rowB)) {
        costNs += a.get(rowA, TAKEN) + a.get(rowA, COLLECTED);
        stallNs += a.get(rowA, STALL);
        a.release(rowA);
        b.release(rowB);
      } else this.#settle(lane, rowA, rowB);
    }
    for (const side of [0, 1] as const) {
      this.totals.costNs[side] += costNs;
      this.totals.stallNs[side] += stallNs;
    }
  }

  /** A row of that side is open no more. */
  closed(side: 0 | 1, row: number): void {
    const mine = this.#records[side];
    if (mine.isDisowned(row)) mine.release(row);
    if (!mine.isJoined(row)) return;
    const partner = mine.partnerOf(row);
    if (partner >= 0 && this.#records[1 - side]!.isOpen(partner)) return;
    const lane = mine.laneOf(row);
    if (side === 0) this.#settle(lane, row, partner);
    else this.#settle(lane, partner, row);
  }

  /** The trails are over: whatever has been joined and is held still is settled now. */
  finish(): void {
    const [a, b] = this.#records;
    a.eachJoined((row) => this.#settle(a.laneOf(row), row, a.partnerOf(row)));
    b.eachJoined((row) => this.#settle(b.laneOf(row), b.partnerOf(row), row));
  }

  #settle(lane: number, rowA: number, rowB: number): void {
    const { totals } = this;
    const [a, b] = this.#records;
    const didA = rowA < 0 ? NOTHING : a.get(rowA, DID);
    const didB = rowB < 0 ? NOTHING : b.get(rowB, DID);
    const costA = rowA < 0 ? 0 : a.get(rowA, TAKEN) + a.get(rowA, COLLECTED);
    const costB = rowB < 0 ? 0 : b.get(rowB, TAKEN) + b.get(rowB, COLLECTED);
    const stallA = rowA < 0 ? 0 : a.get(rowA, STALL);
    const stallB = rowB < 0 ? 0 : b.get(rowB, STALL);
    totals.costNs[0] += costA;
    totals.costNs[1] += costB;
    totals.stallNs[0] += stallA;
    totals.stallNs[1] += stallB;
    if (didA !== didB || costA !== costB || stallA !== stallB) {
      totals.differ++;
      if (didA !== didB) totals.did++;
      if (costA !== costB) totals.cost++;
      if (stallA !== stallB) totals.stall++;
      const at = rowA < 0 ? b.get(rowB, AT) : a.get(rowA, AT);
      if (this.#selection.wants(at, costB - costA)) {
        const order = rowA < 0 ? b.get(rowB, ORDER) : a.get(rowA, ORDER);
        const sides = [describeRow(a, rowA), describeRow(b, rowB)] as const;
        this.#selection.add({ lane, order, at, differenceNs: costB - costA, sides });
      }
    }
    if (rowA >= 0) a.release(rowA);
    if (rowB >= 0) b.release(rowB);
  }
}

/** Order of a row; infinite for none. */
function orderOf(records: WriteRecords, row: number): number {
  return row < 0 ? Infinity : records.get(row, ORDER);
}
