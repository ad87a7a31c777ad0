/** An entry that the kernel calls dirty and the hardware calls read-only: the handler finds nothing to do, and the store faults for ever. */
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import { flushRange, LOCK, type Micro, Op, upgradeEntry, WRITTEN } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions('take access away', 'give access back', 'is it dirty already?');

export const dirtyYetReadOnly: ScenarioDefinition = {
  id: 'dirty-yet-read-only',
  summary:
    'mprotect leaves an entry dirty for the kernel and read-only for the hardware, and each asks the other to act',
  year: 2023,
  reference: 'Linux 3c0696076aad (arm64, huge pages of hugetlb)',
  kind: 'sequence',
  variants: ['buggy', 'fixed'],
  expects: 'fault-livelock',
  guilty: { actor: 'cpu0', step: 'give access back', how: 'wrong' },
  architectures: ['arm64'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'shared-file' },
    pages: 1,
    steps: names,
    handlers: () => ({
      // The VMA allows writing; the handler only has to make the entry dirty.
      *writeFault(page) {
        const dirty = (yield act(Op.pteLoad, 'is it dirty already?', page)) & PTE_DIRTY;
        if (!dirty) yield* upgradeEntry(page, WRITTEN);
      },
    }),
    before: (stage) => [
      { cpu: 0, does: [stage.store(0), { label: 'page 0 is captured', code: () => capture(stage.page(0)) }] },
    ],
    actors: (stage) => [
      {
        name: 'cpu0',
        does: [
          { label: 'mprotect to none and back', code: () => protectAndBack(stage.page(0), variant === 'fixed') },
          stage.store(0),
        ],
      },
    ],
    assumes: [
      'no hardware sets D here: a store to an entry without W faults, whatever the software bit for D says',
      'the mmap lock keeps other calls of mprotect out',
    ],
  }),
};

function* capture(page: number): Micro {
  yield act(Op.transfer, 'transfer', page);
}

/** @param keepsTogether an entry that is dirty and may be written is so for the hardware, too */
function* protectAndBack(page: number, keepsTogether: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const old = yield act(Op.pteExchange, 'take access away', page, 0);
  yield* flushRange(page, page, 'arm');
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  // What is writable and clean is read-only for the hardware, so that the first store traps; the software bit for D stays.
  const writable = keepsTogether && old & PTE_DIRTY ? PTE_WRITABLE : 0;
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  yield act(Op.pteStore, 'give access back', page, (old & ~PTE_WRITABLE) | PTE_PRESENT | writable);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}
