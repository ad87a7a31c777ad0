/**
 * A walker that sets D without looking at the entry again (erratum KNL4) sets it in one that has just lost W; the store then faults. Reclaim that protects,
 * flushes and looks at D only then, which is right on every other CPU, takes the stray bit for a write; what the update itself gave is the
 * truth. On that hardware the entry could as well be gone; here a walker leaves entries that are not present alone.
 */
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import { flushRange, LOCK, mapOnFault, type Micro, Op, upgradeEntry, WRITTEN } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions('protect and clean entry', 'look at D', 'write page out', 'drop page');

export const strayDirtyBit: ScenarioDefinition = {
  id: 'stray-dirty-bit',
  summary: 'a blind walker sets D in a protected entry, and reclaim takes it for a write or ignores it',
  year: 2016,
  reference: 'Linux e4a84be6f05e (4.8), Knights Landing erratum KNL4',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'false-dirty',
  guilty: { actor: 'reclaim', step: 'look at D', how: 'wrong' },
  architectures: ['x86-64'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'shared-file', walker: 'blind' },
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
      {
        name: 'reclaim',
        does: [{ label: 'reclaim page 0', code: () => reclaim(stage.page(0), variant === 'fixed') }],
      },
    ],
    evictions: 1,
    assumes: [
      'the page-table lock is held from the change of the entry to the end, and fault handlers take it',
      'an entry that has lost W and D in one atomic update is not written by anybody who has not written before',
      'a walker whose permission check fails afterwards writes no bytes',
    ],
    decides: ['false-dirty'],
  }),
};

function* reclaim(page: number, ignoresStray: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  let flags = yield act(Op.pteChange, 'protect and clean entry', page, PTE_WRITABLE | PTE_DIRTY, 0);
  yield* flushRange(page, page, 'harvest');
  if (!ignoresStray) flags |= yield act(Op.pteLoad, 'look at D', page);
  if (flags & PTE_DIRTY) {
    yield act(Op.report, 'report', page);
    yield act(Op.transfer, 'write page out', page);
  } else {
    yield act(Op.pteUnmap, 'take entry out', page);
    yield* flushRange(page, page, 'unmap');
    yield act(Op.discardFrame, 'drop page', page);
  }
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}
