/**
 * A set of pages as ranges, built by adding ranges and compared by a sweep: what it costs depends on the ranges, not on the pages in
 * them, so a report of a whole object is one step.
 */
export class PageRanges {
  // Range i is pages [page[i], end[i]) of space[i]; sorted and apart from each other once `settle` has run.
  #space: number[] = [];
  #page: number[] = [];
  #end: number[] = [];
  #settled = true;

  /** Adds `pages` pages from `page` on. */
  add(space: number, page: number, pages: number): void {
    const last = this.#page.length - 1;
    if (last >= 0 && space === this.#space[last] && page <= this.#end[last]!) {
      if (page === this.#end[last]) {
        this.#end[last] = page + pages;
        return;
      }
      this.#settled = false;
    } else if (last >= 0 && space < this.#space[last]!) this.#settled = false;
    this.#space.push(space);
    this.#page.push(page);
    this.#end.push(page + pages);
  }

  /** Adds all that another set has. */
  addAll(other: PageRanges): void {
    for (let i = 0; i < other.#page.length; i++)
      this.add(other.#space[i]!, other.#page[i]!, other.#end[i]! - other.#page[i]!);
  }

  /** Distinct pages. */
  get pages(): number {
    this.#settle();
    return this.#page.reduce((sum, page, i) => sum + this.#end[i]! - page, 0);
  }

  /** Pages that are here and not in `other`: how many, and the first `limit` of them in order of space and page. */
  without(other: PageRanges, limit: number): { readonly total: number; readonly first: number[] } {
    this.#settle();
    other.#settle();
    const first: number[] = [];
    let total = 0;
    const take = (page: number, end: number) => {
      total += end - page;
      for (let at = page; at < end && first.length < limit; at++) first.push(at);
    };
    for (let i = 0, j = 0; i < this.#page.length; i++) {
      let from = this.#page[i]!;
      const end = this.#end[i]!;
      const space = this.#space[i]!;
      while (j < other.#page.length && other.#endsBefore(j, space, from)) j++;
      for (let k = j; k < other.#page.length && other.#space[k] === space && other.#page[k]! < end; k++) {
        if (other.#page[k]! > from) take(from, other.#page[k]!);
        from = Math.max(from, other.#end[k]!);
      }
      if (from < end) take(from, end);
    }
    return { total, first };
  }

  /** Whether range i lies before that page. */
  #endsBefore(i: number, space: number, page: number): boolean {
    return this.#space[i]! < space || (this.#space[i] === space && this.#end[i]! <= page);
  }

  #settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    const [space, page, end] = [this.#space, this.#page, this.#end];
    const order = [...page.keys()].sort((a, b) => space[a]! - space[b]! || page[a]! - page[b]!);
    this.#space = [];
    this.#page = [];
    this.#end = [];
    for (const i of order) {
      const last = this.#page.length - 1;
      if (last >= 0 && this.#space[last] === space[i] && page[i]! <= this.#end[last]!) {
        this.#end[last] = Math.max(this.#end[last]!, end[i]!);
        continue;
      }
      this.#space.push(space[i]!);
      this.#page.push(page[i]!);
      this.#end.push(end[i]!);
    }
  }
}
