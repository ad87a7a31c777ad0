/**
 * Pages in order of (space, page): the neighbours, runs and regions that walks and transfers ask for. A position in the order
 * is a page index; tables give the order, so nothing here sorts.
 *
 * A question that begins "from the start" names a domain by a negative page: -1 the object of the program, -2 the second stage of the
 * machine that it runs in. No answer leaves the domain that it began in.
 */
import { PAGES_PER_TABLE } from '../../base/index.js';
import type { PageStore, PageTable } from './pages.js';

/** Carrier numbers that stand for "belongs to the object", and for "differs from the consumer's copy". */
export const ANY_MAPPED = -1;
export const DIFFERS = -2;
/** The starts of the two domains. */
export const START_OF_OBJECT = -1;
export const START_OF_SECOND_STAGE = -2;

/** The page after `page` in its address space, or -1. */
export function nextPage(pages: PageStore, page: number): number {
  const table = pages.tableOf(page);
  const next = seek(pages, table.rank, pages.number[page]! - table.basePage + 1, table.space, 0);
  return next >= 0 && pages.space[next] === table.space ? next : -1;
}

/** The page with an entry of its own after `page`: a huge entry is met once. */
export function nextEntry(pages: PageStore, page: number): number {
  const table = pages.tableOf(page);
  const slot = table.huge ? PAGES_PER_TABLE : pages.number[page]! - table.basePage + 1;
  const next = seek(pages, table.rank, slot, table.space, 0);
  return next >= 0 && pages.space[next] === table.space ? next : -1;
}

/** The home page after `page` (or from a start on) that has carrier `carrier` set (or belongs to the object, or differs); or -1. */
export function nextWith(pages: PageStore, page: number, carrier: number): number {
  const mask = carrier < 0 ? 0 : 1 << carrier;
  let next = page < 0 ? first(pages, page, mask) : after(pages, page, mask);
  // Marks are on home pages only.
  while (mask === 0 && next >= 0 && !(isHome(pages, next) && (carrier !== DIFFERS || differs(pages, next))))
    next = after(pages, next, 0);
  return next;
}

/** The last home page of a domain that has the carrier set (or belongs to the object), or -1. */
export function lastWith(pages: PageStore, start: number, carrier: number): number {
  const mask = carrier < 0 ? 0 : 1 << carrier;
  for (let rank = pages.tables.length - 1; rank >= 0; rank--) {
    const table = pages.tables[rank]!;
    if ((mask !== 0 && table.marked === 0) || domainOf(pages, table) !== start) continue;
    for (let slot = PAGES_PER_TABLE - 1; slot >= 0; slot--) {
      const index = table.entries[slot]!;
      if (index >= 0 && (mask === 0 ? isHome(pages, index) : pages.marks[index]! & mask)) return index;
    }
  }
  return -1;
}

/** The last page of the run of consecutive home pages, all with the carrier (or of the object), that starts at `page`. */
export function runEnd(pages: PageStore, page: number, carrier: number): number {
  const mask = carrier < 0 ? 0 : 1 << carrier;
  let last = page;
  for (;;) {
    const next = successor(pages, last);
    if (next < 0 || pages.number[next] !== pages.number[last]! + 1 || pages.space[next] !== pages.space[last])
      return last;
    if (mask !== 0 ? (pages.marks[next]! & mask) === 0 : !isHome(pages, next)) return last;
    if (carrier === DIFFERS && !differs(pages, next)) return last;
    last = next;
  }
}

/** The last page of the region that starts at `page`, where regions are apart by more than `gapPages`; 0 means one region a space. */
export function regionEnd(pages: PageStore, page: number, gapPages: number): number {
  if (gapPages === 0) return lastAt(pages, pages.space[page]!, pages.number[page]!, Number.MAX_SAFE_INTEGER);
  let last = page;
  for (let next = nextPage(pages, last); next >= 0; next = nextPage(pages, last)) {
    if (pages.number[next]! - pages.number[last]! - 1 > gapPages) return last;
    last = next;
  }
  return last;
}

