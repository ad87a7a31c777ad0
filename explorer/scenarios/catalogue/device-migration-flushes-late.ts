/**
 * Pages are collected for a move to device memory under the page-table lock, and flushed when it has been dropped. MADV_DONTNEED comes in between:
 * it finds a migration entry, which no CPU can have cached, so it flushes nothing and returns; its thread still reaches the page.
 */
import { PTE_ACCESSED, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import { CLAIM, flushRange, LOCK, type Micro, Op, upgradeEntry, WRITTEN } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions(
  'look at entry',
  'put migration entry in place',
  'put entry back',
  'take entry out',
  'discard page',
  'return to user',
);

/** An entry without P that is not empty, of a page that was writable. */
const MIGRATION = PTE_WRITABLE;

export const deviceMigrationFlushesLate: ScenarioDefinition = {
  id: 'device-migration-flushes-late',
  summary:
    'entries are taken for a move to device memory, and flushed after the page-table lock, or before it is dropped',
  year: 2022,
  reference: 'Linux 60bae7370896 (6.0); cause 8c3328f1f36a',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'wrong-frame-write',
  guilty: { actor: 'migrate', step: 'flush', how: 'late' },
  architectures: ['x86-64', 'arm64-dbm'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'anon' },
    pages: 1,
    steps: names,
    reads: ['pte-dirty', 'page-flag'],
    handlers: () => ({
      writeFault: (page) => upgradeEntry(page, WRITTEN),
      notPresentFault: mapUnlessMigrating,
    }),
    // The thread has written the page, and what it wrote is in swap.
    before: (stage) => [
      { cpu: 0, does: [stage.store(0), { label: 'swap has a copy', code: () => capture(stage.page(0)) }] },
    ],
    actors: (stage) => [
      {
        name: 'cpu0',
        does: [{ label: 'MADV_DONTNEED of page 0', code: () => discard(stage.page(0)) }, stage.store(0)],
      },
      {
        name: 'migrate',
        does: [{ label: 'collect page 0', code: () => collect(stage.page(0), variant === 'fixed') }],
      },
    ],
    evictions: 1,
    assumes: [
      'entries change under the page-table lock, and both calls hold the mmap lock for reading',
      'a page whose entry is zapped is given up at once; that the move has a reference to it changes nothing for its thread',
      'a CPU acts on a flush only between two instructions',
    ],
  }),
};

function* capture(page: number): Micro {
  yield act(Op.transfer, 'transfer', page);
}

/** migrate_vma_collect_pmd. */
function* collect(page: number, flushesUnderLock: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  let old = yield act(Op.pteLoad, 'look at entry', page);
  if (old & PTE_PRESENT) {
    old = yield act(Op.pteExchange, 'put migration entry in place', page, MIGRATION);
    if (flushesUnderLock) yield* flushRange(page, page, 'move');
  }
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  if ((old & PTE_PRESENT) === 0) return;
  if (!flushesUnderLock) yield* flushRange(page, page, 'move');
  // The move comes to nothing; an entry that is still one of migration becomes what it was.
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  if ((yield act(Op.pteLoad, 'look at entry', page)) === MIGRATION)
    yield act(Op.pteStore, 'put entry back', page, old | PTE_ACCESSED);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}

/** zap_pte_range: only an entry that was present is flushed. */
function* discard(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const old = yield act(Op.pteExchange, 'take entry out', page, 0);
  if (old & PTE_PRESENT) yield* flushRange(page, page, 'unmap');
  if (old) yield act(Op.discardFrame, 'discard page', page);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  yield act(Op.declare, 'return to user', page, CLAIM.gone);
}

/** A fault on a migration entry changes nothing: it is taken again until that has gone. */
function* mapUnlessMigrating(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const old = yield act(Op.pteLoad, 'look at entry', page);
  if (old === 0) yield act(Op.mapPage, 'install entry', page, PTE_PRESENT | PTE_WRITABLE);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}
