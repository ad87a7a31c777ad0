/**
 * Where the tracked object is mapped: at its home (space 0, where the source has it), and perhaps again at other addresses or in other
 * address spaces. A page of any mapping has a home page; marks, reports and transfers are by home page, entries and flushes by mapping.
 */

export interface Mapping {
  readonly space: number;
  /** Home page number = page number - delta. */
  readonly delta: number;
  /** Page numbers of the mapping, both included. */
  readonly first: number;
  readonly last: number;
}

/** A second place of some pages in the address space of each process. */
export interface Alias {
  readonly from: number;
  readonly to: number;
  readonly pages: number;
}

const EVERYWHERE = { delta: 0, first: 0, last: Number.MAX_SAFE_INTEGER } as const;

export class Mappings {
  /** The home first. Fork adds to the end, so whoever goes through the list meets a copy after its original. */
  readonly list: Mapping[] = [];
  readonly #alias: Alias | null;

  constructor(spaces: number, alias: Alias | null) {
    this.#alias = alias;
    for (let space = 0; space < spaces; space++) this.add(space);
  }

  /** The object is mapped in one more address space. */
  add(space: number): void {
    this.list.push({ space, ...EVERYWHERE });
    if (this.#alias === null) return;
    const { from, to, pages } = this.#alias;
    this.list.push({ space, delta: from - to, first: from, last: from + pages - 1 });
  }

  /** Number of the home page of a page. */
  homeOf(page: number): number {
    const alias = this.#alias;
    return alias !== null && page >= alias.from && page < alias.from + alias.pages
      ? page - alias.from + alias.to
      : page;
  }
}
