import { FAULT_WRITE, PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_SOFT_DIRTY, PTE_WRITABLE } from '../../traces/index.js';
import { clearMarks, consumeMarked, transferMarked } from '../kernel/consume.js';
import { mapOnFault, upgradeEntry } from '../kernel/faults.js';
import { flushSpace } from '../kernel/flush.js';
import { forEachVma } from '../kernel/object.js';
import { rangeWalk } from '../kernel/range-walk.js';
import { CARRIER } from '../machine/codes.js';
import { ANY_MAPPED } from '../machine/order.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import type { StrategyDefinition } from './define.js';

const ON_WRITE = PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED | PTE_SOFT_DIRTY;

/**
 * /proc/PID/pagemap bit 55 and clear_refs 4, as checkpointers use them (Documentation/admin-guide/mm/soft-dirty.rst): with the
 * program stopped, read the bits of every page, then clear them and W in the whole mm and flush all of it; let the program go on,
 * and copy. Reading and clearing are two calls, which is why the program must not run in between. The stop itself has no price
 * here, and the mmap lock that clear_refs takes is not modelled: nothing else here takes it.
 */
export const softDirty: StrategyDefinition = {
  id: 'soft-dirty',
  summary: 'read soft-dirty bits from pagemap, clear them through clear_refs, with the program stopped',
  price:
    'one fault per page and epoch, two walks and a flush of the whole address space per harvest, and the stop (not priced)',
  vmas: ['anon', 'shared-file'],
  vmaReason: 'clear_refs passes over VM_PFNMAP, and special entries without a struct page keep no soft-dirty bit',
  architectures: ['x86-64', 'riscv64-svade', 'riscv64-svadu'],
  carriers: ['soft-dirty', 'bitmap'],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: ['wpFault'],
  mutations: [
    mutation('no-flush', 'coarse'),
    mutation('no-stop', 'fine'),
    mutation(
      'flush-first',
      'none',
      'the flush comes before the entries change: nothing is lost while the program is stopped over both',
    ),
    mutation(
      'transfer-first',
      'none',
      'the bytes are copied before the marks are cleared: nothing is lost while the program is stopped over both',
    ),
  ],
  create({ mutations, cost }) {
    const noFlush = mutations.has('no-flush');
    const flushFirst = mutations.has('flush-first');
    const transferFirst = mutations.has('transfer-first');
    const stop = !mutations.has('no-stop');
    const upload = cost('upload4k');
    const scan = { slotNs: cost('pteScan'), changeNs: cost('scanArm') };

    /** Notes the pages whose bit 55 reads 1. */
    function* readPagemap(first: number, last: number): Micro {
      const slotNs = cost('pagemapRead');
      yield* rangeWalk(
        { any: PTE_SOFT_DIRTY, clear: 0, record: CARRIER.bitmap, step: 'read pagemap', slotNs, changeNs: 0 },
        first,
        last,
      );
    }

    function* clearVma(first: number, last: number): Micro {
      const flags = PTE_WRITABLE | PTE_SOFT_DIRTY;
      yield* rangeWalk({ any: flags, clear: flags, record: -1, step: 'clear_refs', ...scan }, first, last);
    }

    /** One walk over all VMAs, one flush_tlb_mm at its end. */
    function* clearRefs(): Micro {
      const first = yield micro(Op.nextRun, 'clear_refs', -1, ANY_MAPPED);
      if (flushFirst && !noFlush) yield* flushSpace(first, first, 'harvest');
      yield* forEachVma('clear_refs', clearVma);
      if (!noFlush && !flushFirst) yield* flushSpace(first, first, 'harvest');
    }

    return {
      mappedFlags: PTE_PRESENT,
      notPresentFault: (page, error) => mapOnFault(page, error & FAULT_WRITE ? PTE_PRESENT | ON_WRITE : PTE_PRESENT),
      writeFault: (page) => upgradeEntry(page, ON_WRITE),
      *harvest() {
        yield micro(Op.harvestBegin, 'harvest');
        if (stop) yield micro(Op.stopProgram, 'stop the program');
        yield* forEachVma('read pagemap', readPagemap);
        if (transferFirst) yield* transferMarked(CARRIER.bitmap, upload);
        yield* clearRefs();
        if (stop) yield micro(Op.resumeProgram, 'stop the program');
        yield* transferFirst ? clearMarks(CARRIER.bitmap) : consumeMarked(CARRIER.bitmap, upload);
        yield micro(Op.harvestEnd, 'harvest');
      },
    };
  },
};
