/** What happened to each page over the whole trail, and how it ended: the facts behind the view `pages`. */
import { MEMORY_KINDS, report, transfer, type EventBatch } from '../../traces/index.js';
import { type Fold, PageTable, seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import type { CollectorDefinition } from '../pass.js';

export const PAGE_COUNTS = [
  'writes',
  'faults',
  'tlbFills',
  'pteChanges',
  'reports',
  'falseReports',
  'transfers',
] as const;
export type PageCount = (typeof PAGE_COUNTS)[number];

export interface PageTally {
  readonly space: number;
  readonly page: number;
  readonly counts: Readonly<Record<PageCount, number>>;
  /** First and last write through this page; 0 where there was none. */
  readonly firstWriteSeq: number;
  readonly lastWriteSeq: number;
  /** Index into the pages of the fold at the end; -1 for a page that the trail never mapped, marked or had an entry for. */
  readonly index: number;
  readonly memory: string | null;
}

export interface PageTallies {
  readonly end: Fold;
  /** By (space, page). */
  readonly pages: () => Generator<PageTally>;
}

export const pageTallies: CollectorDefinition<PageTallies> = {
  id: 'page-tallies',
  create: () => new Tallies(),
};

class Tallies {
  /** Pages by what happened to them: an observed trail may speak of pages that the fold knows nothing of. */
  readonly #table = new PageTable();
  readonly #counts = Object.fromEntries(PAGE_COUNTS.map((name) => [name, new NumberColumn()])) as Record<
    PageCount,
    NumberColumn
  >;
  readonly #firstWriteSeq = new NumberColumn();
  readonly #lastWriteSeq = new NumberColumn();

  readonly on = {
    map: (batch: EventBatch, row: number) => void this.#indexOf(batch, row),
    fault: (batch: EventBatch, row: number) => this.#count('faults', batch, row),
    'tlb-fill': (batch: EventBatch, row: number) => this.#count('tlbFills', batch, row),
    pte: (batch: EventBatch, row: number) => this.#count('pteChanges', batch, row),
    report: (batch: EventBatch, row: number, fold: Fold) =>
      this.#range(batch, row, batch.slots[report.slot.pages]![row]!, (index) => {
        this.#counts.reports.add(index, 1);
        const known = fold.pages.find(this.#table.space[index]!, this.#table.page[index]!);
        if (known < 0 || !fold.isStale(known)) this.#counts.falseReports.add(index, 1);
      }),
    transfer: (batch: EventBatch, row: number) =>
      this.#range(batch, row, batch.slots[transfer.slot.pages]![row]!, (index) => this.#counts.transfers.add(index, 1)),
  };

  readonly writes = (batch: EventBatch, from: number, to: number) => {
    const index = this.#indexOf(batch, from);
    this.#counts.writes.add(index, to - from);
    this.#lastWriteSeq.set(index, seqOf(batch, to - 1));
    if (this.#firstWriteSeq.get(index) === 0) this.#firstWriteSeq.set(index, seqOf(batch, from));
  };

  finish(end: Fold): PageTallies {
    return { end, pages: () => this.#rows(end) };
  }

  #indexOf(batch: EventBatch, row: number): number {
    return this.#table.ensure(batch.space[row]!, batch.page[row]!);
  }

  #count(name: PageCount, batch: EventBatch, row: number): void {
    this.#counts[name].add(this.#indexOf(batch, row), 1);
  }

  #range(batch: EventBatch, row: number, pages: number, visit: (index: number) => void): void {
    this.#table.forRange(batch.space[row]!, batch.page[row]!, pages, visit);
  }

  *#rows(end: Fold): Generator<PageTally> {
    const { space, page, count } = this.#table;
    const order = Int32Array.from({ length: count }, (_, index) => index).sort(
      (a, b) => space[a]! - space[b]! || page[a]! - page[b]!,
    );
    for (const at of order) {
      const index = end.pages.find(space[at]!, page[at]!);
      const mapped = index >= 0 && end.isMapped(index);
      yield {
        space: space[at]!,
        page: page[at]!,
        counts: Object.fromEntries(PAGE_COUNTS.map((name) => [name, this.#counts[name].get(at)])) as Record<
          PageCount,
          number
        >,
        firstWriteSeq: this.#firstWriteSeq.get(at),
        lastWriteSeq: this.#lastWriteSeq.get(at),
        index,
        memory: mapped ? (MEMORY_KINDS[end.frames.memory[end.pages.frame[index]!]!] ?? 'unknown') : null,
      };
    }
  }
}
