/** Dirtiness is inferred from W of an entry when it is dropped: one that was made read-only before has forgotten that it was written. */
import { PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import { CARRIER, flushGuest, LOCK, mapOnFault, type Micro, Op, upgradeEntry } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions('sync entry', 'tell host that page is dirty', 'drop entry');

export const syncForgetsWritable: ScenarioDefinition = {
  id: 'sync-forgets-writable',
  summary: 'KVM syncs a shadow entry to writable and back to read-only, and drops it as one that was never written',
  year: 2010,
  reference: 'Linux 9ed5520dd3c9',
  kind: 'sequence',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'vcpu0', step: 'sync entry', how: 'drops' },
  architectures: ['x86-64'],
  setting: (variant, arch) => ({
    machine: { strategy: 'kvm-dirty-log', arch },
    pages: 1,
    steps: names,
    reads: ['page-flag'],
    handlers: () => ({
      writeFault: (page) => upgradeEntry(page, PTE_WRITABLE),
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT | PTE_WRITABLE),
    }),
    // Read so far, by a page table of the guest that says read-only.
    before: (stage) => [{ cpu: 0, does: [stage.load(0)] }],
    actors: (stage) => {
      const page = stage.page(0);
      const sync = (flags: number) => () => syncEntry(page, flags, variant === 'fixed');
      return [
        {
          name: 'vcpu0',
          does: [
            { label: 'sync: the guest made it writable', code: sync(PTE_PRESENT | PTE_WRITABLE) },
            stage.store(0),
            { label: 'sync: the guest made it read-only', code: sync(PTE_PRESENT) },
            { label: 'the host drops the entry', code: () => dropEntry(page) },
          ],
        },
      ];
    },
    assumes: ['the MMU lock is held over each sync and each drop', 'KVM does not look at D of shadow entries'],
  }),
};

/** @param tellsOnChange what may have been written is said to be when W goes, not only when the entry does */
function* syncEntry(page: number, flags: number, tellsOnChange: boolean): Micro {
  yield act(Op.lock, 'lock', -1, LOCK.mmu);
  const old = yield act(Op.pteExchange, 'sync entry', page, flags);
  const losesWritable = (old & ~flags & PTE_WRITABLE) !== 0;
  if (losesWritable && tellsOnChange) yield act(Op.markSet, 'tell host that page is dirty', page, CARRIER['page-flag']);
  if (losesWritable) yield* flushGuest(page, page, 'arm');
  yield act(Op.unlock, 'lock', -1, LOCK.mmu);
}

/** rmap_remove: pages of writable entries are taken for dirty. */
function* dropEntry(page: number): Micro {
  yield act(Op.lock, 'lock', -1, LOCK.mmu);
  const old = yield act(Op.pteUnmap, 'drop entry', page);
  if (old & PTE_WRITABLE) yield act(Op.markSet, 'tell host that page is dirty', page, CARRIER['page-flag']);
  yield* flushGuest(page, page, 'unmap');
  yield act(Op.unlock, 'lock', -1, LOCK.mmu);
}
