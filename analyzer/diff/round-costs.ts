/**
 * What a harvest costs, and whose that is. While it is under way, what it spends on walks, flushes, exits and caches is gathered; when it
 * ends, each kind is divided evenly among the pages that it told of. A page's share belongs to the write that had made it dirty.
 * What is transferred is divided among the pages transferred, at once. Shares are whole ns: the first of the pages take what is left over.
 */
import type { Fold, PageTable } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import { COST_KIND, type CostBuckets, KINDS_OF_COST } from './cost-buckets.js';
import { CLEAN, type DirtyingWrites, rowOf } from './dirtying-writes.js';
import type { PageSums } from './page-sums.js';
import { COLLECTED, type WriteRecords } from './write-records.js';

const NO_CPU = -2;

export class RoundCosts {
  /** The CPU that the round under way runs on; -2 where none is. */
  cpu = NO_CPU;
  readonly #spent = new Float64Array(KINDS_OF_COST);
  /** Pages that the round told of, each once, and the token of the write that had made it dirty. */
  #told: number[] = [];
  #tokens: number[] = [];
  /** Pages told of that the trail has not spoken of otherwise. */
  #toldUnknown = 0;
  /** Tokens of frames that were captured in this round: held until it is over. */
  #captured: number[] = [];
  #number = 1;
  /** By page index: the last round that told of it. */
  readonly #toldIn = new NumberColumn();
  /** By frame index: the last round that captured it, and the token it had. */
  readonly #capturedIn = new NumberColumn();
  readonly #capturedToken = new NumberColumn();

  constructor(
    readonly records: WriteRecords,
    readonly dirtying: DirtyingWrites,
    readonly buckets: CostBuckets,
    readonly pages: PageSums,
  ) {}

  get isUnderWay(): boolean {
    return this.cpu !== NO_CPU;
  }

  spend(kind: number, costNs: number): void {
    this.#spent[kind]! += costNs;
  }

  /** Pages are told of. */
  tell(fold: Fold, space: number, page: number, pages: number): void {
    let known = 0;
    inOrder(fold.pages, space, page, pages, (index) => {
      known++;
      this.pages.addKnown('reports', index, 1);
      if (!this.isUnderWay || this.#toldIn.get(index) === this.#number) return;
      this.#toldIn.set(index, this.#number);
      const frame = fold.pages.frame[index]!;
      const dirty = this.dirtying.of(frame);
      const token =
        dirty !== CLEAN || this.#capturedIn.get(frame) !== this.#number ? dirty : this.#capturedToken.get(frame);
      this.dirtying.hold(token);
      this.#told.push(index);
      this.#tokens.push(token);
    });
    if (this.isUnderWay) this.#toldUnknown += pages - known;
  }

  /** Pages are about to be transferred. */
  transfer(fold: Fold, space: number, page: number, pages: number, bytes: number, costNs: number): void {
    const [costEach, costLeft] = [Math.floor(costNs / pages), costNs % pages];
    const [bytesEach, bytesLeft] = [Math.floor(bytes / pages), bytes % pages];
    let known = 0;
    let given = 0;
    inOrder(fold.pages, space, page, pages, (index) => {
      const share = costEach + (known < costLeft ? 1 : 0);
      this.pages.addKnown('transfers', index, 1);
      this.pages.addKnown('bytes', index, bytesEach + (known < bytesLeft ? 1 : 0));
      known++;
      given += share;
      const frame = fold.pages.frame[index]!;
      const token = this.dirtying.of(frame);
      this.#charge(COST_KIND.copy, index, token, share);
      if (token !== CLEAN && fold.frames.cached[frame] === 0) this.#capture(frame, token);
    });
    this.buckets.inVain[COST_KIND.copy]! += costNs - given;
  }

  /** The round is over: what it spent is divided. */
  end(): void {
    const pages = this.#told.length + this.#toldUnknown;
    for (let kind = 0; kind < KINDS_OF_COST; kind++) {
      const costNs = this.#spent[kind]!;
      this.#spent[kind] = 0;
      if (costNs === 0) continue;
      if (pages === 0) {
        this.buckets.emptyRounds[kind]! += costNs;
        continue;
      }
      const [each, left] = [Math.floor(costNs / pages), costNs % pages];
      for (let i = 0; i < this.#told.length; i++)
        this.#charge(kind, this.#told[i]!, this.#tokens[i]!, each + (i < left ? 1 : 0));
      const known = this.#told.length;
      this.buckets.inVain[kind]! += costNs - known * each - Math.min(known, left);
    }
    for (const token of this.#tokens) this.dirtying.release(token);
    for (const token of this.#captured) this.dirtying.release(token);
    this.#told = [];
    this.#tokens = [];
    this.#captured = [];
    this.#toldUnknown = 0;
    this.#number++;
    this.cpu = NO_CPU;
  }

  #capture(frame: number, token: number): void {
    if (this.isUnderWay) {
      this.dirtying.hold(token);
      this.#captured.push(token);
      this.#capturedIn.set(frame, this.#number);
      this.#capturedToken.set(frame, token);
    }
    this.dirtying.set(frame, CLEAN);
  }

  #charge(kind: number, page: number, token: number, costNs: number): void {
    if (costNs === 0) return;
    this.pages.addKnown('costNs', page, costNs);
    if (token === CLEAN) {
      this.buckets.inVain[kind]! += costNs;
      return;
    }
    this.buckets.collected[kind]! += costNs;
    this.records.addTo(rowOf(token), COLLECTED, costNs);
  }
}

/** As `forRange` of the table, but by page number always: who takes what is left over must not depend on the order of first mention. */
function inOrder(table: PageTable, space: number, page: number, pages: number, visit: (index: number) => void): void {
  if (pages <= table.count) {
    table.forRange(space, page, pages, visit);
    return;
  }
  const indices: number[] = [];
  table.forRange(space, page, pages, (index) => indices.push(index));
  indices.sort((a, b) => table.page[a]! - table.page[b]!);
  for (const index of indices) visit(index);
}
