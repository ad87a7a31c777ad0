/**
 * The bulk form of a range walk: what `kernel/range-walk.ts` does by steps, over whole tables at a time. Same events, same
 * state, no generator; a property test holds the two together.
 */
import { PAGES_PER_TABLE } from '../../base/index.js';
import { PTE_DIRTY, PTE_WRITABLE } from '../../traces/index.js';
import { selects, unpackWalk } from '../walk-specification.js';
import { causeOf } from './codes.js';
import type { Memory } from './memory.js';
import type { PageTable } from './pages.js';

export interface BulkWalk {
  /** Entries selected. */
  selected: number;
  /** The outermost of them; -1 where there is none. */
  first: number;
  last: number;
}

/**
 * Walks first..last by the packed specification.
 * @param pause called after each table
 */
export function bulkWalk(memory: Memory, first: number, last: number, packed: number, pause: () => void): BulkWalk {
  const change = unpackWalk(packed);
  const { pages } = memory;
  const cause = causeOf(change.clear, change.plainStore);
  const from = pages.number[first]!;
  const to = pages.number[last]!;
  const walked: BulkWalk = { selected: 0, first: -1, last: -1 };
  const firstRank = pages.tableOf(first).rank;
  for (let rank = firstRank; rank <= pages.tableOf(last).rank; rank++) {
    const table = pages.tables[rank]!;
    if (mayMatch(table, change.any) === 0) continue;
    // A huge entry stands at its first page, wherever the range begins.
    const begin = table.huge ? 0 : Math.max(0, from - table.basePage);
    const end = table.huge ? 0 : Math.min(PAGES_PER_TABLE - 1, to - table.basePage);
    for (let slot = begin; slot <= end; slot++) {
      const page = table.entries[slot]!;
      if (page < 0) continue;
      const flags = pages.flags[page]!;
      if (!selects(change, flags)) continue;
      memory.change(page, (flags & ~change.clear) | change.set, cause);
      if (change.record >= 0) memory.recordEntry(page, change.record);
      const at = table.huge && rank === firstRank ? first : page;
      if (walked.selected++ === 0) walked.first = at;
      walked.last = at;
    }
    pause();
  }
  return walked;
}

/** Entries of the table that a walk for `any` could select; exact for W and for D alone, an upper bound otherwise. */
function mayMatch(table: PageTable, any: number): number {
  if (any === PTE_DIRTY) return table.dirty;
  if (any === PTE_WRITABLE) return table.writable;
  return table.used;
}
