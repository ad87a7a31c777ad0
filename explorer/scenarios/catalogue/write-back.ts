/**
 * Write-back of a page of a file: clear_page_dirty_for_io and the write-out behind it (mm/page-writeback.c, mm/rmap.c). Every mapping is cleaned under
 * its page-table lock, what could be written there counts as written, and the flag of the page goes before its bytes are read.
 */
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import { CARRIER, flushRange, LOCK, type Micro, micro, Op } from '../../../simulator/index.js';
import type { ScenarioActor, Stage } from '../../scenario.js';

const FLAG = CARRIER['page-flag'];
const WRITTEN_OR_WRITABLE = PTE_WRITABLE | PTE_DIRTY;

/** @param takesPageLock the page lock covers the whole of it, as it has to */
export function* writeBack(page: number, takesPageLock = true): Micro {
  if (takesPageLock) yield micro(Op.lock, 'lock', page, LOCK.page);
  let found = false;
  for (let mapped = page; mapped >= 0; mapped = yield micro(Op.nextMapping, 'clean entries', mapped)) {
    if (yield* cleanMapping(mapped)) found = true;
  }
  if (found) yield micro(Op.markSet, 'mark page', page, FLAG);
  if (yield micro(Op.markMove, 'consume mark', page, FLAG, -1)) {
    yield micro(Op.report, 'report', page);
    yield micro(Op.transfer, 'transfer', page);
  }
  if (takesPageLock) yield micro(Op.unlock, 'lock', page, LOCK.page);
}

/** page_mkclean_one: it waits for the page-table lock even where there is no entry. Whether there was something to clean. */
function* cleanMapping(page: number): Micro<boolean> {
  yield micro(Op.lock, 'lock', page, LOCK['page-table']);
  const flags = yield micro(Op.pteLoad, 'clean entries', page);
  const changes = (flags & PTE_PRESENT) !== 0 && (flags & WRITTEN_OR_WRITABLE) !== 0;
  if (changes) {
    const taken = yield micro(Op.pteExchange, 'take entry out', page, 0);
    yield* flushRange(page, page, 'harvest');
    yield micro(Op.pteStore, 'put clean entry back', page, taken & ~WRITTEN_OR_WRITABLE);
  }
  yield micro(Op.unlock, 'lock', page, LOCK['page-table']);
  return changes;
}

/** An actor that writes page 0 back once. */
export function writingBack(stage: Stage): ScenarioActor {
  const page = stage.page(0);
  return { name: 'write-back', does: [{ label: 'write page 0 back', code: () => writeBack(page) }] };
}
