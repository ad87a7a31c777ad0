/**
 * An area of memory that takes the place of another: munmap, mmap at the same address, and the fault that fills the new pages with zeros. The flag
 * of the area says that all of it counts as soft-dirty; pagemap reads it for each of its pages, so here it is a mark of the pages that are there.
 */
import { PTE_PRESENT } from '../../../traces/index.js';
import {
  ACTOR_KERNEL,
  CARRIER,
  FIRST_FREE_VARIABLE,
  flushRange,
  LOCK,
  type Micro,
  Op,
} from '../../../simulator/index.js';
import { PAGE_SIZE } from '../../../base/index.js';
import { actions } from '../../actions.js';

/** Whether the area of the page that was mapped anew has VM_SOFTDIRTY. */
const NEW_AREA = FIRST_FREE_VARIABLE;

export const { act, names } = actions(
  'take entry out',
  'give page up',
  'new area',
  'fill page with zeros',
  'area counts as dirty',
  'merge areas',
);

export function* unmapArea(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  yield act(Op.pteUnmap, 'take entry out', page);
  yield* flushRange(page, page, 'unmap');
  yield act(Op.discardFrame, 'give page up', page);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}

/** @param marked new areas count as dirty */
export function* mapArea(marked: boolean): Micro {
  yield act(Op.remember, 'new area', -1, NEW_AREA, marked ? 1 : 0);
}

/** A read fault in the area. */
export function* fillOnFault(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const present = (yield act(Op.pteLoad, 'install entry', page)) & PTE_PRESENT;
  if (!present) {
    yield act(Op.mapPage, 'install entry', page, PTE_PRESENT);
    yield act(Op.otherWrite, 'fill page with zeros', page, 0, PAGE_SIZE, ACTOR_KERNEL);
    if (yield act(Op.recall, 'area counts as dirty', -1, NEW_AREA))
      yield act(Op.markSet, 'area counts as dirty', page, CARRIER['soft-dirty']);
  }
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}

/**
 * Two areas become one.
 * @param kept page of the area whose flags the other's give way to; it does not count as dirty
 * @param union the flag holds for both if it held for one
 */
export function* mergeAreas(kept: number, page: number, union: boolean): Micro {
  const flag = yield act(Op.recall, 'merge areas', -1, NEW_AREA);
  if (union && flag) yield act(Op.markSet, 'merge areas', kept, CARRIER['soft-dirty']);
  if (union) return;
  yield act(Op.remember, 'merge areas', -1, NEW_AREA, 0);
  yield act(Op.markClear, 'merge areas', page, CARRIER['soft-dirty'], page);
}
