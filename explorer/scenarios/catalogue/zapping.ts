/** MADV_DONTNEED of a shared mapping against write-back: what the scenarios about it have in common. */
import { PTE_DIRTY } from '../../../traces/index.js';
import { CARRIER, flushRange, LOCK, type Micro, Op, upgradeEntry, WRITTEN } from '../../../simulator/index.js';
import { actions } from '../../actions.js';
import type { Setting } from '../../scenario.js';
import { writeBack } from './write-back.js';

const { act, names } = actions('zap entry', 'hand D on to the page');

export interface Zapping {
  /** A dirty entry is flushed before the page-table lock is dropped. */
  readonly flushesUnderLock: boolean;
  /** Write-back and the handler of write faults take the page lock. */
  readonly pageLock: boolean;
}

export function zapping(arch: string, { flushesUnderLock, pageLock }: Zapping): Setting {
  return {
    machine: { strategy: 'page-mkwrite', arch, vma: 'shared-file' },
    pages: 1,
    steps: names,
    reads: ['pte-dirty', 'page-flag'],
    ...(!pageLock && { handlers: () => ({ writeFault: markAndUpgrade }) }),
    // Page and entry are dirty, and CPU 0 has the entry cached so.
    before: (stage) => [{ cpu: 0, does: [stage.store(0)] }],
    actors: (stage) => {
      const page = stage.page(0);
      return [
        { name: 'cpu0', does: [stage.store(0), stage.store(0)] },
        { name: 'madvise', does: [{ label: 'zap page 0', code: () => zap(page, flushesUnderLock) }] },
        { name: 'write-back', does: [{ label: 'write page 0 back', code: () => writeBack(page, pageLock) }] },
      ];
    },
    assumes: [
      pageLock
        ? 'write faults and write-back hold the page lock from their first step to their last'
        : 'nobody takes the page lock',
      'write-back takes the page-table lock of every mapping, also where it finds no entry',
      'MADV_DONTNEED holds the mmap lock for reading, so it keeps no fault out',
      'the pages of the mapping are given up by nobody: they belong to the file',
    ],
  };
}

/** zap_pte_range, and tlb_finish_mmu. */
function* zap(page: number, flushesUnderLock: boolean): Micro {
  yield act(Op.lock, 'lock', page, LOCK['page-table']);
  const taken = yield act(Op.pteUnmap, 'zap entry', page);
  const dirty = (taken & PTE_DIRTY) !== 0;
  if (dirty) yield act(Op.markSet, 'hand D on to the page', page, CARRIER['page-flag']);
  const early = dirty && flushesUnderLock;
  if (early) yield* flushRange(page, page, 'unmap');
  yield act(Op.unlock, 'lock', page, LOCK['page-table']);
  if (taken !== 0 && !early) yield* flushRange(page, page, 'unmap');
}

/** A write fault that nothing but the page-table lock holds together. */
function* markAndUpgrade(page: number): Micro {
  yield* upgradeEntry(page, WRITTEN);
  yield act(Op.markSet, 'mark page', page, CARRIER['page-flag']);
}
