/** Ranges whose page tables all exist because a walk allocated the missing ones; kept as ranges, since they may be large and hold nothing. */
import { PAGES_PER_TABLE } from '../../base/index.js';
import type { PageStore } from './pages.js';

interface Range {
  readonly space: number;
  first: number;
  last: number;
}

export class PopulatedRanges {
  /** By number of the table, disjoint. */
  readonly #ranges: Range[] = [];

  /** Allocates what is missing between two pages; gives how many tables that was. */
  add(pages: PageStore, first: number, last: number): { readonly tables: number; readonly firstPage: number } {
    const space = pages.space[first]!;
    const from = Math.floor(pages.number[first]! / PAGES_PER_TABLE);
    const to = Math.floor(pages.number[last]! / PAGES_PER_TABLE);
    const existing = pages.tableOf(last).rank - pages.tableOf(first).rank + 1;
    let allocated = 0;
    let lowest = from;
    let highest = to;
    for (let i = this.#ranges.length - 1; i >= 0; i--) {
      const range = this.#ranges[i]!;
      if (range.space !== space || range.first > to || range.last < from) continue;
      const begin = Math.max(range.first, from);
      const end = Math.min(range.last, to);
      allocated += end - begin + 1 - tablesWithin(pages, space, begin, end);
      lowest = Math.min(lowest, range.first);
      highest = Math.max(highest, range.last);
      this.#ranges.splice(i, 1);
    }
    this.#ranges.push({ space, first: lowest, last: highest });
    return { tables: to - from + 1 - existing - allocated, firstPage: first };
  }
}

/** Tables with pages in them between two table numbers. */
function tablesWithin(pages: PageStore, space: number, from: number, to: number): number {
  return pages.rankOf(space, (to + 1) * PAGES_PER_TABLE) - pages.rankOf(space, from * PAGES_PER_TABLE);
}
