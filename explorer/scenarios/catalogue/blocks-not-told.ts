/**
 * A page of a file has a flag of its own, and one for each of its blocks. The filesystem writes blocks when it likes and leaves the page's flag; a
 * store then goes through an entry that is still writable, so no block hears of it; write-back drops its D, asks the filesystem to write the page,
 * and no block is dirty.
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
  'set flag of block',
  'set flag of page',
  'clear flag of block',
  'clear flag of page',
  'take entry out',
  'put clean entry back',
  'write block',
);

const PAGE_FLAG = CARRIER['page-flag'];
/** The flag of the one block that the page has here. */
const BLOCK_FLAG = CARRIER.bitmap;

export const blocksNotTold: ScenarioDefinition = {
  id: 'blocks-not-told',
  summary:
    'write-back cleans the entries of a page; the D that it finds there goes to page and blocks first, or nowhere',
  year: 2006,
  reference: 'Linux 7658cc289288 (2.6.20): the corruption of files in 2.6.19',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'write-back', step: 'take entry out', how: 'drops' },
  architectures: ['x86-64', 'arm64'],
  setting: (variant, arch) => ({
    machine: { strategy: 'page-mkwrite', arch, vma: 'shared-file' },
    pages: 1,
    steps: names,
    // The virtual memory begins a write-out on account of these; of a block alone it knows nothing.
    reads: ['page-flag', 'pte-dirty'],
    handlers: () => ({
      mappedFlags: PTE_PRESENT,
      writeFault,
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT),
    }),
    actors: (stage) => [
      { name: 'cpu0', does: [stage.store(0), stage.store(0)] },
      { name: 'filesystem', does: [{ label: 'write block of page 0', code: () => writeBlock(stage.page(0)) }] },
      {
        name: 'write-back',
        does: [{ label: 'write page 0 out', code: () => writePageOut(stage.page(0), variant === 'fixed') }],
      },
    ],
    evictions: 1,
    assumes: [
      'the page has one block; its flag is tested and cleared in one step, and so is that of the page',
      'write-back holds the page lock, and the page-table lock over flush and change of the entry',
      'a write fault sets the flags of blocks and page after the entry has become writable, and before it returns',
    ],
  }),
};

/** do_wp_page and set_page_dirty of 2.6.19. */
function* writeFault(page: number): Micro {
  yield* upgradeEntry(page, WRITTEN);
  yield* setPageDirty(page);
}

function* setPageDirty(page: number): Micro {
  yield act(Op.markSet, 'set flag of block', page, BLOCK_FLAG);
  yield act(Op.markSet, 'set flag of page', page, PAGE_FLAG);
}

function* writeBlock(page: number): Micro {
  if (yield act(Op.markMove, 'clear flag of block', page, BLOCK_FLAG, -1)) yield act(Op.transfer, 'write block', page);
}

/** clear_page_dirty_for_io and writepage. */
function* writePageOut(page: number, tellsBlocks: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK.page);
  if (tellsBlocks && (yield* pageMkclean(page)) & PTE_DIRTY) yield* setPageDirty(page);
  if (yield act(Op.markMove, 'clear flag of page', page, PAGE_FLAG, -1)) {
    if (!tellsBlocks) yield* pageMkclean(page);
    yield* writeBlock(page);
  }
  yield act(Op.unlock, 'lock', page, LOCK.page);
}

/** Gives the flags that the entry had. */
function* pageMkclean(page: number): Micro<number> {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  let old = yield act(Op.pteLoad, 'take entry out', page);
  if (old & (PTE_DIRTY | PTE_WRITABLE)) {
    old = yield act(Op.pteExchange, 'take entry out', page, 0);
    yield* flushRange(page, page, 'harvest');
    yield act(Op.pteStore, 'put clean entry back', page, old & ~(PTE_DIRTY | PTE_WRITABLE));
  }
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  return old;
}
