/**
 * The bulk form of a range walk: what `kernel/range-walk.ts` does by steps, over whole tables at a time. Same events, same
 * state, no generator; a property test holds the two together.
 */
import { PAGES_PER_TABLE } from '../../base/index.js';
import { PTE_CAUSES, PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { unpackWalk } from '../walk-specification.js';
import type { Machine } from './machine.js';

const CLEAN = PTE_CAUSES.indexOf('clean');
const PROTECT = PTE_CAUSES.indexOf('protect');
const STORE = PTE_CAUSES.indexOf('store');

/** Walks first..last by the packed specification; entries changed. `machine.walkFirst` and `walkLast` name the outermost. */
export function bulkWalk(machine: Machine, first: number, last: number, packed: number): number {
  const { select, clear, record, plainStore } = unpackWalk(packed);
  const { pages, journal } = machine;
  const cause = plainStore ? STORE : clear & PTE_WRITABLE ? PROTECT : CLEAN;
  const from = pages.number[first]!;
  const to = pages.number[last]!;
  let changed = 0;
  machine.walkFirst = -1;
  machine.walkLast = -1;
  for (let rank = pages.tableOf(first).rank; rank <= pages.tableOf(last).rank; rank++) {
    const table = pages.tables[rank]!;
    const matching = select === PTE_DIRTY ? table.dirty : select === PTE_WRITABLE ? table.writable : table.used;
    if (matching === 0) continue;
    const begin = Math.max(0, from - table.basePage);
    const end = Math.min(PAGES_PER_TABLE - 1, to - table.basePage);
    for (let slot = begin; slot <= end; slot++) {
      const page = table.entries[slot]!;
      if (page < 0) continue;
      const flags = pages.flags[page]!;
      if ((flags & PTE_PRESENT) === 0 || (flags & select) === 0) continue;
      const cleared = flags & ~clear;
      if (cleared !== flags) {
        pages.setFlags(page, cleared);
        journal.pte(pages.number[page]!, pages.frameNumber[pages.frame[page]!]!, flags, cleared, cause, 0);
      }
      if (record >= 0) machine.markSet(page, record);
      if (changed++ === 0) machine.walkFirst = page;
      machine.walkLast = page;
    }
  }
  return changed;
}
