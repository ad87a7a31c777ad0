import { FAULT_WRITE, PTE_PRESENT, PTE_UFFD_WP, PTE_WRITABLE } from '../../traces/index.js';
import { consumeMarked } from '../kernel/consume.js';
import { mapCarrying, upgradeEntry, WRITTEN } from '../kernel/faults.js';
import { forEachVma } from '../kernel/object.js';
import { flushEntries, restrict } from '../kernel/restrict.js';
import { CARRIER, LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import { defineStrategy, NOTIFY, TRANSFER } from './define.js';

/**
 * userfaultfd WP_ASYNC with PAGEMAP_SCAN and PM_SCAN_WP_MATCHING (fs/proc/task_mmu.c): the meaning is inverted, a page is written
 * when its uffd-wp bit is clear. The scan takes one page table at a time; under its lock it finds the written pages, records
 * them, arms them again and flushes, so that reading and re-arming are one critical section.
 */
export const uffdWpAsync = defineStrategy({
  id: 'uffd-wp-async',
  summary: 'uffd write-protect resolved in the kernel, harvested by PAGEMAP_SCAN with WP_MATCHING',
  price: 'one short fault per page and epoch, a scan and one flush per page table with written pages',
  vmas: ['anon', 'shared-file'],
  vmaReason: 'PAGEMAP_SCAN passes over VM_PFNMAP',
  architectures: ['x86-64', 'arm64', 'arm64-dbm', 'riscv64-svade', 'riscv64-svadu'],
  carriers: ['uffd-wp', 'bitmap'],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: ['wpFault'],
  userSpace: true,
  swapsBits: 'uffd-wp',
  steps: [
    NOTIFY,
    {
      step: 'scan and arm',
      summary: 'written pages are recorded and armed again in one critical section per page table',
      mutations: [
        mutation('no-rearm', 'none', {
          summary:
            'PAGEMAP_SCAN without WP_MATCHING: nothing is lost, and every page once written is reported at every harvest',
        }),
        mutation('no-mark', 'coarse'),
        mutation('plain-rmw', 'none', {
          summary:
            'entries are stored back instead of updated atomically: nothing is lost, because uffd-wp bits are the marks, and they change under the page-table lock only',
        }),
      ],
    },
    {
      step: 'flush',
      summary: 'the changed part of the table is flushed before its lock is dropped',
      mutations: [
        mutation('no-flush', 'coarse'),
        mutation('flush-first', 'fine', {
          summary:
            'the flush goes out while the entries are still unchanged (as with lazy MMU mode): what a CPU caches in between stays',
        }),
        mutation('unlock-before-flush', 'none', {
          summary:
            'the page-table lock is dropped before the flush: nothing is lost, because the bytes are copied after it all the same',
        }),
      ],
    },
    TRANSFER,
    {
      step: 'swap out',
      summary: 'a marker in place of the entry carries the bit',
      mutations: [mutation('swap-drops-bit', 'coarse')],
    },
  ],
  create(options) {
    const { mutations, cost, start } = options;
    const lateFlush = mutations.has('unlock-before-flush');
    const arms = !mutations.has('no-rearm');
    const record = mutations.has('no-mark') ? -1 : CARRIER.bitmap;
    const step = 'PAGEMAP_SCAN';
    const scan = {
      any: 0,
      none: PTE_UFFD_WP,
      clear: arms ? PTE_WRITABLE : 0,
      set: arms ? PTE_UFFD_WP : 0,
      record,
      plainStore: mutations.has('plain-rmw'),
      step,
      slotNs: cost('pteScan'),
      changeNs: cost('scanWritten'),
    } as const;

    function* scanTable(first: number, last: number): Micro {
      yield micro(Op.lock, 'lock', first, LOCK['page-table']);
      const result = yield* restrict(options, scan, first, last, { locked: true, unflushed: lateFlush });
      yield* collectMarkers(first, last);
      yield micro(Op.unlock, 'lock', first, LOCK['page-table']);
      if (lateFlush && result.changed > 0) yield* flushEntries(options, result.first, result.last);
    }

    /** Written pages that were swapped out. */
    function* collectMarkers(first: number, last: number): Micro {
      const carrier = CARRIER['uffd-wp'];
      let page = (yield micro(Op.markTest, step, first, carrier))
        ? first
        : yield micro(Op.nextRunWithin, step, first, carrier, last);
      for (; page >= 0; page = yield micro(Op.nextRunWithin, step, page, carrier, last))
        yield micro(Op.markMove, step, page, carrier, record);
    }

    function* scanVma(first: number, last: number): Micro {
      for (let page = first; page >= 0; ) {
        const end = yield micro(Op.tableEnd, step, page, 0, last);
        yield* scanTable(page, end);
        page = yield micro(Op.nextEntry, step, end, 0, last);
      }
    }

    return {
      mappedFlags: PTE_PRESENT | PTE_UFFD_WP,
      notPresentFault(page, error) {
        const flags = PTE_PRESENT | (error & FAULT_WRITE ? WRITTEN : PTE_UFFD_WP);
        return mapCarrying(page, CARRIER['uffd-wp'], flags, flags & ~PTE_UFFD_WP);
      },
      writeFault: (page) => upgradeEntry(page, WRITTEN, PTE_UFFD_WP),
      *harvest() {
        yield* forEachVma(start, step, scanVma);
        yield* consumeMarked(options, CARRIER.bitmap, cost('upload4k'));
      },
    };
  },
});
