import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { clearMarks, consumeMarked, transferMarked } from '../kernel/consume.js';
import { mapOnFault, neverProtected } from '../kernel/faults.js';
import { flushRange } from '../kernel/flush.js';
import { forEachVma } from '../kernel/object.js';
import { rangeWalk } from '../kernel/range-walk.js';
import { CARRIER } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import { PTE_ARCHITECTURES, type StrategyDefinition } from './define.js';

/**
 * The counter-proposal of 2013: leave entries writable, clear D over the object's range into a bitmap
 * (clean_record_shared_mapping_range), flush once per VMA, then transfer. Between clear and flush a CPU may still write through
 * an entry cached with D; those bytes are in memory before the transfer reads them. After the flush the walker must set D anew.
 */
export const hwDirty: StrategyDefinition = {
  id: 'hw-dirty',
  summary: 'clear the hardware dirty bits of a range, flush, transfer',
  price: 'a scan of the object and one range flush per harvest; no fault',
  vmas: ['pfnmap', 'mixedmap', 'shared-file', 'anon'],
  vmaReason: 'second-stage memory is tracked by the VMM, not through the D bits of a process',
  architectures: PTE_ARCHITECTURES,
  carriers: ['pte-dirty', 'bitmap'],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: [],
  mutations: [
    mutation('no-flush', 'coarse'),
    mutation('flush-first', 'fine'),
    mutation('transfer-first', 'fine'),
    { ...mutation('plain-rmw', 'fine'), needsHardwareDirty: true },
  ],
  create({ mutations, cost }) {
    const mappedFlags = PTE_PRESENT | PTE_WRITABLE;
    const noFlush = mutations.has('no-flush');
    const flushFirst = mutations.has('flush-first');
    const transferFirst = mutations.has('transfer-first');
    const plainStore = mutations.has('plain-rmw');
    const upload = cost('upload4k');
    const scan = { slotNs: cost('pteScan'), changeNs: cost('scanArm') };

    /** Moves D from the entries of a VMA into the bitmap. */
    function* clean(first: number, last: number): Micro {
      if (flushFirst && !noFlush) yield* flushRange(first, last, 'harvest');
      const walk = {
        any: PTE_DIRTY,
        clear: PTE_DIRTY,
        record: CARRIER.bitmap,
        plainStore,
        ...scan,
        step: 'clean entries',
      } as const;
      const { changed, first: from, last: to } = yield* rangeWalk(walk, first, last);
      if (changed > 0 && !noFlush && !flushFirst) yield* flushRange(from, to, 'harvest');
    }

    /** Notes which entries are dirty and leaves them so: the first half of `transfer-first`. */
    function* peek(first: number, last: number): Micro {
      const walk = {
        any: PTE_DIRTY,
        clear: 0,
        record: CARRIER.bitmap,
        ...scan,
        step: 'collect dirty entries',
      } as const;
      yield* rangeWalk(walk, first, last);
    }

    return {
      mappedFlags,
      writeFault: neverProtected,
      notPresentFault: (page) => mapOnFault(page, mappedFlags),
      *harvest() {
        yield micro(Op.harvestBegin, 'harvest');
        if (transferFirst) {
          yield* forEachVma('collect dirty entries', peek);
          yield* transferMarked(CARRIER.bitmap, upload);
          yield* forEachVma('clean entries', clean);
          yield* clearMarks(CARRIER.bitmap);
        } else {
          yield* forEachVma('clean entries', clean);
          yield* consumeMarked(CARRIER.bitmap, upload);
        }
        yield micro(Op.harvestEnd, 'harvest');
      },
    };
  },
};
