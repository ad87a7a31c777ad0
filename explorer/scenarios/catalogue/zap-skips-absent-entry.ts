/**
 * One thread advises that a huge page may be freed (MADV_FREE), another that it is to be discarded (MADV_DONTNEED). The first takes the entry out
 * for a moment to clean it; the second looks without the lock, sees nothing, and passes it over. One entry of the machine stands for the huge one.
 */
import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import {
  CLAIM,
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
  'take huge entry out',
  'make huge entry not present',
  'put cleaned entry back',
  'look without lock',
  'look under lock',
  'discard page',
  'return to user',
);

export const zapSkipsAbsentEntry: ScenarioDefinition = {
  id: 'zap-skips-absent-entry',
  summary: 'an entry is cleaned by taking it out and putting it back, while a discard looks whether there is one',
  year: 2017,
  reference:
    'Linux 58ceeb6bec86 (4.11); the same with NUMA hints in ced108037c2a, with page_mkclean in 024eee0e83f0 (2019)',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'transient-none',
  guilty: { actor: 'cpu0', step: 'take huge entry out', how: 'wrong' },
  architectures: ['x86-64', 'arm64-dbm'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'anon' },
    pages: 1,
    steps: names,
    reads: ['pte-dirty'],
    handlers: () => ({
      writeFault: (page) => upgradeEntry(page, WRITTEN),
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT | PTE_WRITABLE),
    }),
    before: (stage) => [{ cpu: 1, does: [stage.load(0)] }],
    actors: (stage) => [
      {
        name: 'cpu0',
        does: [{ label: 'MADV_FREE of page 0', code: () => adviseFree(stage.page(0), variant === 'fixed') }],
      },
      {
        name: 'cpu1',
        does: [{ label: 'MADV_DONTNEED of page 0', code: () => discard(stage.page(0)) }, stage.load(0)],
      },
    ],
    evictions: 1,
    assumes: [
      'both calls hold the mmap lock for reading, which keeps neither from running',
      'an entry is made not present by one atomic update that gives its old flags, as since 4.16',
      'entries change under the page-table lock, and the discard takes it only where it has seen an entry',
      'a discarded page is given up after its flush; who reads it then gets an empty one',
    ],
  }),
};

/** madvise_free_huge_pmd: A and D go, the contents may. */
function* adviseFree(page: number, staysVisible: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  let old = yield act(Op.pteLoad, 'look under lock', page);
  if (old & PTE_PRESENT) {
    if (staysVisible) {
      old = yield act(Op.pteChange, 'make huge entry not present', page, PTE_PRESENT, 0);
      yield* flushRange(page, page, 'unmap');
    } else old = yield act(Op.pteExchange, 'take huge entry out', page, 0);
    yield act(Op.pteStore, 'put cleaned entry back', page, old & ~(PTE_ACCESSED | PTE_DIRTY));
  }
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  if (old & PTE_PRESENT) yield* flushRange(page, page, 'unmap');
}

/** zap_pmd_range and zap_huge_pmd. */
function* discard(page: number): Micro {
  if (yield act(Op.pteLoad, 'look without lock', page)) {
    yield act(Op.lock, 'lock', page, LOCK['page-table']);
    const old = yield act(Op.pteLoad, 'look under lock', page);
    if (old) yield act(Op.pteExchange, 'take huge entry out', page, 0);
    yield act(Op.unlock, 'lock', page, LOCK['page-table']);
    if (old) {
      yield* flushRange(page, page, 'unmap');
      yield act(Op.discardFrame, 'discard page', page);
    }
  }
  yield act(Op.declare, 'return to user', page, CLAIM.gone);
}
