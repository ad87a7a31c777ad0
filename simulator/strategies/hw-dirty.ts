import { PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { aroundUnmapByProtection, collectBeforeUnmap, collectPageFlags, readsPageFlags } from '../kernel/collect.js';
import { clearMarks, consumeMarked, transferMarked } from '../kernel/consume.js';
import { mapUnder, splitAround, upgradeUnder, WRITTEN } from '../kernel/faults.js';
import { forEachVma } from '../kernel/object.js';
import { rangeWalk } from '../kernel/range-walk.js';
import { restrict } from '../kernel/restrict.js';
import { cleaning } from '../kernel/walks.js';
import { CARRIER, LOCK } from '../machine/codes.js';
import type { Micro } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import { defineStrategy, NOTIFY, PTE_ARCHITECTURES, TRANSFER } from './define.js';

/**
 * The counter-proposal of 2013: leave entries writable, clear D over the object's range into a bitmap
 * (clean_record_shared_mapping_range), flush once per VMA, then transfer. Between clear and flush a CPU may still write through
 * an entry cached with D; those bytes are in memory before the transfer reads them. After the flush the walker must set D anew.
 */
export const hwDirty = defineStrategy({
  id: 'hw-dirty',
  summary: 'clear the hardware dirty bits of a range, flush, transfer',
  price: 'a scan of the object and one range flush per harvest; no fault',
  vmas: ['pfnmap', 'mixedmap', 'shared-file', 'anon'],
  vmaReason: 'second-stage memory is tracked by the VMM, not through the D bits of a process',
  architectures: PTE_ARCHITECTURES,
  carriers: ['pte-dirty', 'bitmap'],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: ['wpFault'],
  hugeEntries: 'whole',
  steps: [
    NOTIFY,
    {
      step: 'clean',
      summary: 'D is cleared in every entry of the object by an atomic update',
      mutations: [
        mutation('plain-rmw', 'fine', { needs: ['hardware-dirty'] }),
        mutation('populating-walk', 'none'),
        mutation('no-rearm', 'none', {
          summary:
            'D is read and not cleared: nothing is lost, and every page once written is reported at every harvest',
        }),
      ],
    },
    {
      step: 'record',
      summary: 'each page whose D was set goes into the bitmap',
      mutations: [mutation('no-mark', 'coarse')],
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
    collectBeforeUnmap(mutation('check-before-protect', 'fine')),
    {
      step: 'split',
      summary: 'a huge entry is exchanged for small ones that inherit its D',
      mutations: [mutation('split-drops-dirty', 'coarse')],
    },
  ],
  create(options) {
    const { mutations, cost, start } = options;
    const mappedFlags = PTE_PRESENT | PTE_WRITABLE;
    const upload = cost('upload4k');
    const full = cleaning(options, mutations.has('no-mark') ? -1 : CARRIER.bitmap);
    const cleanWalk = mutations.has('no-rearm') ? { ...full, clear: 0 } : full;
    const peekWalk = { ...full, clear: 0, plainStore: false, step: 'collect dirty entries' } as const;

    /** Moves D from the entries of a VMA into the bitmap. */
    function* clean(first: number, last: number): Micro {
      yield* restrict(options, cleanWalk, first, last);
    }

    /** Notes which entries are dirty and leaves them so: the first half of `transfer-first`. */
    function* peek(first: number, last: number): Micro {
      yield* rangeWalk(peekWalk, first, last);
    }

    return {
      ...(readsPageFlags(options) && { carriers: ['pte-dirty', 'page-flag', 'bitmap'] }),
      mappedFlags,
      *writeFault(page) {
        // Entries are protected only while they are collected before an unmap.
        yield* splitAround(options, page);
        yield* upgradeUnder(LOCK.reservation, page, WRITTEN);
      },
      notPresentFault: (page) => mapUnder(LOCK.reservation, page, mappedFlags),
      ...aroundUnmapByProtection(options),
      *harvest() {
        yield* collectPageFlags(options);
        if (mutations.has('transfer-first')) {
          yield* forEachVma(start, 'collect dirty entries', peek);
          yield* transferMarked(options, CARRIER.bitmap, upload);
          yield* forEachVma(start, 'clean entries', clean);
          yield* clearMarks(options, CARRIER.bitmap);
        } else {
          yield* forEachVma(start, 'clean entries', clean);
          yield* consumeMarked(options, CARRIER.bitmap, upload);
        }
      },
    };
  },
});
