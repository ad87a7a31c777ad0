import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { clearMarks, consumeMarked, transferMarked } from '../kernel/consume.js';
import { mapOnFault, upgradeEntry } from '../kernel/faults.js';
import { flushRange } from '../kernel/flush.js';
import { forEachMarkedInterval } from '../kernel/object.js';
import { rangeWalk } from '../kernel/range-walk.js';
import { CARRIER, LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import { PTE_ARCHITECTURES, type StrategyDefinition } from './define.js';

/**
 * The proposal of 2013, as wp_shared_mapping_range and pfn_mkwrite of today: entries are read-only until the first write
 * faults; the callback marks the page and the entry becomes writable under the one lock that the harvest takes too (as DAX
 * does). The harvest protects the marked interval, flushes it once, and transfers. D in the entries is set by the fault and
 * means nothing.
 */
export const pfnMkwrite: StrategyDefinition = {
  id: 'pfn-mkwrite',
  summary: 'write-protect a range; the first write of an epoch faults, and pfn_mkwrite marks the page',
  price: 'one fault per page and epoch; one range flush per harvest',
  vmas: ['pfnmap', 'mixedmap'],
  vmaReason: 'pfn_mkwrite is called for entries without a struct page only; page-backed memory takes page_mkwrite',
  architectures: PTE_ARCHITECTURES,
  carriers: ['bitmap'],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: ['wpFault', 'mkwriteExtra'],
  mutations: [
    mutation('no-flush', 'coarse'),
    mutation('flush-first', 'fine'),
    mutation('transfer-first', 'fine'),
    mutation('unlock-before-upgrade', 'fine'),
  ],
  create({ mutations, cost }) {
    const noFlush = mutations.has('no-flush');
    const flushFirst = mutations.has('flush-first');
    const transferFirst = mutations.has('transfer-first');
    const unlockBeforeUpgrade = mutations.has('unlock-before-upgrade');
    const upload = cost('upload4k');
    const scan = { slotNs: cost('pteScan'), changeNs: cost('scanArm') };

    /** Takes W from the entries of the marked interval, as vmwgfx does with its [start, end). */
    const protectMarked = () => forEachMarkedInterval('protect entries', CARRIER.bitmap, protect);

    function* protect(first: number, last: number): Micro {
      if (flushFirst && !noFlush) yield* flushRange(first, last, 'harvest');
      const walk = { any: PTE_WRITABLE, clear: PTE_WRITABLE, record: -1, ...scan, step: 'protect entries' } as const;
      const { changed, first: from, last: to } = yield* rangeWalk(walk, first, last);
      if (changed > 0 && !noFlush && !flushFirst) yield* flushRange(from, to, 'harvest');
    }

    return {
      mappedFlags: PTE_PRESENT,
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT),
      *writeFault(page) {
        yield micro(Op.lock, 'lock', -1, LOCK.reservation);
        yield micro(Op.markSet, 'mark page', page, CARRIER.bitmap);
        if (unlockBeforeUpgrade) yield micro(Op.unlock, 'lock', -1, LOCK.reservation);
        yield* upgradeEntry(page, PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED);
        if (!unlockBeforeUpgrade) yield micro(Op.unlock, 'lock', -1, LOCK.reservation);
      },
      *harvest() {
        yield micro(Op.harvestBegin, 'harvest');
        yield micro(Op.lock, 'lock', -1, LOCK.reservation);
        if (transferFirst) {
          yield* transferMarked(CARRIER.bitmap, upload);
          yield* protectMarked();
          yield* clearMarks(CARRIER.bitmap);
        } else {
          yield* protectMarked();
          yield* consumeMarked(CARRIER.bitmap, upload);
        }
        yield micro(Op.unlock, 'lock', -1, LOCK.reservation);
        yield micro(Op.harvestEnd, 'harvest');
      },
    };
  },
};
