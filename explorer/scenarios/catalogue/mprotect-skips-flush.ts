/**
 * Reclaim takes entries out and puts the flush off. mprotect in the same address space finds no entry there, so nothing to change and nothing to flush, and
 * returns: a CPU that still has the entry writes to a page whose writing was just forbidden.
 */
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import {
  CARRIER,
  CLAIM,
  FIRST_FREE_VARIABLE,
  flushRange,
  flushSpace,
  LOCK,
  mapOnFault,
  type Micro,
  Op,
  upgradeEntry,
  WRITTEN,
} from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition } from '../../scenario.js';
import { never, orSignal } from './or-signal.js';

const { act, names } = actions(
  'look at entry',
  'protect entry',
  'mprotect returns',
  'put the flush off',
  'ask for flushes put off',
  'no flush is put off',
);

/** mm->tlb_flush_batched: entries of this address space are out, and their flush is not sent. */
const BATCHED = FIRST_FREE_VARIABLE;

export const mprotectSkipsFlush: ScenarioDefinition = {
  id: 'mprotect-skips-flush',
  summary: 'mprotect finds an entry that reclaim has taken out, and returns before the flush that reclaim put off',
  year: 2017,
  reference: 'Linux 3ea277194daa (4.13)',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'write-after-revoke',
  guilty: { actor: 'cpu0', step: 'flush', how: 'missing' },
  architectures: ['x86-64', 'riscv64-svade'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'anon' },
    pages: 1,
    steps: names,
    variables: ['flush put off'],
    reads: ['pte-dirty', 'page-flag'],
    handlers: () => ({
      writeFault: (page) => upgradeEntry(page, WRITTEN),
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT | PTE_WRITABLE),
    }),
    before: (stage) => [{ cpu: 0, does: [stage.store(0)] }],
    actors: (stage) => [
      {
        name: 'cpu0',
        does: [
          { label: 'mprotect(PROT_READ)', code: () => mprotect(stage.page(0), variant === 'fixed') },
          orSignal(stage.store(0), never),
        ],
      },
      {
        name: 'reclaim',
        does: [
          { label: 'unmap page 0', code: () => unmap(stage.page(0)) },
          { label: 'flush what was unmapped', code: () => flushRange(stage.page(0), stage.page(0), 'unmap') },
        ],
      },
    ],
    assumes: [
      'mprotect holds the mmap lock for writing, reclaim takes no part in it',
      'reclaim notes under the page-table lock that a flush is owed, and frees the page only after it',
      'a store that faults after mprotect has returned gets SIGSEGV',
    ],
  }),
};

/** try_to_unmap_one with its flush deferred. */
function* unmap(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const taken = yield act(Op.pteExchange, 'take entry out', page, 0);
  if (taken & PTE_PRESENT) yield act(Op.remember, 'put the flush off', -1, BATCHED, 1);
  if (taken & PTE_DIRTY) yield act(Op.markSet, 'mark page', page, CARRIER['page-flag']);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}

/** change_pte_range, of one entry. */
function* mprotect(page: number, asks: boolean): Micro {
  yield act(Op.lock, 'lock', -1, LOCK.mmap);
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  if (asks && (yield act(Op.recall, 'ask for flushes put off', -1, BATCHED))) {
    yield* flushSpace(page, page, 'unmap');
    yield act(Op.remember, 'no flush is put off', -1, BATCHED, 0);
  }
  const flags = yield act(Op.pteLoad, 'look at entry', page);
  const changes = (flags & PTE_PRESENT) !== 0;
  if (changes) yield act(Op.pteChange, 'protect entry', page, PTE_WRITABLE, 0);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  if (changes) yield* flushRange(page, page, 'arm');
  yield act(Op.unlock, 'lock', -1, LOCK.mmap);
  yield act(Op.declare, 'mprotect returns', page, CLAIM.protected);
}
