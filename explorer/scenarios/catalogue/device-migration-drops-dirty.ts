/**
 * Pages are collected for a move to device memory: each entry gives way to a migration entry, and with it goes its D. The move fails, the entry
 * comes back clean, and reclaim takes the page for a copy of what is in swap.
 */
import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import { CARRIER, flushRange, LOCK, type Micro, Op, upgradeEntry, WRITTEN } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions(
  'put migration entry in place',
  'D to page flag',
  'put entry back',
  'wait for page',
  'take entry out',
  'look at page flag',
  'write to swap',
  'free page',
);

/** An entry without P that is not empty, of a page that was writable. */
const MIGRATION = PTE_WRITABLE;

export const deviceMigrationDropsDirty: ScenarioDefinition = {
  id: 'device-migration-drops-dirty',
  summary:
    'a page is collected for device memory and put back; D of the entry that was taken goes to the page, or nowhere',
  year: 2022,
  reference: 'Linux fd35ca3d12cc (6.0)',
  kind: 'sequence',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'migrate', step: 'put migration entry in place', how: 'drops' },
  architectures: ['x86-64', 'arm64-dbm'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'anon' },
    pages: 1,
    steps: names,
    reads: ['pte-dirty', 'page-flag'],
    handlers: () => ({
      writeFault: (page) => upgradeEntry(page, WRITTEN),
      notPresentFault: mapUnderPageLock,
    }),
    // The page has come back from swap, where a copy of it still is.
    before: (stage) => [{ cpu: 0, does: [stage.load(0)] }],
    actors: (stage) => [
      { name: 'cpu0', does: [stage.store(0)] },
      {
        name: 'migrate',
        does: [{ label: 'try to migrate page 0', code: () => migrate(stage.page(0), variant === 'fixed') }],
      },
      { name: 'reclaim', does: [{ label: 'reclaim page 0', code: () => reclaim(stage.page(0)) }] },
    ],
    evictions: 1,
    assumes: [
      'the page lock is held from collection to the end of the move, over reclaim, and by faults that find no entry',
      'entries change under the page-table lock, which is held over the flush',
      'the move fails because somebody else has a reference to the page',
    ],
  }),
};

/** migrate_vma_collect_pmd, and remove_migration_pte after a move that did not come about. */
function* migrate(page: number, keepsDirty: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK.page);
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  let old = yield act(Op.pteLoad, 'put migration entry in place', page);
  if (old & PTE_PRESENT) {
    old = yield act(Op.pteExchange, 'put migration entry in place', page, MIGRATION);
    if (keepsDirty && old & PTE_DIRTY) yield act(Op.markSet, 'D to page flag', page, CARRIER['page-flag']);
    yield* flushRange(page, page, 'move');
  }
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  if (old & PTE_PRESENT) {
    yield act(Op.lock, 'lock', page, LOCK['page-table']);
    yield act(Op.pteStore, 'put entry back', page, old & ~PTE_DIRTY);
    yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  }
  yield act(Op.unlock, 'lock', page, LOCK.page);
}

/** shrink_page_list: what is dirty is written to swap, what is clean is there already. */
function* reclaim(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK.page);
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const old = yield act(Op.pteExchange, 'take entry out', page, 0);
  if (old & PTE_DIRTY) yield act(Op.markSet, 'D to page flag', page, CARRIER['page-flag']);
  yield* flushRange(page, page, 'unmap');
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  if (yield act(Op.markMove, 'look at page flag', page, CARRIER['page-flag'], -1))
    yield act(Op.transfer, 'write to swap', page);
  yield act(Op.discardFrame, 'free page', page);
  yield act(Op.unlock, 'lock', page, LOCK.page);
}

/** do_swap_page: a page that is being moved or reclaimed is waited for. */
function* mapUnderPageLock(page: number): Micro {
  yield act(Op.lock, 'wait for page', page, LOCK.page);
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const present = (yield act(Op.pteLoad, 'install entry', page)) & PTE_PRESENT;
  if (!present) yield act(Op.mapPage, 'install entry', page, PTE_PRESENT | PTE_WRITABLE | PTE_ACCESSED);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  yield act(Op.unlock, 'wait for page', page, LOCK.page);
}
