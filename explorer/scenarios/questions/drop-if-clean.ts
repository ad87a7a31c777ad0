/** Reclaim drops a page if it is clean: the decision of the second question, in either order. D is looked at and never cleared. */
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import { flushRange, LOCK, mapOnFault, type Micro, Op, upgradeEntry, WRITTEN } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { Setting } from '../../scenario.js';

const { act, names } = actions('look at D', 'protect entry', 'take entry out', 'drop page');

/** @param checksFirst D is looked at before the entry is protected; otherwise after the flush */
export function dropIfClean(arch: string, checksFirst: boolean): Setting {
  return {
    machine: { strategy: 'hw-dirty', arch, vma: 'shared-file' },
    pages: 1,
    steps: names,
    reads: ['pte-dirty'],
    handlers: () => ({
      writeFault: (page) => upgradeEntry(page, WRITTEN),
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT | PTE_WRITABLE),
    }),
    // A clean page that CPU 0 has cached as writable.
    before: (stage) => [{ cpu: 0, does: [stage.load(0)] }],
    actors: (stage) => [
      { name: 'cpu0', does: [stage.store(0), stage.store(0)] },
      { name: 'reclaim', does: [{ label: 'drop page 0 if clean', code: () => drop(stage.page(0), checksFirst) }] },
    ],
    evictions: 1,
    assumes: [
      'the page-table lock is held from the first look to the drop, and fault handlers take it',
      'the entry is protected by one atomic update',
      'a CPU acts on a flush only between two instructions',
    ],
  };
}

function* drop(page: number, checksFirst: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  let flags = checksFirst ? yield act(Op.pteLoad, 'look at D', page) : 0;
  yield act(Op.pteChange, 'protect entry', page, PTE_WRITABLE, 0);
  yield* flushRange(page, page, 'harvest');
  if (!checksFirst) flags = yield act(Op.pteLoad, 'look at D', page);
  if ((flags & PTE_DIRTY) === 0) {
    yield act(Op.pteUnmap, 'take entry out', page);
    yield* flushRange(page, page, 'unmap');
    yield act(Op.discardFrame, 'drop page', page);
  }
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}
