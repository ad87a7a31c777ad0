/**
 * The writes that are shown: of those that differ the first so many of a stretch, and the so many whose costs lie furthest apart. Writes
 * come in no order; what is kept is cut back to its best whenever it has doubled.
 */
import { COLLECTED, DID, STALL, TAKEN, type WriteRecords } from './write-records.js';
import type { Both } from './epoch-comparison.js';

/** What one side made of a write. */
export interface SelectedRow {
  readonly did: number;
  readonly takenNs: number;
  readonly collectedNs: number;
  readonly stallNs: number;
}

export interface SelectedWrite {
  /** Its lane, and its position there. */
  readonly lane: number;
  readonly order: number;
  /** Position among all writes, in the first trail where that has a row for it. */
  readonly at: number;
  /** Cost on the second side less that on the first, ns. */
  readonly differenceNs: number;
  /** Null where the write did nothing but write. At least one is not. */
  readonly sides: Both<SelectedRow | null>;
}

export interface SelectionOptions {
  /** How many are listed, and how many of the dearest. */
  readonly limit: number;
  /** Positions of the first and the last write that may be listed. */
  readonly from: number;
  readonly to: number;
}

export class WriteSelection {
  readonly #listed: Best;
  readonly #dearest: Best;
  readonly #options: SelectionOptions;
  /** Writes that differ and lie in the stretch. */
  inStretch = 0;

  constructor(options: SelectionOptions) {
    this.#options = options;
    this.#listed = new Best(options.limit, (a, b) => a.at - b.at);
    this.#dearest = new Best(
      options.limit,
      (a, b) => Math.abs(b.differenceNs) - Math.abs(a.differenceNs) || a.at - b.at,
    );
  }

  /** Whether such a write would be kept: asked before it is described. Each write is asked for once. */
  wants(at: number, differenceNs: number): boolean {
    const listed = this.#isInStretch(at);
    if (listed) this.inStretch++;
    const worst = this.#listed.worst;
    if (listed && (worst === null || at < worst.at)) return true;
    const cheapest = this.#dearest.worst;
    if (cheapest === null) return differenceNs !== 0;
    const [size, least] = [Math.abs(differenceNs), Math.abs(cheapest.differenceNs)];
    return size > least || (size === least && at < cheapest.at);
  }

  add(write: SelectedWrite): void {
    if (this.#isInStretch(write.at)) this.#listed.add(write);
    if (write.differenceNs !== 0) this.#dearest.add(write);
  }

  /** The first ones of the stretch. */
  listed(): readonly SelectedWrite[] {
    return this.#listed.sorted();
  }

  /** Those whose costs lie furthest apart. */
  dearest(): readonly SelectedWrite[] {
    return this.#dearest.sorted();
  }

  #isInStretch(at: number): boolean {
    return at >= this.#options.from && at <= this.#options.to;
  }
}

/** The best few of many. */
class Best {
  /** The worst of those kept when it was full last: what is no better need not be added. */
  worst: SelectedWrite | null = null;
  #kept: SelectedWrite[] = [];
  readonly #limit: number;
  readonly #order: (a: SelectedWrite, b: SelectedWrite) => number;

  constructor(limit: number, order: (a: SelectedWrite, b: SelectedWrite) => number) {
    this.#limit = limit;
    this.#order = order;
  }

  add(write: SelectedWrite): void {
    this.#kept.push(write);
    if (this.#kept.length >= 2 * this.#limit) this.sorted();
  }

  sorted(): readonly SelectedWrite[] {
    this.#kept = this.#kept.sort(this.#order).slice(0, this.#limit);
    if (this.#kept.length === this.#limit) this.worst = this.#kept.at(-1) ?? null;
    return this.#kept;
  }
}

export function describeRow(records: WriteRecords, row: number): SelectedRow | null {
  if (row < 0) return null;
  const get = (column: number) => records.get(row, column);
  return {
    did: get(DID),
    takenNs: get(TAKEN),
    collectedNs: get(COLLECTED),
    stallNs: get(STALL),
  };
}
