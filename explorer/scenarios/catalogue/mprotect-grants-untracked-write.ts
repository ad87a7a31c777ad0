/**
 * mprotect gives a dirty entry its W back at once, to save a fault. It must not where that fault is to set the soft-dirty bit: in an area without
 * VM_SOFTDIRTY, since the flag says that all of the area counts as dirty and need not be tracked. The test had it the other way round.
 */
import { PTE_DIRTY, PTE_PRESENT, PTE_SOFT_DIRTY, PTE_WRITABLE } from '../../../traces/index.js';
import { FIRST_FREE_VARIABLE, flushRange, LOCK, type Micro, Op } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition } from '../../scenario.js';
import { checkpoint, SOFT_DIRTY_FAULTS } from './soft-dirty.js';

/** Whether the area has VM_SOFTDIRTY; a checkpoint has cleared it. */
const AREA_FLAG = FIRST_FREE_VARIABLE;

const { act, names } = actions('take entry out', 'look at flag of area', 'put changed entry back');

export const mprotectGrantsUntrackedWrite: ScenarioDefinition = {
  id: 'mprotect-grants-untracked-write',
  summary: 'a page is made read-only and writable again after a checkpoint; W comes back at once, or by a fault',
  year: 2022,
  reference: 'Linux 76aefad628aa (6.0); latent since 64e455079e1b (2014)',
  kind: 'sequence',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'cpu0', step: 'put changed entry back', how: 'wrong' },
  architectures: ['x86-64', 's390x'],
  setting: (variant, arch) => ({
    machine: { strategy: 'soft-dirty', arch, vma: 'anon' },
    pages: 1,
    steps: names,
    variables: ['flag of area'],
    reads: ['soft-dirty'],
    handlers: () => SOFT_DIRTY_FAULTS,
    before: (stage) => [{ cpu: 0, does: [stage.store(0), checkpoint(stage.page(0))] }],
    actors: (stage) => [
      {
        name: 'cpu0',
        does: [
          { label: 'mprotect page 0, to be read', code: () => mprotect(stage.page(0), () => false) },
          {
            label: 'mprotect page 0, to be written',
            code: () => mprotect(stage.page(0), variant === 'fixed' ? needsNoFault : neededNoFaultSaidTheFlag),
          },
          stage.store(0),
        ],
      },
    ],
    assumes: ['mprotect holds the mmap lock, and the page-table lock over its change of the entry'],
  }),
};

type Test = (flags: number, areaFlag: number) => boolean;

function needsNoFault(flags: number, areaFlag: number): boolean {
  return (flags & PTE_DIRTY) !== 0 && (areaFlag !== 0 || (flags & PTE_SOFT_DIRTY) !== 0);
}

function neededNoFaultSaidTheFlag(flags: number, areaFlag: number): boolean {
  return (flags & PTE_DIRTY) !== 0 && (areaFlag === 0 || (flags & PTE_SOFT_DIRTY) !== 0);
}

/** change_pte_range, and the flush when the range is through. */
function* mprotect(page: number, grantsWrite: Test): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const old = yield act(Op.pteExchange, 'take entry out', page, 0);
  const areaFlag = yield act(Op.recall, 'look at flag of area', -1, AREA_FLAG);
  const kept = old & ~PTE_WRITABLE;
  const writable = old & PTE_PRESENT && grantsWrite(old, areaFlag);
  yield act(Op.pteStore, 'put changed entry back', page, writable ? kept | PTE_WRITABLE : kept);
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  yield* flushRange(page, page, 'harvest');
}
