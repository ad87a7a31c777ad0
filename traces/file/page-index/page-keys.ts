/** The pages of a table of the page index, which many are kept of: in two bytes each where they lie near each other, as they do nearly always. */
import type { OneColumn } from '../../codec/one-column.js';
import { rowFrom } from '../../snapshot.js';

/** Pages that are told apart by two bytes. */
const NEAR_PAGES = 0x1_0000;

export class PageKeys {
  readonly rows: number;
  /** The first page, and how far from it each is; null where they are further apart, or of several spaces. */
  readonly #near: { readonly space: number; readonly first: number; readonly offsets: Uint16Array } | null;
  readonly #spaces: Float64Array;
  readonly #pages: Float64Array;

  /** @param pages by space and page */
  constructor(space: OneColumn, pages: Float64Array) {
    this.rows = pages.length;
    const first = pages[0]!;
    const offsets = space.constant === null ? null : offsetsFrom(first, pages);
    const nothing = new Float64Array(0);
    this.#near = offsets === null ? null : { space: space.constant!, first, offsets };
    this.#spaces = offsets === null ? space.values() : nothing;
    this.#pages = offsets === null ? pages : nothing;
  }

  /** The row of a page; -1 where it is not there. */
  rowOf(space: number, page: number): number {
    const near = this.#near;
    if (near === null) {
      const row = rowFrom(this.#spaces, this.#pages, space, page);
      return this.#spaces[row] === space && this.#pages[row] === page ? row : -1;
    }
    const offset = page - near.first;
    if (space !== near.space) return -1;
    let low = 0;
    let high = this.rows;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (near.offsets[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    return near.offsets[low] === offset ? low : -1;
  }
}

/** How far each page is from the first; null where one is too far. */
function offsetsFrom(first: number, pages: Float64Array): Uint16Array | null {
  const offsets = new Uint16Array(pages.length);
  for (let row = 0; row < pages.length; row++) {
    const offset = pages[row]! - first;
    if (!(offset >= 0 && offset < NEAR_PAGES)) return null;
    offsets[row] = offset;
  }
  return offsets;
}
