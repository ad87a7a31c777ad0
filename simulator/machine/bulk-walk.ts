/**
 * The bulk form of a range walk: what `kernel/range-walk.ts` does by steps, over whole tables at a time. Same events, same
 * state, no generator; a property test holds the two together.
 */
import { PAGES_PER_TABLE } from '../../base/index.js';
import { PTE_DIRTY, PTE_WRITABLE } from '../../traces/index.js';
import { selects, unpackWalk } from '../walk-specification.js';
import { causeOf, type Machine } from './machine.js';
import type { PageTable } from './pages.js';

/** Walks first..last by the packed specification; entries selected. `machine.walkFirst` and `walkLast` name the outermost. */
export function bulkWalk(machine: Machine, first: number, last: number, packed: number): number {
  const change = unpackWalk(packed);
  const { pages, journal } = machine;
  const cause = causeOf(change.clear, change.plainStore);
  const from = pages.number[first]!;
  const to = pages.number[last]!;
  let selected = 0;
  machine.walkFirst = -1;
  machine.walkLast = -1;
  for (let rank = pages.tableOf(first).rank; rank <= pages.tableOf(last).rank; rank++) {
    const table = pages.tables[rank]!;
    if (mayMatch(table, change.any) === 0) continue;
    const begin = Math.max(0, from - table.basePage);
    const end = Math.min(PAGES_PER_TABLE - 1, to - table.basePage);
    for (let slot = begin; slot <= end; slot++) {
      const page = table.entries[slot]!;
      if (page < 0) continue;
      const flags = pages.flags[page]!;
      if (!selects(change, flags)) continue;
      const changed = (flags & ~change.clear) | change.set;
      if (changed !== flags) {
        pages.setFlags(page, changed);
        journal.pte(pages.number[page]!, pages.frameNumber[pages.frame[page]!]!, flags, changed, cause, 0);
      }
      if (change.record >= 0) machine.markSet(page, change.record);
      if (selected++ === 0) machine.walkFirst = page;
      machine.walkLast = page;
    }
  }
  return selected;
}

/** Entries of the table that a walk for `any` could select; exact for W and for D alone, an upper bound otherwise. */
function mayMatch(table: PageTable, any: number): number {
  if (any === PTE_DIRTY) return table.dirty;
  if (any === PTE_WRITABLE) return table.writable;
  return table.used;
}
