/** A huge entry is split between two checkpoints. D finds a place in the flags of its pages, the soft-dirty bit has none but the small entries. */
import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_SOFT_DIRTY, PTE_WRITABLE } from '../../../traces/index.js';
import { CARRIER, flushRange, LOCK, type Micro, Op } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition } from '../../scenario.js';
import { SOFT_DIRTY_FAULTS } from './soft-dirty.js';

const { act, names } = actions('take huge entry out', 'D to small pages', 'install small entry');

export const splitDropsSoftDirty: ScenarioDefinition = {
  id: 'split-drops-soft-dirty',
  summary: 'a huge entry that is soft-dirty is split; the small entries get the bit, or do not',
  year: 2016,
  reference: 'linux-mm, 19 Aug 2016, Andrea Arcangeli, "soft_dirty: fix soft_dirty during THP split"',
  kind: 'sequence',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'split', step: 'install small entry', how: 'drops' },
  architectures: ['x86-64', 's390x'],
  setting: (variant, arch) => ({
    machine: { strategy: 'soft-dirty', arch, vma: 'anon' },
    pages: 1,
    steps: names,
    reads: ['soft-dirty'],
    handlers: () => SOFT_DIRTY_FAULTS,
    actors: (stage) => [
      { name: 'cpu0', does: [stage.store(0)] },
      {
        name: 'split',
        does: [{ label: 'split huge entry', code: () => split(stage.page(0), variant === 'fixed') }],
      },
    ],
    assumes: [
      'one entry stands for the huge one, and for the small one that takes its place',
      'the split holds the lock of the huge entry, and fault handlers take it',
    ],
  }),
};

function* split(page: number, keepsBit: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const old = yield act(Op.pteExchange, 'take huge entry out', page, 0);
  yield* flushRange(page, page, 'unmap');
  if (old & PTE_DIRTY) yield act(Op.markSet, 'D to small pages', page, CARRIER['page-flag']);
  const kept = PTE_PRESENT | PTE_WRITABLE | PTE_ACCESSED | (keepsBit ? PTE_SOFT_DIRTY : 0);
  yield act(Op.mapPage, 'install small entry', page, old & kept);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}
