/** Pages side by side: what happened to each on either side, the greatest difference first. */
import { type Fold, PageTable } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import type { Both } from './epoch-comparison.js';
import type { Lanes } from './lanes.js';
import { PAGE_FIGURES, type PageFigure, type PageFigures, type PageSums } from './page-sums.js';

/** What pages can be ordered by. */
export const PAGE_ORDERS = ['cost', 'faults', 'reports', 'transfers', 'bytes', 'lost'] as const;
export type PageOrder = (typeof PAGE_ORDERS)[number];

const FIGURE_OF: Readonly<Record<PageOrder, PageFigure>> = {
  cost: 'costNs',
  faults: 'faults',
  reports: 'reports',
  transfers: 'transfers',
  bytes: 'bytes',
  lost: 'lostWrites',
};

export interface PageDifference {
  readonly space: number;
  readonly page: number;
  /** By order of first touch: its number on each side, null where it has no counterpart. */
  readonly pageIn?: Both<number | null>;
  readonly sides: Both<PageFigures>;
}

export interface PageDifferences {
  /** Pages that either trail wrote, faulted on, reported or transferred. */
  readonly total: number;
  /** Of those, pages that differ in something. */
  readonly differ: number;
  readonly by: PageOrder;
  /** The first of them, those furthest apart first. */
  readonly first: readonly PageDifference[];
  /** Events of pages by what they are: matched, the n-th of a page with the n-th of it, and left over on each side. */
  readonly events: Readonly<Record<'writes' | 'faults' | 'reports' | 'transfers', Matched>>;
}

export interface Matched {
  readonly matched: number;
  readonly unmatched: Both<number>;
}

export interface PageOptions {
  readonly limit: number;
  readonly by: PageOrder;
}

export function comparePages(
  sums: Both<PageSums>,
  ends: Both<Fold>,
  lanes: Lanes,
  { limit, by }: PageOptions,
): PageDifferences {
  const pages = new JointPages(lanes);
  const columns = PAGE_FIGURES.map((figure) => {
    const both = [new NumberColumn(), new NumberColumn()] as const;
    for (const side of [0, 1] as const) {
      sums[side].each(figure, ends[side], (space, page, value) => {
        if (value !== 0) both[side].add(pages.indexOf(side, space, page), value);
      });
    }
    return [figure, both] as const;
  });
  const by2 = columns.find(([figure]) => figure === FIGURE_OF[by])![1];
  const apart = (at: number) => Math.abs(by2[0].get(at) - by2[1].get(at));
  const compare = (x: number, y: number) => apart(y) - apart(x) || pages.compare(x, y);
  const events = { writes: newMatched(), faults: newMatched(), reports: newMatched(), transfers: newMatched() };
  let [total, differ] = [0, 0];
  let kept: number[] = [];
  for (let at = 0; at < pages.count; at++) {
    let [isThere, differs] = [false, false];
    for (const [figure, [a, b]] of columns) {
      const [inA, inB] = [a.get(at), b.get(at)];
      if (inA !== 0 || inB !== 0) isThere = true;
      if (inA !== inB) differs = true;
      if (figure in events) match(events[figure as keyof typeof events], inA, inB);
    }
    if (isThere) total++;
    if (!differs) continue;
    differ++;
    kept.push(at);
    if (kept.length >= 2 * limit + 1024) kept = kept.sort(compare).slice(0, limit);
  }
  const figuresOf = (at: number, side: 0 | 1) =>
    Object.fromEntries(columns.map(([figure, both]) => [figure, both[side].get(at)])) as PageFigures;
  const first = kept
    .sort(compare)
    .slice(0, limit)
    .map((at) => ({ ...pages.named(at), sides: [figuresOf(at, 0), figuresOf(at, 1)] as const }));
  return { total, differ, by, first, events };
}

function newMatched() {
  return { matched: 0, unmatched: [0, 0] as [number, number] };
}

function match(into: ReturnType<typeof newMatched>, inA: number, inB: number): void {
  const common = Math.min(inA, inB);
  into.matched += common;
  into.unmatched[0] += inA - common;
  into.unmatched[1] += inB - common;
}

/** The pages of both sides as one table: by number, or by first touch where the lanes are that. Pages without a lane stand alone then. */
class JointPages {
  readonly #lanes: Lanes;
  readonly #tables: Both<PageTable>;
  readonly #byTouch: boolean;

  constructor(lanes: Lanes) {
    this.#lanes = lanes;
    this.#byTouch = lanes.mode === 'first-touch';
    const first = new PageTable();
    this.#tables = [first, this.#byTouch ? new PageTable() : first];
  }

  get count(): number {
    const [a, b] = this.#tables;
    return this.#byTouch ? this.#lanes.length + 2 * Math.max(a.count, b.count) : a.count;
  }

  indexOf(side: 0 | 1, space: number, page: number): number {
    if (!this.#byTouch) return this.#tables[0].ensure(space, page);
    const lane = this.#lanes.laneOfPage(side, space, page);
    return lane >= 0 ? lane : this.#lanes.length + 2 * this.#tables[side].ensure(space, page) + side;
  }

  named(at: number): { readonly space: number; readonly page: number; readonly pageIn?: Both<number | null> } {
    if (!this.#byTouch) return { space: this.#tables[0].space[at]!, page: this.#tables[0].page[at]! };
    const [a, b] = [this.#placeOf(0, at), this.#placeOf(1, at)];
    const { space, page } = (a ?? b)!;
    return { space, page, pageIn: [a?.page ?? null, b?.page ?? null] };
  }

  compare(x: number, y: number): number {
    const [a, b] = [this.named(x), this.named(y)];
    return a.space - b.space || a.page - b.page;
  }

  #placeOf(side: 0 | 1, at: number): { readonly space: number; readonly page: number } | null {
    const beyond = at - this.#lanes.length;
    if (beyond < 0) return this.#lanes.pageOf(side, at);
    if (beyond % 2 !== side) return null;
    const table = this.#tables[side];
    const index = (beyond - side) / 2;
    return index < table.count ? { space: table.space[index]!, page: table.page[index]! } : null;
  }
}
