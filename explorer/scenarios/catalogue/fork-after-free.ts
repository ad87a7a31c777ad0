/**
 * A page that MADV_FREE has made disposable is written to, so it is to be kept; its process forks, which write-protects the entry; and reclaim
 * drops what looks clean. Two architectures, with dirty bits of hardware and of software, went wrong in the same place.
 */
import { PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import {
  CARRIER,
  flushRange,
  LOCK,
  mapOnFault,
  type Micro,
  Op,
  upgradeEntry,
  WRITTEN,
} from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { Setting } from '../../scenario.js';

export const { act, names } = actions(
  'look at entry',
  'write-protect entry',
  'take entry out',
  'set page flag',
  'put entry back',
  'free page',
);

/** How an architecture keeps D. */
export interface DirtyBits {
  /** Flags of an entry that say that the page is dirty. */
  readonly dirty: number;
  /** Write-protects the entry, which is present. */
  protect(page: number): Micro;
}

export function forkAfterFree(machine: Setting['machine'], bits: DirtyBits): Setting {
  return {
    machine: { ...machine, strategy: 'hw-dirty', vma: 'anon' },
    pages: 1,
    steps: names,
    reads: ['pte-dirty', 'soft-dirty', 'page-flag'],
    handlers: () => ({
      writeFault: (page) => upgradeEntry(page, WRITTEN),
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT | PTE_WRITABLE),
    }),
    // The entry is writable and clean, and CPU 0 has it cached as such.
    before: (stage) => [{ cpu: 0, does: [stage.load(0)] }],
    actors: (stage) => [
      { name: 'cpu0', does: [stage.store(0), { label: 'fork', code: () => fork(stage.page(0), bits) }] },
      { name: 'reclaim', does: [{ label: 'reclaim page 0', code: () => reclaim(stage.page(0), bits) }] },
    ],
    evictions: 1,
    assumes: [
      'the process has one thread; fork and reclaim change entries under the page-table lock',
      "the child's entry is as the parent's is then, and is not modelled",
      'the contents from before MADV_FREE are of no interest to anybody',
    ],
  };
}

/** copy_present_pte, and the flush of the whole address space at the end. */
function* fork(page: number, { protect }: DirtyBits): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const present = (yield act(Op.pteLoad, 'look at entry', page)) & PTE_PRESENT;
  if (present) yield* protect(page);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  yield* flushRange(page, page, 'arm');
}

/** try_to_unmap_one, of a page that may be dropped. */
function* reclaim(page: number, { dirty }: DirtyBits): Micro {
  yield act(Op.lock, 'lock', page, LOCK.page);
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const old = yield act(Op.pteExchange, 'take entry out', page, 0);
  yield* flushRange(page, page, 'unmap');
  if (old & dirty) {
    yield act(Op.markSet, 'set page flag', page, CARRIER['page-flag']);
    yield act(Op.pteStore, 'put entry back', page, old);
  } else yield act(Op.discardFrame, 'free page', page);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  yield act(Op.unlock, 'lock', page, LOCK.page);
}
