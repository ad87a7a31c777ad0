/**
 * Three shortcuts that are each in order: MADV_FREE takes D and flushes later, clear_refs takes W and flushes later, and KSM need not flush an entry that
 * has neither. A CPU that still has both writes between KSM's comparison of two pages and the exchange of one for the other.
 */
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import {
  CARRIER,
  CLAIM,
  DIFFERS,
  flushRange,
  LOCK,
  mapOnFault,
  type Micro,
  Op,
  START_OF_OBJECT,
  WRITTEN,
} from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition } from '../../scenario.js';
import { capture } from './capture.js';
import { FIRST_VARIABLE, isPending, lowerPending, PENDING, raisePending } from './pending-flush.js';

const { act, names } = actions(
  'take D',
  'take W',
  'look at entry',
  'protect entry',
  'compare pages',
  'look whether entry is the same',
  'take entry out for the merge',
  'map the shared page',
  'copy the shared page',
);

/** Who may owe a flush. */
const MADVISE = 0;
const CLEAR_REFS = 1;
/** The page is the one that KSM shares. */
const SHARED = FIRST_VARIABLE;

export const mergeUnderPendingFlushes: ScenarioDefinition = {
  id: 'merge-under-pending-flushes',
  summary: 'MADV_FREE and clear_refs have yet to flush what they took; KSM finds an entry without W and D and merges',
  year: 2017,
  reference: 'Linux b3a81d0841a9 (4.13)',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'wrong-frame-write',
  guilty: { actor: 'ksm', step: 'flush', how: 'missing' },
  architectures: ['x86-64'],
  setting: (variant, arch) => {
    const fixed = variant === 'fixed';
    return {
      machine: { strategy: 'hw-dirty', arch, vma: 'anon' },
      pages: 1,
      steps: names,
      variables: [...PENDING, 'page is shared'],
      handlers: () => ({
        writeFault: upgradeOrCopy,
        notPresentFault: (page) => mapOnFault(page, PTE_PRESENT | PTE_WRITABLE),
      }),
      // It is not about tracking: the consumer takes every page, and what is lost is lost to the program.
      reads: ['mapped'],
      // Until CPU 0 stores again the page is like one that KSM knows.
      before: (stage) => [{ cpu: 0, does: [stage.store(0), capture(stage, 0)] }],
      actors: (stage) => {
        const page = stage.page(0);
        return [
          { name: 'cpu0', does: [stage.store(0)] },
          { name: 'madvise', does: [{ label: 'MADV_FREE page 0', code: () => take(page, MADVISE, fixed) }] },
          { name: 'clear_refs', does: [{ label: 'clear_refs of page 0', code: () => take(page, CLEAR_REFS, fixed) }] },
          { name: 'ksm', does: [{ label: 'merge page 0', code: () => merge(page, fixed) }] },
        ];
      },
      assumes: [
        'all three hold the mmap lock for reading, so none keeps another out',
        'KSM holds the page lock from the first look at the entry to the exchange, and a write fault waits for it',
        'MADV_FREE and clear_refs flush after the page-table lock',
        'the other page is the same as this one until CPU 0 stores, and never changes',
      ],
    };
  },
};

/** madvise_free_pte_range, or clear_soft_dirty, of one entry. */
function* take(page: number, who: number, tells: boolean): Micro {
  const bit = who === MADVISE ? PTE_DIRTY : PTE_WRITABLE;
  if (tells) yield* raisePending(who);
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const old = yield act(Op.pteChange, who === MADVISE ? 'take D' : 'take W', page, bit, 0);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  if (old & bit) yield* flushRange(page, page, 'arm');
  if (tells) yield* lowerPending(who);
}

/** try_to_merge_one_page: write_protect_page, pages_identical, replace_page. */
function* merge(page: number, asks: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK.page);
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  let flags = yield act(Op.pteLoad, 'look at entry', page);
  if (flags & (PTE_WRITABLE | PTE_DIRTY) || (asks && (yield* isPending(MADVISE, CLEAR_REFS)))) {
    const taken = yield act(Op.pteExchange, 'take entry out', page, 0);
    yield* flushRange(page, page, 'arm');
    if (taken & PTE_DIRTY) yield act(Op.markSet, 'mark page', page, CARRIER['page-flag']);
    flags = taken & ~(PTE_WRITABLE | PTE_DIRTY);
    yield act(Op.pteStore, 'protect entry', page, flags);
  }
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  yield act(Op.declare, 'compare pages', page, CLAIM.compared);
  const differs = (yield act(Op.nextRun, 'compare pages', START_OF_OBJECT, DIFFERS)) >= 0;
  if (!differs) yield* replace(page, flags);
  yield act(Op.unlock, 'lock', page, LOCK.page);
}

function* replace(page: number, flags: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  if ((yield act(Op.pteLoad, 'look whether entry is the same', page)) === flags) {
    yield act(Op.pteExchange, 'take entry out for the merge', page, 0);
    yield* flushRange(page, page, 'arm');
    yield act(Op.replaceFrame, 'map the shared page', page, PTE_PRESENT);
    yield act(Op.remember, 'map the shared page', -1, SHARED, 1);
  }
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}

/** do_wp_page: of the shared page a copy, of any other the right to write. */
function* upgradeOrCopy(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK.page);
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  if ((yield act(Op.recall, 'look at entry', -1, SHARED)) === 0) {
    yield act(Op.pteUpgrade, 'make entry writable', page, WRITTEN, 0);
  } else if (((yield act(Op.pteLoad, 'look at entry', page)) & PTE_WRITABLE) === 0) {
    yield act(Op.replaceFrame, 'copy the shared page', page, PTE_PRESENT | WRITTEN);
    yield act(Op.remember, 'copy the shared page', -1, SHARED, 0);
  }
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  yield act(Op.unlock, 'lock', page, LOCK.page);
}
