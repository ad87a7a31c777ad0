/** D is cleared in memory and the page is written out, but the CPU that wrote it goes on through a TLB entry with D and never sets it again. */
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../../traces/index.js';
import { flushRange, LOCK, mapOnFault, type Micro, Op, upgradeEntry, WRITTEN } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { ScenarioDefinition } from '../../scenario.js';

const { act, names } = actions('clear D', 'write page out');

export const clearWithoutFlush: ScenarioDefinition = {
  id: 'clear-without-flush',
  summary: 'D is cleared by one atomic update and the page is written out, with or without a flush in between',
  year: 2001,
  reference: 'linux-kernel, 15 Feb 2001, "x86 ptep_get_and_clear question"',
  kind: 'race',
  variants: ['buggy', 'fixed'],
  expects: 'lost-write',
  guilty: { actor: 'msync', step: 'flush', how: 'missing' },
  architectures: ['x86-64', 'arm64', 'arm64-dbm', 'riscv64-svade', 'riscv64-svadu'],
  setting: (variant, arch) => ({
    machine: { strategy: 'hw-dirty', arch, vma: 'shared-file' },
    pages: 1,
    steps: names,
    reads: ['pte-dirty'],
    handlers: () => ({
      writeFault: (page) => upgradeEntry(page, WRITTEN),
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT | PTE_WRITABLE),
    }),
    // A dirty page that CPU 0 has cached with D.
    before: (stage) => [{ cpu: 0, does: [stage.store(0)] }],
    actors: (stage) => [
      { name: 'cpu0', does: [stage.store(0), stage.store(0)] },
      { name: 'msync', does: [{ label: 'sync page 0', code: () => sync(stage.page(0), variant === 'fixed') }] },
    ],
    evictions: 1,
    assumes: [
      'the kernel changes entries under the page-table lock, D by one atomic update',
      'a CPU that has cached an entry with D stores through it without looking at memory',
      'a CPU acts on a flush only between two instructions, and the flush is over when every CPU has',
    ],
  }),
};

function* sync(page: number, flushes: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const old = yield act(Op.pteChange, 'clear D', page, PTE_DIRTY, 0);
  if (flushes) yield* flushRange(page, page, 'harvest');
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  if ((old & PTE_DIRTY) === 0) return;
  yield act(Op.report, 'report', page);
  yield act(Op.transfer, 'write page out', page);
}
