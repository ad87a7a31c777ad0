/**
 * NUMA balancing makes an entry inaccessible and flushes later. Migration takes an entry that is not accessible for one that no TLB can have, so it copies
 * the page without a flush; a CPU that has the entry cached goes on writing to the frame that is being left.
 */
import { PTE_PRESENT } from '../../../traces/index.js';
import { CLAIM, flushRange, LOCK, type Micro, Op, upgradeEntry, WRITTEN } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition } from '../../scenario.js';
import { FIRST_VARIABLE, isPending, lowerPending, PENDING, raisePending } from './pending-flush.js';

const { act, names } = actions(
  'make entry inaccessible',
  'put migration entry in place',
  'copy contents',
  'map the new frame',
  'wait for migration',
);

/** What an entry that is not present stands for. */
const KIND = FIRST_VARIABLE;
const NONE = 0;
const HINT = 1;
const MIGRATION = 2;

const MAPPED = PTE_PRESENT | WRITTEN;

export const migrateUnderPendingFlush: ScenarioDefinition = {
  id: 'migrate-under-pending-flush',
  summary: 'NUMA balancing makes an entry inaccessible and has yet to flush; migration does not flush either',
  year: 2013,
  reference: 'Linux 20841405940e (3.13)',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'wrong-frame-write',
  guilty: { actor: 'migration', step: 'flush', how: 'missing' },
  architectures: ['x86-64'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'anon' },
    pages: 1,
    steps: names,
    variables: [...PENDING, 'kind of entry'],
    handlers: () => ({ writeFault: (page) => upgradeEntry(page, WRITTEN), notPresentFault }),
    // It is not about tracking: the consumer takes every page, and what is lost is lost to the program.
    reads: ['mapped'],
    before: (stage) => [{ cpu: 0, does: [stage.store(0)] }],
    actors: (stage) => [
      { name: 'cpu0', does: [stage.store(0), stage.store(0)] },
      {
        name: 'balancing',
        does: [{ label: 'hint at page 0', code: () => hint(stage.page(0), variant === 'fixed') }],
      },
      {
        name: 'migration',
        does: [{ label: 'migrate page 0', code: () => migrate(stage.page(0), variant === 'fixed') }],
      },
    ],
    assumes: [
      'entries change under the page-table lock; migration holds the page lock until the new frame is mapped',
      'a fault on a migration entry waits for the page lock and is tried again',
      'an inaccessible entry is flushed by migration only where something tells that its flush is still owed',
    ],
  }),
};

/** change_prot_numa, of one entry. */
function* hint(page: number, tells: boolean): Micro {
  if (tells) yield* raisePending();
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const taken = yield act(Op.pteExchange, 'make entry inaccessible', page, 0);
  const changes = (taken & PTE_PRESENT) !== 0;
  if (changes) yield act(Op.remember, 'make entry inaccessible', -1, KIND, HINT);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  if (changes) yield* flushRange(page, page, 'arm');
  if (tells) yield* lowerPending();
}

/** unmap_and_move: ptep_clear_flush by what pte_accessible says, the copy, and the new entry. */
function* migrate(page: number, asks: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK.page);
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const taken = yield act(Op.pteExchange, 'put migration entry in place', page, 0);
  const accessible = (taken & PTE_PRESENT) !== 0 || (asks && (yield* isPending(0)));
  yield act(Op.remember, 'put migration entry in place', -1, KIND, MIGRATION);
  if (accessible) yield* flushRange(page, page, 'move');
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  yield act(Op.declare, 'copy contents', page, CLAIM.copied);
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  yield act(Op.replaceFrame, 'map the new frame', page, MAPPED);
  yield act(Op.remember, 'map the new frame', -1, KIND, NONE);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  yield act(Op.unlock, 'lock', page, LOCK.page);
}

/** do_numa_page makes the entry accessible again; migration_entry_wait waits. */
function* notPresentFault(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const present = (yield act(Op.pteLoad, 'install entry', page)) & PTE_PRESENT;
  const kind = yield act(Op.recall, 'install entry', -1, KIND);
  if (!present && kind === HINT) {
    yield act(Op.mapPage, 'install entry', page, MAPPED);
    yield act(Op.remember, 'install entry', -1, KIND, NONE);
  }
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  if (present || kind !== MIGRATION) return;
  yield act(Op.lock, 'wait for migration', page, LOCK.page);
  yield act(Op.unlock, 'wait for migration', page, LOCK.page);
}
