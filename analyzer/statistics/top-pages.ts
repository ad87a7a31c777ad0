/** The pages with the most writes, faults, reports, transfers, reports without a new write. */
import { fault, report, transfer } from '../../traces/index.js';
import { NumberColumn } from '../columns.js';
import type { StatisticDefinition } from './define.js';
import type { PageIndex } from './page-index.js';

export const PAGE_MEASURES = ['writes', 'faults', 'reports', 'transfers', 'falseReports'] as const;
export type PageMeasure = (typeof PAGE_MEASURES)[number];

export interface PageCount {
  readonly space: number;
  readonly page: number;
  readonly count: number;
  /** Of all, in [0, 1]. */
  readonly share: number;
}

export interface Ranking {
  readonly total: number;
  /** Pages that have any. */
  readonly pages: number;
  /** The most first. */
  readonly top: readonly PageCount[];
}

export type TopPages = Readonly<Record<PageMeasure, Ranking>>;

export const topPages: StatisticDefinition<TopPages> = {
  id: 'pages',
  about: 'the pages with the most writes, faults, reports, transfers, false reports',
  create(scope) {
    const { pages } = scope;
    const counted = PAGE_MEASURES.filter((name) => name !== 'writes');
    const columns = Object.fromEntries(counted.map((name) => [name, new NumberColumn()])) as Record<
      (typeof counted)[number],
      NumberColumn
    >;
    const isWanted = (page: number) => scope.page === null || page === scope.page;
    return {
      on: {
        [fault.kind]({ space, page }, row, fold) {
          if (!isWanted(page[row]!)) return;
          const known = fold.pages.find(space[row]!, page[row]!);
          columns.faults.add(pages.indexOf(known, space[row]!, page[row]!), 1);
        },
        report({ space, page, slots }, row, fold) {
          pages.forRange(fold, space[row]!, page[row]!, slots[report.slot.pages]![row]!, (index, known) => {
            if (!isWanted(pages.page[index]!)) return;
            columns.reports.add(index, 1);
            if (!fold.isStale(known)) columns.falseReports.add(index, 1);
          });
        },
        transfer({ space, page, slots }, row, fold) {
          pages.forRange(fold, space[row]!, page[row]!, slots[transfer.slot.pages]![row]!, (index) => {
            if (isWanted(pages.page[index]!)) columns.transfers.add(index, 1);
          });
        },
      },
      finish(_end, { writesTo }) {
        const all = { writes: writesTo, ...columns };
        const rankings = PAGE_MEASURES.map((name) => [name, ranking(scope.pages, all[name], scope.top)]);
        return Object.fromEntries(rankings) as Record<PageMeasure, Ranking>;
      },
    };
  },
};

/** Equal counts in the order of space and page. */
function ranking({ space, page, count }: PageIndex, column: NumberColumn, top: number): Ranking {
  let total = 0;
  const having: number[] = [];
  for (let index = 0; index < count; index++) {
    const value = column.get(index);
    if (value === 0) continue;
    total += value;
    having.push(index);
  }
  having.sort((a, b) => column.get(b) - column.get(a) || space[a]! - space[b]! || page[a]! - page[b]!);
  return {
    total,
    pages: having.length,
    top: having.slice(0, top).map((index) => ({
      space: space[index]!,
      page: page[index]!,
      count: column.get(index),
      share: column.get(index) / total,
    })),
  };
}
