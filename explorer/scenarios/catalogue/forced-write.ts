/**
 * The kernel writes for a debugger to a page that its process may only read (FOLL_FORCE): it takes a fault that makes a private copy, then looks
 * the page up and writes to what it finds. Beside it another thread drops the copy (MADV_DONTNEED).
 */
import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import { CLAIM, FIRST_FREE_VARIABLE, flushRange, LOCK, type Micro, Op } from '../../../simulator/index.js';
import { actions } from '../../actions.js';

export const { act, names } = actions(
  'look page up',
  'take page for a private copy',
  'fault for writing',
  'fault for reading',
  'map shared page',
  'make private copy',
  'look whether page is private',
  'wait for user-space handler',
  'try again',
  'take entry out',
  'drop page',
  'handler maps shared page',
);

/** 1 while the page that is mapped is a copy of the process's own: a flag of the page, which changes with the entry. */
const PRIVATE = FIRST_FREE_VARIABLE;

const SHARED_PAGE = PTE_PRESENT | PTE_ACCESSED;
const PRIVATE_COPY = PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY;

/** What the look-up accepts as the process's own page, and what becomes of that once a copy has been made. */
export interface LookUp {
  /** Whether an entry that is not writable will do. @param copied the fault has made a copy, at some time */
  accepts(flags: number, copied: boolean, isPrivate: boolean): boolean;
  /** After the copy the page is looked up, and if need be faulted in, as if for reading. */
  readonly forgetsIntent: boolean;
  /** A page that is not mapped is waited for: somebody in user space maps it. */
  readonly waits: boolean;
}

/** __get_user_pages: look up, fault, look up again. */
export function* forceWrite(page: number, { accepts, forgetsIntent, waits }: LookUp): Micro {
  for (let copied = false; ; ) {
    yield act(Op.lock, 'lock', page, LOCK['page-table']);
    const flags = yield act(Op.pteLoad, 'look page up', page);
    const isPrivate = yield act(Op.recall, 'look whether page is private', -1, PRIVATE);
    const forWriting: boolean = !(copied && forgetsIntent);
    const fits = !forWriting || (flags & PTE_WRITABLE) !== 0 || accepts(flags, copied, isPrivate !== 0);
    if (flags & PTE_PRESENT && fits) {
      // From here on it has a reference, and writes whatever happens to the entry.
      yield act(Op.declare, 'take page for a private copy', page, CLAIM.private);
      yield act(Op.unlock, 'lock', page, LOCK['page-table']);
      return;
    }
    yield act(Op.unlock, 'lock', page, LOCK['page-table']);
    copied = (yield* faultIn(page, forWriting, waits)) || copied;
    yield act(Op.settle, 'try again', -1, copied ? 3 : 2);
  }
}

/** handle_mm_fault; gives whether it has resolved a write to a present page by a copy, there and then or before. */
function* faultIn(page: number, forWriting: boolean, waits: boolean): Micro<boolean> {
  const step = forWriting ? 'fault for writing' : 'fault for reading';
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const present = ((yield act(Op.pteLoad, step, page)) & PTE_PRESENT) !== 0;
  if (!present && !waits) yield act(Op.mapPage, 'map shared page', page, SHARED_PAGE);
  if (forWriting && (present || !waits)) {
    if (!(yield act(Op.recall, 'look whether page is private', -1, PRIVATE))) {
      yield act(Op.replaceFrame, 'make private copy', page, PRIVATE_COPY);
      yield act(Op.remember, 'make private copy', -1, PRIVATE, 1);
    }
  }
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  return forWriting && present;
}

/** MADV_DONTNEED. */
export function* dropPage(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const old = yield act(Op.pteExchange, 'take entry out', page, 0);
  yield act(Op.remember, 'drop page', -1, PRIVATE, 0);
  if (old & PTE_PRESENT) {
    yield* flushRange(page, page, 'unmap');
    yield act(Op.discardFrame, 'drop page', page);
  }
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}

/** UFFDIO_CONTINUE: the page is mapped as it is in the page cache, read-only, and called dirty. */
export function* mapSharedDirty(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const present = (yield act(Op.pteLoad, 'handler maps shared page', page)) & PTE_PRESENT;
  if (!present) yield act(Op.mapPage, 'handler maps shared page', page, SHARED_PAGE | PTE_DIRTY);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}
