/**
 * The range walks of the 2013 proposal and of mm/mapping_dirty_helpers.c: wp_shared_mapping_range protects, and
 * clean_record_shared_mapping_range cleans and records. Each entry is changed under its page-table lock by an atomic update;
 * the walk populates nothing and leaves the flush of what it changed to its caller.
 */
import { PTE_PRESENT } from '../../traces/index.js';
import { LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { type EntryChange, packWalk, type RangeWalk, selects, unpackWalk } from '../walk-specification.js';

export interface WalkResult {
  /** Entries selected. */
  readonly changed: number;
  /** Outermost selected entries; -1 where none was. */
  readonly first: number;
  readonly last: number;
}

/** Walks the entries first..last of one VMA. `locked`: the caller holds the page-table lock over all of them. */
export function* rangeWalk(walk: RangeWalk, first: number, last: number, locked = false): Micro<WalkResult> {
  const packed = packWalk(walk);
  let changed = yield micro(Op.walkBulk, walk.step, first, packed, last);
  let changedFirst = -1;
  let changedLast = -1;
  if (changed >= 0) {
    changedFirst = yield micro(Op.walkFirst, walk.step);
    changedLast = yield micro(Op.walkLast, walk.step);
  } else {
    const change = unpackWalk(packed);
    changed = 0;
    for (let page = first; page >= 0; page = yield micro(Op.nextEntry, walk.step, page, 0, last)) {
      if (!(yield* changeEntry(walk, change, page, locked))) continue;
      if (changed++ === 0) changedFirst = page;
      changedLast = page;
    }
  }
  yield micro(Op.walkEnd, walk.step, first, changed, last, walk.slotNs, walk.changeNs);
  return { changed, first: changedFirst, last: changedLast };
}

/** One entry of a walk; whether it was selected. */
function* changeEntry(walk: RangeWalk, change: EntryChange, page: number, locked: boolean): Micro<boolean> {
  if (!locked) yield micro(Op.lock, walk.step, page, LOCK['page-table']);
  const flags = yield micro(Op.pteLoad, walk.step, page);
  const selected = selects(change, flags);
  if (change.plainStore && flags & PTE_PRESENT)
    yield micro(Op.pteStore, walk.step, page, (flags & ~change.clear) | change.set);
  else if (selected) yield micro(Op.pteChange, walk.step, page, change.clear, change.set);
  if (selected && change.record >= 0) yield micro(Op.recordEntry, walk.step, page, change.record);
  if (!locked) yield micro(Op.unlock, walk.step, page, LOCK['page-table']);
  return selected;
}
