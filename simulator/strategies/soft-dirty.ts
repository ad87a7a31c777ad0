import { FAULT_WRITE, PTE_PRESENT, PTE_SOFT_DIRTY, PTE_WRITABLE } from '../../traces/index.js';
import { clearMarks, consumeMarked, transferMarked } from '../kernel/consume.js';
import { mapCarrying, upgradeEntry, WRITTEN } from '../kernel/faults.js';
import { flushSpace } from '../kernel/flush.js';
import { forEachMarked, forEachVma } from '../kernel/object.js';
import { rangeWalk } from '../kernel/range-walk.js';
import { notifyEnd, notifyStart } from '../kernel/restrict.js';
import { CARRIER } from '../machine/codes.js';
import { ANY_MAPPED } from '../machine/order.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import { defineStrategy, NOTIFY, TRANSFER } from './define.js';

const ON_WRITE = WRITTEN | PTE_SOFT_DIRTY;

/**
 * /proc/PID/pagemap bit 55 and clear_refs 4, as checkpointers use them (Documentation/admin-guide/mm/soft-dirty.rst): with the
 * program stopped, read the bits of every page, then clear them and W in the whole mm and flush all of it; let the program go on,
 * and copy. Reading and clearing are two calls, which is why the program must not run in between. The stop itself has no price
 * here, and the mmap lock that clear_refs takes is not modelled: nothing else here takes it.
 */
export const softDirty = defineStrategy({
  id: 'soft-dirty',
  summary: 'read soft-dirty bits from pagemap, clear them through clear_refs, with the program stopped',
  price:
    'one fault per page and epoch, two walks and a flush of the whole address space per harvest, and the stop (not priced)',
  vmas: ['anon', 'shared-file'],
  vmaReason: 'clear_refs passes over VM_PFNMAP, and special entries without a struct page keep no soft-dirty bit',
  architectures: ['x86-64', 'riscv64-svade', 'riscv64-svadu', 's390x'],
  carriers: ['soft-dirty', 'bitmap'],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: ['wpFault'],
  userSpace: true,
  swapsBits: 'soft-dirty',
  steps: [
    {
      step: 'stop',
      summary: 'the program, and the device that works for it, do not run between reading and clearing',
      mutations: [mutation('no-stop', 'fine')],
    },
    NOTIFY,
    {
      step: 'clear_refs',
      summary: 'the bit and W are cleared in every entry',
      mutations: [
        mutation('no-rearm', 'none', {
          summary: 'clear_refs is left out: nothing is lost, and every page once written is reported at every harvest',
        }),
      ],
    },
    {
      step: 'flush',
      summary: 'one flush of the whole address space',
      mutations: [
        mutation('no-flush', 'coarse', { history: 'A13' }),
        mutation('flush-first', 'none', {
          summary: 'the flush comes before the entries change: nothing is lost while the program is stopped over both',
        }),
      ],
    },
    {
      step: 'consume',
      summary: 'runs of listed pages are reported, after the program goes on',
      mutations: [
        mutation('transfer-first', 'none', {
          summary:
            'the bytes are copied before the marks are cleared: nothing is lost while the program is stopped over both',
        }),
      ],
    },
    TRANSFER,
    {
      step: 'swap out',
      summary: 'the swap entry carries the bit',
      mutations: [mutation('swap-drops-bit', 'coarse')],
    },
  ],
  create(options) {
    const { mutations, cost, start } = options;
    const noFlush = mutations.has('no-flush');
    const flushFirst = mutations.has('flush-first');
    const transferFirst = mutations.has('transfer-first');
    const stop = !mutations.has('no-stop');
    const upload = cost('upload4k');
    const scan = { slotNs: cost('pteScan'), changeNs: cost('scanArm') };

    /** Notes the pages whose bit 55 reads 1: those of present entries, and of swap entries. */
    function* readPagemap(): Micro {
      const slotNs = cost('pagemapRead');
      const step = 'read pagemap';
      const walk = { any: PTE_SOFT_DIRTY, clear: 0, record: CARRIER.bitmap, step, slotNs, changeNs: 0 } as const;
      yield* forEachVma(start, step, function* (first, last) {
        yield* rangeWalk(walk, first, last);
      });
      const swapped = CARRIER['soft-dirty'];
      yield* forEachMarked(start, step, swapped, (page) => micro(Op.markMove, step, page, swapped, CARRIER.bitmap));
    }

    function* clearVma(first: number, last: number): Micro {
      const flags = PTE_WRITABLE | PTE_SOFT_DIRTY;
      yield* rangeWalk({ any: flags, clear: flags, record: -1, step: 'clear_refs', ...scan }, first, last);
    }

    /** Tells devices that every mapping of the object is about to change; gives the ranges told of. */
    function* notifyAll(first: number, last: number): Micro<ReadonlyArray<readonly [number, number]>> {
      const ranges: Array<readonly [number, number]> = [];
      for (let mapping = 0; mapping < (yield micro(Op.mappingCount, 'notifier', first)); mapping++) {
        const from = yield micro(Op.partFirst, 'notifier', first, mapping, last);
        if (from < 0) continue;
        const to = yield micro(Op.partLast, 'notifier', first, mapping, last);
        yield* notifyStart(options, from, to);
        ranges.push([from, to]);
      }
      return ranges;
    }

    /** flush_tlb_mm of every process that maps the object. */
    function* flushAll(first: number, last: number): Micro {
      let flushed = -1;
      for (let mapping = 0; mapping < (yield micro(Op.mappingCount, 'flush', first)); mapping++) {
        const page = yield micro(Op.partFirst, 'flush', first, mapping, last);
        if (page < 0 || (flushed >= 0 && (yield micro(Op.sameSpace, 'flush', page, 0, flushed)))) continue;
        yield* flushSpace(page, page, 'harvest');
        flushed = page;
      }
    }

    /** One walk over all VMAs, swap entries included, one flush of the address space at its end, between one pair of notifier calls. */
    function* clearRefs(): Micro {
      const step = 'clear_refs';
      const first = yield micro(Op.nextRun, step, start, ANY_MAPPED);
      if (first < 0) return;
      const last = yield micro(Op.lastMarked, step, start, ANY_MAPPED);
      const early = mutations.has('notifier-end-before-flush');
      const ranges = yield* notifyAll(first, last);
      if (flushFirst && !noFlush) yield* flushAll(first, last);
      yield* forEachVma(start, step, clearVma);
      yield* clearMarks(options, CARRIER['soft-dirty'], step);
      if (early) for (const [from, to] of ranges) yield* notifyEnd(options, from, to);
      if (!noFlush && !flushFirst) yield* flushAll(first, last);
      if (!early) for (const [from, to] of ranges) yield* notifyEnd(options, from, to);
    }

    return {
      mappedFlags: PTE_PRESENT,
      notPresentFault(page, error) {
        const flags = PTE_PRESENT | (error & FAULT_WRITE ? ON_WRITE : 0);
        return mapCarrying(page, CARRIER['soft-dirty'], flags, flags | PTE_SOFT_DIRTY);
      },
      writeFault: (page) => upgradeEntry(page, ON_WRITE),
      *harvest() {
        if (stop) yield micro(Op.stopProgram, 'stop the program');
        yield* readPagemap();
        if (transferFirst) yield* transferMarked(options, CARRIER.bitmap, upload);
        if (!mutations.has('no-rearm')) yield* clearRefs();
        if (stop) yield micro(Op.resumeProgram, 'stop the program');
        yield* transferFirst ? clearMarks(options, CARRIER.bitmap) : consumeMarked(options, CARRIER.bitmap, upload);
      },
    };
  },
});
