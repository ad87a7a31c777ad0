import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { aroundUnmapByProtection, collectBeforeUnmap, collectPageFlags, readsPageFlags } from '../kernel/collect.js';
import { consumeMarked } from '../kernel/consume.js';
import { mapOnFault, upgradeEntry, upgradeUnder, WRITTEN } from '../kernel/faults.js';
import { forEachVma } from '../kernel/object.js';
import { flushEntries, restrict } from '../kernel/restrict.js';
import { cleaning, protecting } from '../kernel/walks.js';
import { CARRIER, LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import { defineStrategy, NOTIFY, PTE_ARCHITECTURES, TRANSFER } from './define.js';

/**
 * The exact, closed snapshot that mm/mapping_dirty_helpers.c describes: protect, flush, then collect and clear D, flush,
 * transfer, with new writers blocked in the fault until the collect is done.
 */
export const hwDirtyWp = defineStrategy({
  id: 'hw-dirty-wp',
  summary: 'protect, flush, collect and clear D, flush, transfer: an exact, closed snapshot',
  price: 'one fault per page and epoch, two scans and up to two range flushes per harvest',
  vmas: ['pfnmap', 'mixedmap', 'shared-file'],
  vmaReason: 'it needs the write notification of a shared mapping (page_mkwrite or pfn_mkwrite)',
  architectures: PTE_ARCHITECTURES,
  carriers: ['pte-dirty', 'bitmap'],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: ['wpFault', 'mkwriteExtra'],
  steps: [
    {
      step: 'block',
      summary: 'the reservation lock keeps new writers in the fault until the collect is done',
      mutations: [
        mutation('no-block', 'fine', {
          summary:
            'new writers are not blocked: the snapshot is not closed, and a page that is written between its collection and the unmap of its entry loses its D with it',
          needs: ['unmap'],
        }),
      ],
    },
    NOTIFY,
    {
      step: 'protect',
      summary: 'W is taken from every entry of the object',
      mutations: [
        mutation('populating-walk', 'none'),
        mutation('no-rearm', 'none', {
          summary:
            'entries are cleaned and not protected: nothing is lost where hardware sets D or a store traps for it, but the snapshot is not closed',
        }),
      ],
    },
    {
      step: 'flush',
      summary: 'one flush per VMA over the entries that changed',
      mutations: [mutation('no-flush', 'coarse'), mutation('flush-first', 'fine')],
    },
    {
      step: 'collect',
      summary: 'D is read again, after the flush, cleared, and put into the bitmap',
      mutations: [
        mutation('no-recheck', 'none', {
          summary:
            'D is taken in the very update that protects, and not looked at after the flush: nothing is lost, because that update is one step and a CPU that has D cached wrote before the transfer',
        }),
        mutation('no-mark', 'coarse'),
        mutation('no-second-flush', 'none', {
          summary:
            'the flush after collecting D is left out: nothing is lost, because after the first flush no CPU can cache a writable entry before it faults',
        }),
      ],
    },
    {
      step: 'consume',
      summary: 'runs of marked pages are reported and unmarked, after the flush',
      // The transfer comes before the flushes, and still after every change of an entry.
      mutations: [mutation('transfer-first', 'fine', { needs: ['separate-flush'] })],
    },
    TRANSFER,
    collectBeforeUnmap(),
  ],
  create(options) {
    const { mutations, cost, start } = options;
    const blockWriters = !mutations.has('no-block');
    const noRecheck = mutations.has('no-recheck');
    const transferFirst = mutations.has('transfer-first');
    const secondFlush =
      !mutations.has('no-flush') && !mutations.has('flush-first') && !mutations.has('no-second-flush');
    const record = mutations.has('no-mark') ? -1 : CARRIER.bitmap;
    const upload = cost('upload4k');
    const protectWalk = protecting(options);
    const collectWalk = { ...cleaning(options, record), step: 'collect dirty entries' } as const;
    const atOnce = { ...collectWalk, clear: PTE_DIRTY | PTE_WRITABLE, step: 'protect entries' } as const;

    function* protect(first: number, last: number): Micro {
      yield* restrict(options, noRecheck ? atOnce : protectWalk, first, last, { unflushed: transferFirst });
    }

    function* collect(first: number, last: number): Micro {
      const unflushed = transferFirst || !secondFlush;
      const { changed, first: from, last: to } = yield* restrict(options, collectWalk, first, last, { unflushed });
      if (changed === 0 || !transferFirst) return;
      yield* consumeMarked(options, CARRIER.bitmap, upload);
      yield* flushEntries(options, from, to);
    }

    return {
      ...(readsPageFlags(options) && { carriers: ['pte-dirty', 'page-flag', 'bitmap'] }),
      mappedFlags: PTE_PRESENT,
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT),
      writeFault: (page) =>
        blockWriters ? upgradeUnder(LOCK.reservation, page, WRITTEN) : upgradeEntry(page, WRITTEN),
      ...aroundUnmapByProtection(options),
      *harvest() {
        if (blockWriters) yield micro(Op.lock, 'lock', -1, LOCK.reservation);
        yield* collectPageFlags(options);
        if (!mutations.has('no-rearm')) yield* forEachVma(start, 'protect entries', protect);
        if (!noRecheck) yield* forEachVma(start, 'collect dirty entries', collect);
        if (blockWriters) yield micro(Op.unlock, 'lock', -1, LOCK.reservation);
        yield* consumeMarked(options, CARRIER.bitmap, upload);
      },
    };
  },
});
