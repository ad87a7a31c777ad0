/**
 * Dense numbers for the pages that statistics speak of. The fold has numbers of its own for pages that it knows; an observed trail may
 * write to others. Going by the fold's number first saves a hash look-up per run of writes.
 */
import { type Fold, PageTable } from '../../replayer/index.js';
import { widened } from '../columns.js';

export class PageIndex {
  readonly #table = new PageTable();
  /** One more than our number, by that of the fold; 0 for none yet. */
  #byFold = new Int32Array(1024);

  get count(): number {
    return this.#table.count;
  }

  get space(): Uint16Array {
    return this.#table.space;
  }

  /** Page number by index. */
  get page(): Float64Array {
    return this.#table.page;
  }

  /** @param known the fold's index of the page, or -1 */
  indexOf(known: number, space: number, page: number): number {
    if (known < 0) return this.#table.ensure(space, page);
    if (known >= this.#byFold.length) this.#widen(known);
    const index = this.#byFold[known]! - 1;
    if (index >= 0) return index;
    const made = this.#table.ensure(space, page);
    this.#byFold[known] = made + 1;
    return made;
  }

  /** Calls `visit` for every page of the range that the trail has spoken of, with our index and the fold's. */
  forRange(
    fold: Fold,
    space: number,
    page: number,
    pages: number,
    visit: (index: number, known: number) => void,
  ): void {
    fold.pages.forRange(space, page, pages, (known) =>
      visit(this.indexOf(known, space, fold.pages.page[known]!), known),
    );
  }

  #widen(known: number): void {
    this.#byFold = widened(this.#byFold, new Int32Array(2 ** Math.ceil(Math.log2(known + 1))));
  }
}
