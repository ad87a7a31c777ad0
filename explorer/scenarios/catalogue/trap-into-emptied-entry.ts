/**
 * Where no hardware sets D a store traps, and the handler sets it: on Itanium a few instructions without a lock, which read the entry anew. One that has
 * been taken out meanwhile is no longer empty then, and is no page either: the VM takes it for a swap entry of a swap file that is not there.
 */
import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import {
  CARRIER,
  FAULT_HANDLER,
  flushRange,
  LOCK,
  type Micro,
  Op,
  upgradeEntry,
  WRITTEN,
} from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition, ScenarioPiece } from '../../scenario.js';

const { act, names } = actions('trap sets D', 'zap entry');

const YOUNG_AND_DIRTY = PTE_ACCESSED | PTE_DIRTY;

export const trapIntoEmptiedEntry: ScenarioDefinition = {
  id: 'trap-into-emptied-entry',
  summary: 'a dirty-bit trap sets D without a lock in an entry that was taken out since the CPU looked',
  year: 2006,
  reference: 'Linux d8117ce5a679 (IA-64)',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'fault-livelock',
  guilty: { actor: 'cpu0', step: 'trap sets D', how: 'stale' },
  architectures: ['riscv64-svade', 'arm64'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'shared-file' },
    pages: 1,
    steps: names,
    reads: ['pte-dirty', 'page-flag'],
    handlers: () => ({ writeFault: (page) => upgradeEntry(page, WRITTEN), notPresentFault: mapUnlessSwapped }),
    before: (stage) => [{ cpu: 0, does: [stage.load(0)] }],
    actors: (stage) => [
      { name: 'cpu0', does: [trapping(stage.store(0), stage.page(0), variant === 'fixed')] },
      { name: 'madvise', does: [{ label: 'zap page 0', code: () => zap(stage.page(0)) }] },
    ],
    assumes: [
      'the handler of the trap takes no lock; it changes the entry by compare-and-swap and comes again where that fails',
      'a fault on an entry that is neither empty nor present asks for a page of swap, and here there is none: it never ends (the kernel killed the process)',
    ],
  }),
};

/** The store, with a trap handler of its own; to the rest of its way the trap was a spurious fault. */
function trapping({ label, code }: ScenarioPiece, page: number, looksAgain: boolean): ScenarioPiece {
  return { label, code: () => storeWithTrap(code(), page, looksAgain) };
}

function* storeWithTrap(code: Micro, page: number, looksAgain: boolean): Micro {
  for (let turn = code.next(0); !turn.done; ) {
    const { code: op } = turn.value;
    let result = yield turn.value;
    if (op === Op.faultEnter && result === FAULT_HANDLER['dirty-trap']) {
      // An upgrade leaves an entry that is not present as it is.
      if (looksAgain) yield act(Op.pteUpgrade, 'trap sets D', page, YOUNG_AND_DIRTY, 0);
      else yield act(Op.pteChange, 'trap sets D', page, 0, YOUNG_AND_DIRTY);
      result = FAULT_HANDLER.spurious;
    }
    turn = code.next(result);
  }
}

function* zap(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const taken = yield act(Op.pteUnmap, 'zap entry', page);
  if (taken & PTE_DIRTY) yield act(Op.markSet, 'mark page', page, CARRIER['page-flag']);
  yield* flushRange(page, page, 'unmap');
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}

/** handle_pte_fault: an empty entry gets the page of the file; any other that is not present is a swap entry. */
function* mapUnlessSwapped(page: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  if ((yield act(Op.pteLoad, 'install entry', page)) === 0)
    yield act(Op.mapPage, 'install entry', page, PTE_PRESENT | PTE_WRITABLE);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}
