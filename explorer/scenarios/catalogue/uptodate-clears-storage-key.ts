/**
 * On s390 the change bit belongs to the frame, and reading a page in sets it like every other write. So the bit is reset when a page has become up
 * to date; but who says so of a page that was up to date already takes away what the program has written meanwhile.
 */
import { PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import { CARRIER, FIRST_FREE_VARIABLE, LOCK, mapOnFault, type Micro, Op } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions('page is up to date', 'reset change bit', 'write page out');

const KEY = CARRIER['storage-key'];
/** 1 while the page is not up to date: it is from the start. */
const LACKS_CONTENTS = FIRST_FREE_VARIABLE;

export const uptodateClearsStorageKey: ScenarioDefinition = {
  id: 'uptodate-clears-storage-key',
  summary:
    'a page is said to be up to date once more; its change bit is reset every time, or only when it was not so before',
  year: 2004,
  reference: 'Linux 2.6 for s390: SetPageUptodate becomes a test-and-set',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'filesystem', step: 'reset change bit', how: 'drops' },
  architectures: ['s390x-key'],
  setting: (variant, arch) => ({
    machine: { strategy: 'storage-key', arch, vma: 'shared-file' },
    pages: 1,
    steps: names,
    variables: ['lacks contents'],
    reads: ['storage-key', 'page-flag'],
    handlers: () => ({
      mappedFlags: PTE_PRESENT | PTE_WRITABLE,
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT | PTE_WRITABLE),
    }),
    actors: (stage) => [
      { name: 'cpu0', does: [stage.store(0), stage.store(0)] },
      { name: 'write-back', does: [{ label: 'write page 0 out', code: () => writeOut(stage.page(0)) }] },
      {
        name: 'filesystem',
        does: [{ label: 'page 0 is up to date', code: () => setUptodate(stage.page(0), variant === 'fixed') }],
      },
    ],
    assumes: [
      'a store and the setting of the change bit are one step, and so are reading and resetting it (RRBE)',
      'write-back holds the page lock; the filesystem need not',
      'the page has its contents from the start',
    ],
  }),
};

/** page_test_and_clear_dirty before the write-out. */
function* writeOut(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK.page);
  if (yield act(Op.markMove, 'reset change bit', page, KEY, -1)) yield act(Op.transfer, 'write page out', page);
  yield act(Op.unlock, 'lock', page, LOCK.page);
}

function* setUptodate(page: number, once: boolean): Micro {
  const wasNot = yield act(Op.remember, 'page is up to date', -1, LACKS_CONTENTS, 0);
  if (!once || wasNot) yield act(Op.markMove, 'reset change bit', page, KEY, -1);
}
