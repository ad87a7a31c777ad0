/**
 * Pages in order of (space, page): the neighbours, runs and regions that walks and transfers ask for. A position in the order
 * is a page index; tables give the order, so nothing here sorts.
 */
import { PAGES_PER_TABLE } from '../../base/index.js';
import type { PageStore } from './pages.js';

/** Carrier numbers that stand for "mapped", and for "differs from the consumer's copy", where a run of pages is asked for. */
export const ANY_MAPPED = -1;
export const DIFFERS = -2;

/** The mapped page after `page` in order (-1: the first of all), or -1. */
export function nextMapped(pages: PageStore, page: number): number {
  return seek(pages, page, 0);
}

/** The last mapped page in order, or -1. */
export function lastMapped(pages: PageStore): number {
  const table = pages.tables.at(-1);
  if (table === undefined) return -1;
  for (let slot = PAGES_PER_TABLE - 1; slot >= 0; slot--) if (table.entries[slot]! >= 0) return table.entries[slot]!;
  return -1;
}

/** The page after `page` (-1: the first of all) that has carrier `carrier` set (or is mapped, or differs); or -1. */
export function nextWith(pages: PageStore, page: number, carrier: number): number {
  if (carrier !== DIFFERS) return seek(pages, page, carrier === ANY_MAPPED ? 0 : 1 << carrier);
  let next = seek(pages, page, 0);
  while (next >= 0 && !differs(pages, next)) next = seek(pages, next, 0);
  return next;
}

/** The last page that has the carrier set, or -1. */
export function lastWith(pages: PageStore, carrier: number): number {
  const mask = 1 << carrier;
  for (let rank = pages.tables.length - 1; rank >= 0; rank--) {
    const table = pages.tables[rank]!;
    if (table.marked === 0) continue;
    for (let slot = PAGES_PER_TABLE - 1; slot >= 0; slot--) {
      const index = table.entries[slot]!;
      if (index >= 0 && pages.marks[index]! & mask) return index;
    }
  }
  return -1;
}

/** The last page of the run of consecutive page numbers, all with the carrier (or mapped), that starts at `page`. */
export function runEnd(pages: PageStore, page: number, carrier: number): number {
  const mask = carrier < 0 ? 0 : 1 << carrier;
  let last = page;
  for (;;) {
    const next = successor(pages, last);
    if (next < 0 || pages.number[next] !== pages.number[last]! + 1 || pages.space[next] !== pages.space[last])
      return last;
    if (mask !== 0 && (pages.marks[next]! & mask) === 0) return last;
    if (carrier === DIFFERS && !differs(pages, next)) return last;
    last = next;
  }
}

/** The last page of the region that starts at `page`, where regions are apart by more than `gapPages`; 0 means one region a space. */
export function regionEnd(pages: PageStore, page: number, gapPages: number): number {
  let last = page;
  for (let next = nextMapped(pages, last); next >= 0; next = nextMapped(pages, last)) {
    if (pages.space[next] !== pages.space[page]) return last;
    if (gapPages > 0 && pages.number[next]! - pages.number[last]! - 1 > gapPages) return last;
    last = next;
  }
  return last;
}

/** The last mapped page of the table that holds `page`, but none behind `last`. */
export function lastInTable(pages: PageStore, page: number, last: number): number {
  const table = pages.tableOf(page);
  for (let slot = Math.min(PAGES_PER_TABLE - 1, pages.number[last]! - table.basePage); slot >= 0; slot--) {
    if (table.entries[slot]! >= 0) return table.entries[slot]!;
  }
  return page;
}

/** Slots of existing page tables between two pages of one space, both included. */
export function slotsBetween(pages: PageStore, first: number, last: number): number {
  const from = pages.number[first]!;
  const to = pages.number[last]!;
  let slots = 0;
  for (let rank = pages.tableOf(first).rank; rank <= pages.tableOf(last).rank; rank++) {
    const base = pages.tables[rank]!.basePage;
    slots += Math.min(to, base + PAGES_PER_TABLE - 1) - Math.max(from, base) + 1;
  }
  return slots;
}

/** Contents are newer than what the consumer has; a write counts as a change of contents. */
function differs(pages: PageStore, page: number): boolean {
  const frame = pages.frame[page]!;
  return pages.generation[frame]! > pages.captured[frame]!;
}

/** The mapped page right behind in the order, by its table alone where possible. */
function successor(pages: PageStore, page: number): number {
  const table = pages.tableOf(page);
  const slot = pages.number[page]! - table.basePage + 1;
  if (slot < PAGES_PER_TABLE) return table.entries[slot]!;
  const next = pages.tables[table.rank + 1];
  return next === undefined ? -1 : next.entries[0]!;
}

/** The next page whose marks meet `mask`, or any mapped page where mask is 0. */
function seek(pages: PageStore, page: number, mask: number): number {
  let rank = 0;
  let slot = 0;
  if (page >= 0) {
    const table = pages.tableOf(page);
    rank = table.rank;
    slot = pages.number[page]! - table.basePage + 1;
  }
  for (; rank < pages.tables.length; rank++, slot = 0) {
    const table = pages.tables[rank]!;
    if (mask !== 0 && table.marked === 0) continue;
    for (; slot < PAGES_PER_TABLE; slot++) {
      const index = table.entries[slot]!;
      if (index >= 0 && (mask === 0 || pages.marks[index]! & mask)) return index;
    }
  }
  return -1;
}
