/** What happened to each page of one side, as sums: by the fold's index, and apart from that for pages that the fold has not heard of. */
import { type Fold, PageTable } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';

export const PAGE_FIGURES = ['writes', 'faults', 'reports', 'transfers', 'bytes', 'costNs', 'lostWrites'] as const;
export type PageFigure = (typeof PAGE_FIGURES)[number];
export type PageFigures = Readonly<Record<PageFigure, number>>;
type Columns = Readonly<Record<PageFigure, NumberColumn>>;

const newColumns = () =>
  Object.fromEntries(PAGE_FIGURES.map((figure) => [figure, new NumberColumn()])) as unknown as Columns;

export class PageSums {
  readonly #known = newColumns();
  readonly #writes = this.#known.writes;
  readonly #others = new PageTable();
  readonly #otherSums = newColumns();

  /** @param index of the page in the fold, or -1 */
  add(figure: PageFigure, index: number, space: number, page: number, value: number): void {
    if (index >= 0) this.#known[figure].add(index, value);
    else this.#otherSums[figure].add(this.#others.ensure(space, page), value);
  }

  /** So many writes of a page; the hot path. */
  wrote(index: number, space: number, page: number, writes: number): void {
    if (index >= 0) this.#writes.add(index, writes);
    else this.#otherSums.writes.add(this.#others.ensure(space, page), writes);
  }

  /** The same for a page that the fold knows. */
  addKnown(figure: PageFigure, index: number, value: number): void {
    this.#known[figure].add(index, value);
  }

  /** Calls `visit` with each page and its value of a figure; with some pages twice, where the fold heard of them late. */
  each(figure: PageFigure, { pages }: Fold, visit: (space: number, page: number, value: number) => void): void {
    const [known, others] = [this.#known[figure], this.#otherSums[figure]];
    for (let index = 0; index < pages.count; index++) visit(pages.space[index]!, pages.page[index]!, known.get(index));
    const { space, page, count } = this.#others;
    for (let index = 0; index < count; index++) visit(space[index]!, page[index]!, others.get(index));
  }
}
