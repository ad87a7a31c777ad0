/**
 * A file in persistent memory is mapped; an index of its pages says which are dirty. fsync writes CPU caches back and takes the page off the index,
 * and leaves its entry writable: the next store marks nothing, so the next fsync has nothing to do. One entry of the machine stands for the huge
 * one.
 */
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import {
  CARRIER,
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
  'lock index entry',
  'tag index entry',
  'look at tag',
  'take entry out',
  'put clean entry back',
  'write CPU caches back',
  'clear tag',
);

const INDEX = CARRIER.bitmap;

export const daxFsyncLeavesWritable: ScenarioDefinition = {
  id: 'dax-fsync-leaves-writable',
  summary: 'fsync takes a page of persistent memory off the index; its entry is cleaned and protected too, or not',
  year: 2016,
  reference: 'Linux f729c8c9b24f (4.10); cause 4b4bb46d00b3',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'fsync', step: 'protect entries', how: 'missing' },
  architectures: ['x86-64', 'arm64', 'arm64-dbm'],
  setting: (variant, arch) => ({
    machine: { strategy: 'pfn-mkwrite', arch, vma: 'pfnmap' },
    pages: 1,
    steps: names,
    reads: ['bitmap'],
    handlers: () => ({
      mappedFlags: PTE_PRESENT,
      writeFault: pfnMkwrite,
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT),
    }),
    actors: (stage) => [
      { name: 'cpu0', does: [stage.store(0), stage.store(0)] },
      {
        name: 'fsync',
        does: [1, 2].map((round) => ({
          label: `fsync ${round}`,
          code: () => fsync(stage.page(0), variant === 'fixed'),
        })),
      },
    ],
    assumes: [
      'the lock of the index entry is held by a write fault until the entry is writable, and by fsync from clean to untagged',
      'entries change under the page-table lock, which is held over the flush',
      'what is in CPU caches is lost at power loss unless an fsync has written it back',
    ],
  }),
};

/** dax_pfn_mkwrite. */
function* pfnMkwrite(page: number): Micro {
  yield act(Op.lock, 'lock index entry', page, LOCK.page);
  yield act(Op.markSet, 'tag index entry', page, INDEX);
  yield* upgradeEntry(page, WRITTEN);
  yield act(Op.unlock, 'lock index entry', page, LOCK.page);
}

/** dax_writeback_one. */
function* fsync(page: number, protects: boolean): Micro {
  yield act(Op.lock, 'lock index entry', page, LOCK.page);
  if (yield act(Op.markTest, 'look at tag', page, INDEX)) {
    if (protects) yield* mkclean(page);
    yield act(Op.transfer, 'write CPU caches back', page);
    yield act(Op.markClear, 'clear tag', page, INDEX, page);
  }
  yield act(Op.unlock, 'lock index entry', page, LOCK.page);
}

/** dax_mapping_entry_mkclean. */
function* mkclean(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const old = yield act(Op.pteExchange, 'take entry out', page, 0);
  yield* flushRange(page, page, 'harvest');
  yield act(Op.pteStore, 'put clean entry back', page, old & ~(PTE_WRITABLE | PTE_DIRTY));
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}
