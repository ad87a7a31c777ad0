/** The dirty log drops the MMU lock between protection and flush: who protects the same page next finds it protected, and relies on it. */
import { PTE_WRITABLE } from '../../../traces/index.js';
import { CARRIER, CLAIM, flushGuest, LOCK, type Micro, Op, upgradeEntry, WRITTEN } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import { round } from '../../rounds.js';
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions('protect page', 'swap bitmaps', 'look at entry', 'shadow a page table');

export const mmuUnlockBeforeFlush: ScenarioDefinition = {
  id: 'mmu-unlock-before-flush',
  summary: 'GET_DIRTY_LOG protects and flushes later; a page table is shadowed meanwhile that a CPU can still write',
  year: 2012,
  reference: 'Linux 6dbf79e7164e; cause 95d4c16ce78c',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'write-after-revoke',
  guilty: { actor: 'GET_DIRTY_LOG', step: 'flush', how: 'late' },
  architectures: ['x86-64'],
  setting: (variant, arch) => ({
    machine: { strategy: 'kvm-dirty-log', arch },
    pages: 1,
    steps: names,
    reads: ['bitmap', 'snapshot'],
    handlers: () => ({
      // A write to a shadowed page gives the shadow up, and the page may be written again.
      *writeFault(page) {
        yield act(Op.lock, 'lock', -1, LOCK.mmu);
        yield* upgradeEntry(page, WRITTEN);
        yield act(Op.markSet, 'mark page', page, CARRIER.bitmap);
        yield act(Op.unlock, 'lock', -1, LOCK.mmu);
      },
    }),
    before: (stage) => [{ cpu: 0, does: [stage.store(0)] }],
    actors: (stage) => [
      { name: 'vcpu0', does: [stage.store(0)] },
      {
        name: 'GET_DIRTY_LOG',
        role: 'harvest',
        does: [{ label: 'one round', code: () => round(getDirtyLog(stage.page(0), variant === 'fixed')) }],
      },
      { name: 'vcpu1', does: [{ label: 'shadow page 0', code: () => shadowPageTable(stage.page(0)) }] },
    ],
    evictions: 1,
    assumes: [
      'protection is an atomic update under the MMU lock, which fault handlers take, too',
      'who takes W away flushes before it drops the lock; who finds W clear does not flush',
      'a virtual CPU acts on a flush only between two instructions',
    ],
  }),
};

function* getDirtyLog(page: number, flushesInside: boolean): Micro {
  if (!(yield act(Op.markMove, 'swap bitmaps', page, CARRIER.bitmap, CARRIER.snapshot))) return;
  yield act(Op.lock, 'lock', -1, LOCK.mmu);
  yield act(Op.pteChange, 'protect page', page, PTE_WRITABLE, 0);
  if (flushesInside) yield* flushGuest(page, page, 'harvest');
  yield act(Op.unlock, 'lock', -1, LOCK.mmu);
  if (!flushesInside) yield* flushGuest(page, page, 'harvest');
  yield act(Op.report, 'report', page);
  yield act(Op.markClear, 'consume mark', page, CARRIER.snapshot);
  yield act(Op.transfer, 'transfer', page);
}

/** rmap_write_protect of a page that holds a page table of the guest (kvm_mmu_get_page, mmu_sync_children). */
function* shadowPageTable(page: number): Micro {
  yield act(Op.lock, 'lock', -1, LOCK.mmu);
  if ((yield act(Op.pteLoad, 'look at entry', page)) & PTE_WRITABLE) {
    yield act(Op.pteChange, 'protect page', page, PTE_WRITABLE, 0);
    yield* flushGuest(page, page, 'arm');
  }
  yield act(Op.declare, 'shadow a page table', page, CLAIM.protected);
  yield act(Op.unlock, 'lock', -1, LOCK.mmu);
}
