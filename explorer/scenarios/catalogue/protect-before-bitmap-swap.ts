/** A monitor protects pages first and takes the bitmap afterwards: a mark made in between goes with it, and its page stays writable. */
import { PTE_WRITABLE } from '../../../traces/index.js';
import { CARRIER, flushGuest, LOCK, type Micro, Op, upgradeEntry, WRITTEN } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import { round } from '../../rounds.js';
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions('protect page', 'swap bitmaps', 'give bitmap to user space');

export const protectBeforeBitmapSwap: ScenarioDefinition = {
  id: 'protect-before-bitmap-swap',
  summary: 'KVM write-protects its pages, and then swaps the bitmap that a fault in between has marked',
  year: 2010,
  reference: 'Linux edde99ce0529',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'GET_DIRTY_LOG', step: 'protect page', how: 'early' },
  architectures: ['x86-64'],
  setting: (variant, arch) => ({
    machine: { strategy: 'kvm-dirty-log', arch },
    pages: 1,
    steps: names,
    reads: ['bitmap', 'snapshot'],
    handlers: () => ({
      *writeFault(page) {
        yield act(Op.lock, 'lock', -1, LOCK.mmu);
        yield* upgradeEntry(page, WRITTEN);
        yield act(Op.markSet, 'mark page', page, CARRIER.bitmap);
        yield act(Op.unlock, 'lock', -1, LOCK.mmu);
      },
    }),
    // Written and marked in the round before.
    before: (stage) => [{ cpu: 0, does: [stage.store(0)] }],
    actors: (stage) => [
      { name: 'vcpu0', does: [stage.store(0), stage.store(0)] },
      {
        name: 'GET_DIRTY_LOG',
        role: 'harvest',
        does: [{ label: 'one round', code: () => round(getDirtyLog(stage.page(0), variant === 'fixed')) }],
      },
    ],
    evictions: 1,
    assumes: [
      'the MMU lock is held over protection and flush, and over a fault from the change of the entry to the mark',
      'the slots lock keeps other rounds out',
      'bitmaps are swapped in one step, and no handler still marks the old one after it (SRCU)',
      'user space copies the page when it has the bitmap',
    ],
  }),
};

function* getDirtyLog(page: number, swapsFirst: boolean): Micro {
  if (swapsFirst) {
    yield act(Op.markMove, 'swap bitmaps', page, CARRIER.bitmap, CARRIER.snapshot);
    yield* protect(page);
  } else {
    yield* protect(page);
    yield act(Op.markMove, 'swap bitmaps', page, CARRIER.bitmap, CARRIER.snapshot);
  }
  yield act(Op.report, 'give bitmap to user space', page);
  yield act(Op.markClear, 'give bitmap to user space', page, CARRIER.snapshot);
  yield act(Op.transfer, 'transfer', page);
}

/** kvm_mmu_slot_remove_write_access. */
function* protect(page: number): Micro {
  yield act(Op.lock, 'lock', -1, LOCK.mmu);
  yield act(Op.pteChange, 'protect page', page, PTE_WRITABLE, 0);
  yield* flushGuest(page, page, 'harvest');
  yield act(Op.unlock, 'lock', -1, LOCK.mmu);
}
