/**
 * An anonymous page has come back from swap and was written to; only its entry knows. KSM write-protects it and lets others share it. When the
 * process that wrote it exits, D goes with its entry, as of any anonymous page; but this one lives on, and passes for the copy that is in swap.
 */
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import {
  CARRIER,
  FIRST_FREE_VARIABLE,
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
  'look at entry',
  'take entry out',
  'D to page flag',
  'put protected entry back',
  'others share page',
  'look whether page is shared',
  'unmap page',
  'look at page flag',
  'write to swap',
  'free page',
);

/** 1 once others map the page. */
const SHARED = FIRST_FREE_VARIABLE;
const PAGE_FLAG = CARRIER['page-flag'];

export const ksmSharesDirtyPage: ScenarioDefinition = {
  id: 'ksm-shares-dirty-page',
  summary:
    'KSM shares a page whose entry alone is dirty; D goes to the page when it is protected, or stays where it is',
  year: 2010,
  reference: 'Linux 4e31635c367a (2.6.36)',
  kind: 'sequence',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'ksmd', step: 'put protected entry back', how: 'drops' },
  architectures: ['x86-64', 'arm64-dbm'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'anon' },
    pages: 1,
    steps: names,
    variables: ['page is shared'],
    reads: ['pte-dirty', 'page-flag'],
    handlers: () => ({
      writeFault: (page) => upgradeEntry(page, WRITTEN),
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT | PTE_WRITABLE),
    }),
    // Swapped in, reused in place, and written to.
    before: (stage) => [{ cpu: 0, does: [stage.load(0), stage.store(0)] }],
    actors: (stage) => [
      { name: 'cpu0', does: [{ label: 'process of page 0 exits', code: () => exit(stage.page(0)) }] },
      {
        name: 'ksmd',
        does: [{ label: 'share page 0', code: () => share(stage.page(0), variant === 'fixed') }],
      },
      { name: 'reclaim', does: [{ label: 'reclaim page 0', code: () => reclaim(stage.page(0)) }] },
    ],
    assumes: [
      'KSM and reclaim hold the page lock; entries change under the page-table lock, which is held over the flush',
      'the process exits once the page is shared: without that it would take the page along',
      'the entries of those who share the page are read-only and clean, and are not modelled',
    ],
  }),
};

/** write_protect_page, and replace_page in the processes with an equal page. */
function* share(page: number, keepsDirty: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK.page);
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  let old = yield act(Op.pteLoad, 'look at entry', page);
  if (old & PTE_PRESENT) {
    old = yield act(Op.pteExchange, 'take entry out', page, 0);
    yield* flushRange(page, page, 'arm');
    if (keepsDirty && old & PTE_DIRTY) yield act(Op.markSet, 'D to page flag', page, PAGE_FLAG);
    const kept = old & ~PTE_WRITABLE & ~(keepsDirty ? PTE_DIRTY : 0);
    yield act(Op.pteStore, 'put protected entry back', page, kept);
  }
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  if (old & PTE_PRESENT) yield act(Op.remember, 'others share page', -1, SHARED, 1);
  yield act(Op.unlock, 'lock', page, LOCK.page);
}

/** zap_pte_range: D of an anonymous page is of no interest to it. */
function* exit(page: number): Micro {
  if (!(yield act(Op.recall, 'look whether page is shared', -1, SHARED))) return;
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const old = yield act(Op.pteExchange, 'unmap page', page, 0);
  if (old & PTE_PRESENT) yield* flushRange(page, page, 'unmap');
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}

/** try_to_unmap does move D to the page flag; what is clean then is in swap already. */
function* reclaim(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK.page);
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const old = yield act(Op.pteExchange, 'unmap page', page, 0);
  if (old & PTE_DIRTY) yield act(Op.markSet, 'D to page flag', page, PAGE_FLAG);
  if (old & PTE_PRESENT) yield* flushRange(page, page, 'unmap');
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  if (yield act(Op.markMove, 'look at page flag', page, PAGE_FLAG, -1)) yield act(Op.transfer, 'write to swap', page);
  yield act(Op.discardFrame, 'free page', page);
  yield act(Op.unlock, 'lock', page, LOCK.page);
}