/** The first page of a space within [from, to], or -1. */
export function firstAt(pages: PageStore, space: number, from: number, to: number): number {
  const rank = pages.rankOf(space, from);
  const table = pages.tables[rank];
  if (table === undefined) return -1;
  const next = seek(pages, rank, Math.max(0, from - table.basePage), table.space, 0);
  return next >= 0 && pages.space[next] === space && pages.number[next]! <= to ? next : -1;
}

/** The last page of a space within [from, to], or -1. */
export function lastAt(pages: PageStore, space: number, from: number, to: number): number {
  let rank = Math.min(pages.rankOf(space, to), pages.tables.length - 1);
  for (; rank >= 0; rank--) {
    const table = pages.tables[rank]!;
    if (table.space > space || table.basePage > to) continue;
    if (table.space < space || table.basePage + PAGES_PER_TABLE <= from) return -1;
    const least = Math.max(0, from - table.basePage);
    for (let slot = Math.min(PAGES_PER_TABLE - 1, to - table.basePage); slot >= least; slot--) {
      if (table.entries[slot]! >= 0) return table.entries[slot]!;
    }
  }
  return -1;
}

/** The last page of the aligned group of so many pages (a table: 512) that holds `page`, but none behind `last`. */
export function lastInGroup(pages: PageStore, page: number, size: number, last: number): number {
  const number = pages.number[page]!;
  const end = number - (number % size) + size - 1;
  return lastAt(pages, pages.space[page]!, number, Math.min(end, pages.number[last]!));
}

/** Slots of existing page tables between two pages of one space, both included; a huge entry is one slot, of the table above. */
export function slotsBetween(pages: PageStore, firstPage: number, lastPage: number): number {
  const from = pages.number[firstPage]!;
  const to = pages.number[lastPage]!;
  let slots = 0;
  for (let rank = pages.tableOf(firstPage).rank; rank <= pages.tableOf(lastPage).rank; rank++) {
    const { basePage, huge } = pages.tables[rank]!;
    slots += huge ? 1 : Math.min(to, basePage + PAGES_PER_TABLE - 1) - Math.max(from, basePage) + 1;
  }
  return slots;
}

function isHome(pages: PageStore, page: number): boolean {
  return pages.home[page] === page;
}

/** Contents are newer than what the consumer has; a write counts as a change of contents. */
function differs({ frame, frames }: PageStore, page: number): boolean {
  return frames.generation[frame[page]!]! > frames.captured[frame[page]!]!;
}

function domainOf(pages: PageStore, table: PageTable): number {
  return table.space === pages.secondStage ? START_OF_SECOND_STAGE : START_OF_OBJECT;
}

function first(pages: PageStore, start: number, mask: number): number {
  const rank = start === START_OF_OBJECT ? 0 : pages.rankOf(pages.secondStage, 0);
  const table = pages.tables[rank];
  return table === undefined || domainOf(pages, table) !== start ? -1 : seek(pages, rank, 0, table.space, mask);
}

function after(pages: PageStore, page: number, mask: number): number {
  const table = pages.tableOf(page);
  return seek(pages, table.rank, pages.number[page]! - table.basePage + 1, table.space, mask);
}

/** The page right behind in the order, by its table alone where possible. */
function successor(pages: PageStore, page: number): number {
  const table = pages.tableOf(page);
  const slot = pages.number[page]! - table.basePage + 1;
  if (slot < PAGES_PER_TABLE) return table.entries[slot]!;
  const next = pages.tables[table.rank + 1];
  return next === undefined ? -1 : next.entries[0]!;
}

/** The next page from a slot of a table on whose marks meet `mask` (any page where mask is 0), in the domain of `space`. */
function seek(pages: PageStore, rank: number, slot: number, space: number, mask: number): number {
  const second = space === pages.secondStage;
  for (; rank < pages.tables.length; rank++, slot = 0) {
    const table = pages.tables[rank]!;
    if ((table.space === pages.secondStage) !== second) return -1;
    if (mask !== 0 && table.marked === 0) continue;
    for (; slot < PAGES_PER_TABLE; slot++) {
      const index = table.entries[slot]!;
      if (index >= 0 && (mask === 0 || pages.marks[index]! & mask)) return index;
    }
  }
  return -1;
}
