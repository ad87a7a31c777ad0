/**
 * Swap-out as it was in 2000: the entry is looked at, then emptied by a plain store. What the walker sets in between is gone with it, and a page that
 * looked clean is dropped. What won was one atomic exchange; a proposal of that time took hardware D away altogether.
 */
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
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
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions('look at entry', 'empty entry', 'drop page');

export const clearByPlainStore: ScenarioDefinition = {
  id: 'clear-by-plain-store',
  summary: 'swap-out looks at an entry and then empties it, while the walker may set D',
  year: 2000,
  reference: 'linux-mm, 11 Sep 2000, "workaround for lost dirty bits on x86 SMP"',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'swap-out', step: 'empty entry', how: 'stale' },
  architectures: ['x86-64', 'arm64-dbm', 'riscv64-svadu'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'shared-file' },
    pages: 1,
    steps: names,
    reads: ['pte-dirty', 'page-flag'],
    handlers: () => ({
      writeFault: (page) => upgradeEntry(page, WRITTEN),
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT | PTE_WRITABLE),
    }),
    // A clean page that CPU 0 has cached as writable.
    before: (stage) => [{ cpu: 0, does: [stage.load(0)] }],
    actors: (stage) => [
      { name: 'cpu0', does: [stage.store(0), stage.store(0)] },
      {
        name: 'swap-out',
        does: [{ label: 'swap page 0 out', code: () => swapOut(stage.page(0), variant === 'fixed') }],
      },
    ],
    evictions: 1,
    assumes: [
      'the page-table lock is held from the look at the entry to the drop of the page, and fault handlers take it',
      'the walker takes no lock; it checks P and W again in the step that sets D',
    ],
  }),
};

function* swapOut(page: number, atomically: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const flags = atomically
    ? yield act(Op.pteExchange, 'take entry out', page, 0)
    : yield act(Op.pteLoad, 'look at entry', page);
  if (!atomically) yield act(Op.pteStore, 'empty entry', page, 0);
  yield* flushRange(page, page, 'unmap');
  if (flags & PTE_DIRTY) yield act(Op.markSet, 'mark page', page, CARRIER['page-flag']);
  else if (flags & PTE_PRESENT) yield act(Op.discardFrame, 'drop page', page);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}
