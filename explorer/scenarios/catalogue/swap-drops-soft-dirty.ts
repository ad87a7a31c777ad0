/** A page is swapped out and in again between two checkpoints. Its entry was the only place that knew of the write. */
import { FAULT_WRITE, PTE_PRESENT, PTE_SOFT_DIRTY } from '../../../traces/index.js';
import { CARRIER, flushRange, LOCK, type Micro, Op } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition } from '../../scenario.js';
import { ON_WRITE, SOFT_DIRTY_FAULTS } from './soft-dirty.js';

const { act, names } = actions('put swap entry in place', 'soft-dirty bit to swap entry', 'swap in');

export const swapDropsSoftDirty: ScenarioDefinition = {
  id: 'swap-drops-soft-dirty',
  summary: 'a soft-dirty page is swapped out and in again; the swap entry carries the bit, or does not',
  year: 2013,
  reference: 'Linux 179ef71cbc08 (3.11), reported by Andy Lutomirski',
  kind: 'sequence',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'cpu0', step: 'put swap entry in place', how: 'drops' },
  architectures: ['x86-64', 's390x'],
  setting: (variant, arch) => ({
    machine: { strategy: 'soft-dirty', arch, vma: 'anon' },
    pages: 1,
    steps: names,
    reads: ['soft-dirty'],
    handlers: () => ({ ...SOFT_DIRTY_FAULTS, notPresentFault: swapIn }),
    actors: (stage) => [
      {
        name: 'cpu0',
        does: [
          stage.store(0),
          { label: 'swap page 0 out', code: () => swapOut(stage.page(0), variant === 'fixed') },
          stage.load(0),
        ],
      },
    ],
    assumes: [
      'entries change under the page-table lock, which is held over the flush',
      'a checkpoint reads the bit of swap entries too',
    ],
  }),
};

function* swapOut(page: number, carriesBit: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const old = yield act(Op.pteExchange, 'put swap entry in place', page, 0);
  if (carriesBit && old & PTE_SOFT_DIRTY)
    yield act(Op.markSet, 'soft-dirty bit to swap entry', page, CARRIER['soft-dirty']);
  if (old & PTE_PRESENT) yield* flushRange(page, page, 'unmap');
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}

/** do_swap_page: the bit goes back from the swap entry to the entry. */
function* swapIn(page: number, error: number): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const present = (yield act(Op.pteLoad, 'swap in', page)) & PTE_PRESENT;
  if (!present) {
    const carried = yield act(Op.markMove, 'swap in', page, CARRIER['soft-dirty'], -1);
    const flags = PTE_PRESENT | (error & FAULT_WRITE ? ON_WRITE : 0) | (carried ? PTE_SOFT_DIRTY : 0);
    yield act(Op.mapPage, 'swap in', page, flags);
  }
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
}
