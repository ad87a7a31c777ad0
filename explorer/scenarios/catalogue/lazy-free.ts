/**
 * Pages that MADV_FREE has made disposable: reclaim drops one that is clean when its entry is taken out, and puts the entry back otherwise. A
 * direct read into such a page holds a reference, and marks it when the device has written.
 */
import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import {
  ACTOR_DEVICE,
  CARRIER,
  FIRST_FREE_VARIABLE,
  flushRange,
  LOCK,
  type Micro,
  Op,
  upgradeEntry,
  WRITTEN,
} from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { Setting } from '../../scenario.js';

const { act, names } = actions(
  'read entry without lock',
  'take reference',
  'read entry again',
  'drop reference',
  'device writes',
  'set page flag',
  'take entry out',
  'read reference count',
  'read page flag',
  'put entry back',
  'map a new page',
);

/** References to the page beyond those of its entries. */
const REFERENCES = FIRST_FREE_VARIABLE;
const PAGE_FLAG = CARRIER['page-flag'];
const READ_BYTES = 512;

/**
 * When reclaim reads what it decides by. `never`: it does not count references. `right`: it takes the entry out, counts references, and then looks
 * at the page flag. The others are what a CPU may make of that without a barrier: the count is read before the entry is out, or the flag before the
 * count.
 */
export type CountOrder = 'never' | 'right' | 'before-clear' | 'after-flag';

/** A thread reads from a disk into a page, past the page cache, and looks at what it got; reclaim comes along. */
export function readIntoLazyFree(arch: string, order: CountOrder): Setting {
  return {
    machine: { strategy: 'hw-dirty', arch, vma: 'anon' },
    pages: 1,
    steps: names,
    variables: ['reference count'],
    reads: ['pte-dirty', 'page-flag'],
    handlers: () => ({ writeFault: (page) => upgradeEntry(page, WRITTEN), notPresentFault: mapNewPage }),
    before: (stage) => [{ cpu: 0, does: [stage.load(0)] }],
    actors: (stage) => [
      {
        name: 'cpu0',
        does: [{ label: 'direct read into page 0', code: () => directRead(stage.page(0)) }, stage.load(0)],
      },
      { name: 'reclaim', does: [{ label: 'reclaim page 0', code: () => reclaim(stage.page(0), order) }] },
    ],
    evictions: 1,
    assumes: [
      'each read and write of memory is one step, in the order given: barriers stand where the order needs them',
      'a reference is taken without the page-table lock, and the entry is read again after that',
      'reclaim holds page lock and page-table lock; its flush comes after the page-table lock, with those of other pages',
      'the contents from before MADV_FREE are of no interest to anybody',
    ],
  };
}

/** get_user_pages_fast, the transfer, and what follows on its completion. */
function* directRead(page: number): Micro {
  yield* pin(page);
  yield act(Op.otherWrite, 'device writes', page, 0, READ_BYTES, ACTOR_DEVICE);
  yield act(Op.markSet, 'set page flag', page, PAGE_FLAG);
  yield act(Op.remember, 'drop reference', -1, REFERENCES, 0);
}

function* pin(page: number): Micro {
  const seen = yield act(Op.pteLoad, 'read entry without lock', page);
  if (seen & PTE_PRESENT) {
    yield act(Op.remember, 'take reference', -1, REFERENCES, 1);
    if ((yield act(Op.pteLoad, 'read entry again', page)) & PTE_PRESENT) return;
    yield act(Op.remember, 'drop reference', -1, REFERENCES, 0);
  }
  // The slow path: a write fault, and the reference under the lock.
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  yield* mapUnlessPresent(page, PTE_PRESENT | WRITTEN);
  yield act(Op.remember, 'take reference', -1, REFERENCES, 1);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}

/** try_to_unmap_one, of a page that may be dropped. */
function* reclaim(page: number, order: CountOrder): Micro {
  yield act(Op.lock, 'lock', page, LOCK.page);
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  let references = 0;
  if (order === 'before-clear') references = yield act(Op.recall, 'read reference count', -1, REFERENCES);
  const old = yield act(Op.pteExchange, 'take entry out', page, 0);
  if (old & PTE_DIRTY) yield act(Op.markSet, 'set page flag', page, PAGE_FLAG);
  if (order === 'right') references = yield act(Op.recall, 'read reference count', -1, REFERENCES);
  const dirty = yield act(Op.markTest, 'read page flag', page, PAGE_FLAG);
  if (order === 'after-flag') references = yield act(Op.recall, 'read reference count', -1, REFERENCES);
  const stays = dirty !== 0 || references > 0;
  if (stays) yield act(Op.pteStore, 'put entry back', page, old);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  if (old & PTE_PRESENT) yield* flushRange(page, page, 'unmap');
  yield act(Op.unlock, 'lock', page, LOCK.page);
}

/** do_anonymous_page: whatever page was there before, nobody finds it any more. */
function* mapNewPage(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  yield* mapUnlessPresent(page, PTE_PRESENT | PTE_ACCESSED | PTE_WRITABLE);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}

function* mapUnlessPresent(page: number, flags: number): Micro {
  if ((yield act(Op.pteLoad, 'map a new page', page)) & PTE_PRESENT) return;
  yield act(Op.discardFrame, 'map a new page', page);
  yield act(Op.mapPage, 'map a new page', page, flags);
}
