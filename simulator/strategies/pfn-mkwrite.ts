import { PTE_PRESENT } from '../../traces/index.js';
import { clearMarks, consumeMarked, transferMarked } from '../kernel/consume.js';
import { mapOnFault, splitAround, upgradeEntry, WRITTEN } from '../kernel/faults.js';
import { forEachMarkedInterval } from '../kernel/object.js';
import { restrict } from '../kernel/restrict.js';
import { protecting } from '../kernel/walks.js';
import { CARRIER, LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import { defineStrategy, NOTIFY, PTE_ARCHITECTURES, TRANSFER } from './define.js';

/**
 * The proposal of 2013, as wp_shared_mapping_range and pfn_mkwrite of today: entries are read-only until the first write
 * faults; the callback marks the page and the entry becomes writable under the one lock that the harvest takes too (as DAX
 * does). Where a struct page is behind the entry the callback is page_mkwrite, under the page lock besides. The harvest protects the
 * marked interval, flushes it once, and transfers. D in the entries is set by the fault and means nothing, so an unmap takes nothing along.
 */
export const pfnMkwrite = defineStrategy({
  id: 'pfn-mkwrite',
  summary: 'write-protect a range; the first write of an epoch faults, and pfn_mkwrite marks the page',
  price: 'one fault per page and epoch; one range flush per harvest',
  vmas: ['pfnmap', 'mixedmap'],
  vmaReason: 'pfn_mkwrite is called for entries without a struct page only; page-backed memory takes page_mkwrite',
  architectures: PTE_ARCHITECTURES,
  carriers: ['bitmap'],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: ['wpFault', 'mkwriteExtra'],
  hugeEntries: 'split',
  steps: [
    {
      step: 'mark',
      summary: 'the callback marks the page in the bitmap, under the lock that the harvest takes',
      mutations: [mutation('no-mark', 'coarse'), mutation('unlock-before-upgrade', 'fine')],
    },
    NOTIFY,
    {
      step: 'protect',
      summary: 'W is taken from the entries of the marked interval, each under its page-table lock',
      mutations: [
        mutation('no-rearm', 'coarse'),
        mutation('populating-walk', 'none'),
        mutation('plain-rmw', 'none', {
          summary:
            'entries are loaded, computed and stored back: nothing is lost, because the page-table lock keeps the fault handler out and D means nothing here',
        }),
      ],
    },
    {
      step: 'flush',
      summary: 'one flush per VMA over the entries that changed',
      mutations: [mutation('no-flush', 'coarse'), mutation('flush-first', 'fine')],
    },
    {
      step: 'consume',
      summary: 'runs of marked pages are reported and unmarked, after the flush',
      mutations: [mutation('transfer-first', 'fine')],
    },
    TRANSFER,
  ],
  create(options) {
    const { mutations, cost, start } = options;
    const transferFirst = mutations.has('transfer-first');
    const unlockBeforeUpgrade = mutations.has('unlock-before-upgrade');
    const upload = cost('upload4k');
    const protect = protecting(options);

    /** Takes W from the entries of the marked interval, as vmwgfx does with its [start, end). */
    function* protectMarked(): Micro {
      if (mutations.has('no-rearm')) return;
      yield* forEachMarkedInterval(start, 'protect entries', CARRIER.bitmap, function* (first, last) {
        yield* restrict(options, protect, first, last);
      });
    }

    return {
      mappedFlags: PTE_PRESENT,
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT),
      *writeFault(page) {
        yield* splitAround(options, page);
        const pageLocked = options.structPages !== 'none' && (yield micro(Op.hasStructPage, 'mark page', page)) === 1;
        if (pageLocked) yield micro(Op.lock, 'lock', page, LOCK.page);
        yield micro(Op.lock, 'lock', -1, LOCK.reservation);
        if (!mutations.has('no-mark')) yield micro(Op.markSet, 'mark page', page, CARRIER.bitmap);
        if (unlockBeforeUpgrade) yield micro(Op.unlock, 'lock', -1, LOCK.reservation);
        yield* upgradeEntry(page, WRITTEN);
        if (!unlockBeforeUpgrade) yield micro(Op.unlock, 'lock', -1, LOCK.reservation);
        if (pageLocked) yield micro(Op.unlock, 'lock', page, LOCK.page);
      },
      *harvest() {
        yield micro(Op.lock, 'lock', -1, LOCK.reservation);
        if (transferFirst) {
          yield* transferMarked(options, CARRIER.bitmap, upload);
          yield* protectMarked();
          yield* clearMarks(options, CARRIER.bitmap);
        } else {
          yield* protectMarked();
          yield* consumeMarked(options, CARRIER.bitmap, upload);
        }
        yield micro(Op.unlock, 'lock', -1, LOCK.reservation);
      },
    };
  },
});
