import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { consumeMarked } from '../kernel/consume.js';
import { mapOnFault, upgradeEntry } from '../kernel/faults.js';
import { flushRange } from '../kernel/flush.js';
import { forEachVma } from '../kernel/object.js';
import { rangeWalk } from '../kernel/range-walk.js';
import { CARRIER, LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import { PTE_ARCHITECTURES, type StrategyDefinition } from './define.js';

/**
 * The exact, closed snapshot that mm/mapping_dirty_helpers.c describes: protect, flush, then collect and clear D, flush,
 * transfer, with new writers blocked in the fault until the collect is done.
 */
export const hwDirtyWp: StrategyDefinition = {
  id: 'hw-dirty-wp',
  summary: 'protect, flush, collect and clear D, flush, transfer: an exact, closed snapshot',
  price: 'one fault per page and epoch, two scans and up to two range flushes per harvest',
  vmas: ['pfnmap', 'mixedmap', 'shared-file'],
  vmaReason: 'it needs the write notification of a shared mapping (page_mkwrite or pfn_mkwrite)',
  architectures: PTE_ARCHITECTURES,
  carriers: ['pte-dirty', 'bitmap'],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: ['wpFault', 'mkwriteExtra'],
  mutations: [
    mutation('no-flush', 'coarse'),
    mutation('flush-first', 'fine'),
    mutation('transfer-first', 'fine'),
    mutation(
      'no-block',
      'none',
      'new writers are not blocked until the collect is done: nothing is lost, but the snapshot is not closed',
    ),
    mutation(
      'no-second-flush',
      'none',
      'the flush after collecting D is left out: nothing is lost, because after the first flush no CPU can cache a writable entry before it faults',
    ),
  ],
  create({ mutations, cost }) {
    const noFlush = mutations.has('no-flush');
    const flushFirst = mutations.has('flush-first');
    const transferFirst = mutations.has('transfer-first');
    const secondFlush = !noFlush && !flushFirst && !mutations.has('no-second-flush');
    const blockWriters = !mutations.has('no-block');
    const upload = cost('upload4k');
    const scan = { slotNs: cost('pteScan'), changeNs: cost('scanArm') };

    function* protect(first: number, last: number): Micro {
      if (flushFirst && !noFlush) yield* flushRange(first, last, 'harvest');
      const walk = { any: PTE_WRITABLE, clear: PTE_WRITABLE, record: -1, ...scan, step: 'protect entries' } as const;
      const { changed, first: from, last: to } = yield* rangeWalk(walk, first, last);
      if (changed > 0 && !noFlush && !flushFirst && !transferFirst) yield* flushRange(from, to, 'harvest');
    }

    function* collect(first: number, last: number): Micro {
      const walk = {
        any: PTE_DIRTY,
        clear: PTE_DIRTY,
        record: CARRIER.bitmap,
        ...scan,
        step: 'collect dirty entries',
      } as const;
      const { changed, first: from, last: to } = yield* rangeWalk(walk, first, last);
      if (changed === 0) return;
      if (transferFirst) yield* consumeMarked(CARRIER.bitmap, upload);
      if (secondFlush) yield* flushRange(from, to, 'harvest');
    }

    return {
      mappedFlags: PTE_PRESENT,
      notPresentFault: (page) => mapOnFault(page, PTE_PRESENT),
      *writeFault(page) {
        if (blockWriters) yield micro(Op.lock, 'lock', -1, LOCK.reservation);
        yield* upgradeEntry(page, PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED);
        if (blockWriters) yield micro(Op.unlock, 'lock', -1, LOCK.reservation);
      },
      *harvest() {
        yield micro(Op.harvestBegin, 'harvest');
        if (blockWriters) yield micro(Op.lock, 'lock', -1, LOCK.reservation);
        yield* forEachVma('protect entries', protect);
        yield* forEachVma('collect dirty entries', collect);
        if (blockWriters) yield micro(Op.unlock, 'lock', -1, LOCK.reservation);
        yield* consumeMarked(CARRIER.bitmap, upload);
        yield micro(Op.harvestEnd, 'harvest');
      },
    };
  },
};
