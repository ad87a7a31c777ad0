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
    const [a, b] = this.#records;
    for (;;) {
      const inA = a.first(lane);
      const inB = b.first(lane);
      const orderA = inA < 0 ? Infinity : a.get(inA, ORDER);
      const orderB = inB < 0 ? Infinity : b.get(inB, ORDER);
      const next = Math.min(orderA, orderB);
      if (next > order) return;
      const rowA = orderA === next ? inA : -1;
      const rowB = orderB === next ? inB : -1;
      if (rowA >= 0) a.shift(lane);
      if (rowB >= 0) b.shift(lane);
      if (rowA >= 0 && rowB >= 0 && !a.isOpen(rowA) && !b.isOpen(rowB) && a.saysTheSame(rowA, b, rowB)) {
        this.#same(rowA, rowB);
        continue;
      }
      const open = (rowA >= 0 && a.isOpen(rowA)) || (rowB >= 0 && b.isOpen(rowB));
      if (!open) this.#settle(lane, rowA, rowB);
      else {
        if (rowA >= 0) a.join(rowA, rowB, lane);
        if (rowB >= 0) b.join(rowB, rowA, lane);
      }
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

  /** Most rows are of writes that filled a TLB entry, on both sides. */
  #same(rowA: number, rowB: number): void {
    const { totals } = this;
    const [a, b] = this.#records;
    const costNs = a.get(rowA, TAKEN) + a.get(rowA, COLLECTED);
    const stallNs = a.get(rowA, STALL);
    totals.costNs[0] += costNs;
    totals.costNs[1] += costNs;
    totals.stallNs[0] += stallNs;
    totals.stallNs[1] += stallNs;
    a.release(rowA);
    b.release(rowB);
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
