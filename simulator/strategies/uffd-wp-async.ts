import { FAULT_WRITE, PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_UFFD_WP, PTE_WRITABLE } from '../../traces/index.js';
import { consumeMarked } from '../kernel/consume.js';
import { mapOnFault, upgradeEntry } from '../kernel/faults.js';
import { flushRange } from '../kernel/flush.js';
import { forEachVma } from '../kernel/object.js';
import { rangeWalk } from '../kernel/range-walk.js';
import { CARRIER, LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import type { StrategyDefinition } from './define.js';

const WRITTEN = PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED;

/**
 * userfaultfd WP_ASYNC with PAGEMAP_SCAN and PM_SCAN_WP_MATCHING (fs/proc/task_mmu.c): the meaning is inverted, a page is written
 * when its uffd-wp bit is clear. The scan takes one page table at a time; under its lock it finds the written pages, records
 * them, arms them again and flushes, so that reading and re-arming are one critical section.
 */
export const uffdWpAsync: StrategyDefinition = {
  id: 'uffd-wp-async',
  summary: 'uffd write-protect resolved in the kernel, harvested by PAGEMAP_SCAN with WP_MATCHING',
  price: 'one short fault per page and epoch, a scan and one flush per page table with written pages',
  vmas: ['anon', 'shared-file'],
  vmaReason: 'PAGEMAP_SCAN passes over VM_PFNMAP',
  architectures: ['x86-64', 'arm64', 'arm64-dbm', 'riscv64-svade', 'riscv64-svadu'],
  carriers: ['uffd-wp', 'bitmap'],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: ['wpFault'],
  mutations: [
    mutation('no-flush', 'coarse'),
    mutation(
      'flush-first',
      'fine',
      'the flush goes out while the entries are still unchanged (as with lazy MMU mode): what a CPU caches in between stays',
    ),
  ],
  create({ mutations, cost }) {
    const noFlush = mutations.has('no-flush');
    const flushFirst = mutations.has('flush-first');
    const scan = {
      any: 0,
      none: PTE_UFFD_WP,
      clear: PTE_WRITABLE,
      set: PTE_UFFD_WP,
      record: CARRIER.bitmap,
      step: 'PAGEMAP_SCAN',
      slotNs: cost('pteScan'),
      changeNs: cost('scanWritten'),
    } as const;

    function* scanTable(first: number, last: number): Micro {
      yield micro(Op.lock, 'lock', first, LOCK['page-table']);
      if (flushFirst && !noFlush) yield* flushRange(first, last, 'harvest');
      const { changed, first: from, last: to } = yield* rangeWalk(scan, first, last, true);
      if (changed > 0 && !noFlush && !flushFirst) yield* flushRange(from, to, 'harvest');
      yield micro(Op.unlock, 'lock', first, LOCK['page-table']);
    }

    function* scanVma(first: number, last: number): Micro {
      for (let page = first; page >= 0; ) {
        const end = yield micro(Op.tableEnd, 'PAGEMAP_SCAN', page, 0, last);
        yield* scanTable(page, end);
        page = yield micro(Op.nextEntry, 'PAGEMAP_SCAN', end, 0, last);
      }
    }

    return {
      mappedFlags: PTE_PRESENT | PTE_UFFD_WP,
      notPresentFault: (page, error) => mapOnFault(page, PTE_PRESENT | (error & FAULT_WRITE ? WRITTEN : PTE_UFFD_WP)),
      writeFault: (page) => upgradeEntry(page, WRITTEN, PTE_UFFD_WP),
      *harvest() {
        yield micro(Op.harvestBegin, 'harvest');
        yield* forEachVma('PAGEMAP_SCAN', scanVma);
        yield* consumeMarked(CARRIER.bitmap, cost('upload4k'));
        yield micro(Op.harvestEnd, 'harvest');
      },
    };
  },
};
