/**
 * A huge entry is split: it becomes not present, is flushed, and small entries take its place. Where the old entry was looked at before, a D that the
 * walker set in between is in neither. One entry of the machine stands for the huge one, and for the small one that comes after it.
 */
import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
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

const { act, names } = actions(
  'look at huge entry',
  'make huge entry not present',
  'D to small pages',
  'install small entry',
);

export const splitFromStaleValue: ScenarioDefinition = {
  id: 'split-from-stale-value',
  summary: 'a huge entry is split by a load and a store, or by one exchange whose old value says whether it was dirty',
  year: 2018,
  reference: 'Linux c58f0bb77ed8 and its series (4.16)',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'split', step: 'make huge entry not present', how: 'stale' },
  architectures: ['x86-64', 'arm64-dbm', 'riscv64-svadu'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'anon' },
    pages: 1,
    steps: names,
    reads: ['pte-dirty', 'page-flag'],
    handlers: () => ({
      writeFault: (page) => upgradeEntry(page, WRITTEN),
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT | PTE_WRITABLE),
    }),
    // CPU 0 has a clean entry cached as writable.
    before: (stage) => [{ cpu: 0, does: [stage.load(0)] }],
    actors: (stage) => [
      { name: 'cpu0', does: [stage.store(0), stage.store(0)] },
      { name: 'split', does: [{ label: 'split huge entry', code: () => split(stage.page(0), variant === 'fixed') }] },
    ],
    evictions: 1,
    assumes: [
      'the walker checks P and W again in the step that sets D, without taking a lock of the kernel',
      'the split holds the lock of the huge entry from the first look to the small entries, and fault handlers take it',
      'D of the huge entry goes to the flags of its pages, and small entries begin clean',
    ],
  }),
};

function* split(page: number, exchanges: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  let old = yield act(Op.pteLoad, 'look at huge entry', page);
  const notPresent = old & ~PTE_PRESENT;
  if (exchanges) old = yield act(Op.pteExchange, 'make huge entry not present', page, notPresent);
  else yield act(Op.pteStore, 'make huge entry not present', page, notPresent);
  yield* flushRange(page, page, 'unmap');
  if (old & PTE_DIRTY) yield act(Op.markSet, 'D to small pages', page, CARRIER['page-flag']);
  const small = PTE_PRESENT | (old & (PTE_WRITABLE | PTE_ACCESSED));
  yield act(Op.mapPage, 'install small entry', page, small);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}
