/** An entry of the second stage is written with a plain store under the MMU lock, and virtual CPUs set W and D without it. */
import { PTE_DIRTY, PTE_PRESENT } from '../../../traces/index.js';
import { CARRIER, flushGuest, LOCK, mapOnFault, type Micro, Op, WRITTEN } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions('read entry', 'fast page fault', 'zap entry', 'tell host that page is dirty');

export const zapByPlainStore: ScenarioDefinition = {
  id: 'zap-by-plain-store',
  summary: 'the TDP MMU zaps an entry that it read as clean, over W and D that a virtual CPU has set meanwhile',
  year: 2022,
  reference: 'Linux ba3a6120a4e7',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'zap', step: 'zap entry', how: 'stale' },
  architectures: ['x86-64'],
  setting: (variant, arch) => ({
    machine: { strategy: 'kvm-dirty-log', arch },
    pages: 1,
    steps: names,
    // The host, which writes the page out or swaps it.
    reads: ['pte-dirty', 'page-flag'],
    handlers: () => ({
      *writeFault(page) {
        const flags = yield act(Op.pteLoad, 'fast page fault', page);
        // By compare-and-swap against what was read: an entry that is gone stays gone.
        if (flags & PTE_PRESENT) yield act(Op.pteUpgrade, 'fast page fault', page, WRITTEN, 0);
      },
      *notPresentFault(page) {
        yield act(Op.lock, 'lock', -1, LOCK.mmu);
        yield* mapOnFault(page, PTE_PRESENT | WRITTEN);
        yield act(Op.unlock, 'lock', -1, LOCK.mmu);
      },
    }),
    // Write-protected by the dirty log, and read since.
    before: (stage) => [{ cpu: 0, does: [stage.load(0)] }],
    actors: (stage) => [
      { name: 'vcpu0', does: [stage.store(0)] },
      { name: 'zap', does: [{ label: 'zap page 0', code: () => zap(stage.page(0), variant === 'fixed') }] },
    ],
    evictions: 1,
    assumes: [
      'the MMU lock is held for writing over the zap; the fast page fault takes no lock and changes the entry by compare-and-swap',
      'the flush of a zap does not depend on what was in the entry',
      'the host reuses the page when the zap has returned, and writes it out if its flag is set',
    ],
  }),
};

/** @param exchanges what was in the entry is what the exchange took out */
function* zap(page: number, exchanges: boolean): Micro {
  yield act(Op.lock, 'lock', -1, LOCK.mmu);
  let old = yield act(Op.pteLoad, 'read entry', page);
  if (exchanges) old = yield act(Op.pteExchange, 'zap entry', page, 0);
  else yield act(Op.pteStore, 'zap entry', page, 0);
  if (old & PTE_DIRTY) yield act(Op.markSet, 'tell host that page is dirty', page, CARRIER['page-flag']);
  yield* flushGuest(page, page, 'unmap');
  yield act(Op.unlock, 'lock', -1, LOCK.mmu);
}
