/**
 * A driver pins a page of a file and lets a device write to it. Write-back cleans the page meanwhile, as if all its writers had entries; the device
 * goes on. Unless the driver marks the page when the device has finished, nobody learns of what it wrote.
 */
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import {
  ACTOR_DEVICE,
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
  'device writes',
  'mark page at unpin',
  'take entry out',
  'put clean entry back',
  'clear page flag',
  'write page out',
);

const PAGE_FLAG = CARRIER['page-flag'];
const TRANSFER_BYTES = 512;

export const deviceWritesAfterClean: ScenarioDefinition = {
  id: 'device-writes-after-clean',
  summary: 'a device writes to a pinned page that write-back has cleaned; the driver marks it at the end, or does not',
  year: 2018,
  reference: 'linux-fsdevel, Jan 2018, Jan Kara, on get_user_pages and file-backed pages; pin_user_pages (5.6)',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'invisible-write',
  guilty: { actor: 'device', step: 'mark page', how: 'missing' },
  architectures: ['x86-64', 'arm64'],
  setting: (variant, arch) => ({
    machine: { strategy: 'page-mkwrite', arch, vma: 'shared-file' },
    pages: 1,
    steps: names,
    reads: ['page-flag', 'pte-dirty'],
    handlers: () => ({
      mappedFlags: PTE_PRESENT,
      writeFault: makeWritable,
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT),
    }),
    actors: (stage) => [
      {
        name: 'device',
        does: [
          { label: 'pin page 0', code: () => makeWritable(stage.page(0)) },
          { label: 'transfer to page 0', code: () => receive(stage.page(0), variant === 'fixed') },
        ],
      },
      { name: 'write-back', does: [{ label: 'write page 0 out', code: () => writeOut(stage.page(0)) }] },
    ],
    assumes: [
      'pinning goes through the fault of a write, which marks the page under the page lock',
      'write-back holds the page lock, and the page-table lock over flush and change of the entry; a pin does not stop it',
      'a write of the device goes through no page table, and leaves no mark',
      'that a filesystem may refuse a page which is marked without its knowledge is not modelled',
    ],
  }),
};

/** page_mkwrite, for a store as for the pin. */
function* makeWritable(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK.page);
  yield* upgradeEntry(page, WRITTEN);
  yield act(Op.markSet, 'mark page', page, PAGE_FLAG);
  yield act(Op.unlock, 'lock', page, LOCK.page);
}

/** The device writes, and its driver unpins the page. */
function* receive(page: number, marksAtUnpin: boolean): Micro {
  yield act(Op.otherWrite, 'device writes', page, 0, TRANSFER_BYTES, ACTOR_DEVICE);
  if (marksAtUnpin) yield act(Op.markSet, 'mark page at unpin', page, PAGE_FLAG);
}

/** clear_page_dirty_for_io with page_mkclean, and the write-out. */
function* writeOut(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK.page);
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const old = yield act(Op.pteExchange, 'take entry out', page, 0);
  yield* flushRange(page, page, 'harvest');
  yield act(Op.pteStore, 'put clean entry back', page, old & ~(PTE_WRITABLE | PTE_DIRTY));
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  if (yield act(Op.markMove, 'clear page flag', page, PAGE_FLAG, -1)) yield act(Op.transfer, 'write page out', page);
  yield act(Op.unlock, 'lock', page, LOCK.page);
}
