import { UsageError } from '../../base/index.js';
import { carrierMask, PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { clearMarks, consumeMarked } from '../kernel/consume.js';
import { mapOnFault, upgradeEntry } from '../kernel/faults.js';
import { flushRange } from '../kernel/flush.js';
import { forEachVma } from '../kernel/object.js';
import { rangeWalk } from '../kernel/range-walk.js';
import { CARRIER, LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import type { RangeWalk } from '../walk-specification.js';
import { PTE_ARCHITECTURES, type StrategyDefinition } from './define.js';

// drivers/gpu/drm/vmwgfx/vmwgfx_page_dirty.c
/** Objects of fewer pages than a page table has entries begin with the D bits: PAGE_SIZE / sizeof(pte_t). */
const SMALL_OBJECT_PAGES = 512;
/** VMW_DIRTY_NUM_CHANGE_TRIGGERS: the method changes when more scans in a row than this called for it. */
const CHANGE_TRIGGERS = 2;
/** VMW_DIRTY_PERCENTAGE: protected entries in percent of the object (integer division) above which faults cost too much. */
const DIRTY_PERCENTAGE = 10;

const PAGETABLE = 0;
const MKWRITE = 1;
const READS = [['pte-dirty', 'bitmap'], ['bitmap']] as const;

/**
 * What vmwgfx ships: D bits for small objects, write protection for large ones, and a change of method when three scans in a row
 * call for it. The lock order is vmwgfx's too, window and all: the reservation lock is dropped after the page was marked and
 * before its entry becomes writable, so with interleaved micro-steps a harvest in between can lose the write.
 */
export const adaptive: StrategyDefinition = {
  id: 'adaptive',
  summary: 'what vmwgfx ships: D bits or write protection, changed after three scans in a row that call for it',
  price: 'both of hw-dirty and pfn-mkwrite, and two walks with flushes per change of method',
  vmas: ['pfnmap', 'mixedmap'],
  vmaReason: 'it is the two methods of a driver for its own mappings (pfn_mkwrite)',
  architectures: PTE_ARCHITECTURES,
  carriers: READS[PAGETABLE],
  methods: ['pagetable', 'mkwrite'],
  cannotSee: ['device-dma', 'kernel-write'],
  faultCosts: ['wpFault', 'mkwriteExtra'],
  mutations: [mutation('no-flush', 'coarse'), mutation('flush-first', 'fine')],
  create({ mutations, cost, objectPages }) {
    if (objectPages === null) {
      throw new UsageError({
        what: 'adaptive needs the size of the object',
        why: 'it begins with D bits below 512 pages, and counts protected entries in percent of the object',
        mend: 'give --object-pages N',
      });
    }
    const noFlush = mutations.has('no-flush');
    const flushFirst = mutations.has('flush-first');
    let method = objectPages < SMALL_OBJECT_PAGES ? PAGETABLE : MKWRITE;
    let changeCount = 0;
    const scan = { slotNs: cost('pteScan'), changeNs: cost('scanArm') };
    const protect = { any: PTE_WRITABLE, clear: PTE_WRITABLE, record: -1, step: 'protect entries', ...scan } as const;
    const clean = { any: PTE_DIRTY, clear: PTE_DIRTY, record: CARRIER.bitmap, step: 'clean entries', ...scan } as const;

    /** A walk and its flush; entries changed. */
    function* walkAndFlush(walk: RangeWalk, first: number, last: number): Micro<number> {
      if (flushFirst && !noFlush) yield* flushRange(first, last, 'harvest');
      const { changed, first: from, last: to } = yield* rangeWalk(walk, first, last);
      if (changed > 0 && !noFlush && !flushFirst) yield* flushRange(from, to, 'harvest');
      return changed;
    }

    /** The same over the whole object. */
    function* walkObject(walk: RangeWalk): Micro<number> {
      let changed = 0;
      yield* forEachVma(walk.step, function* (first, last) {
        changed += yield* walkAndFlush(walk, first, last);
      });
      return changed;
    }

    function* change(to: number): Micro {
      yield micro(Op.switchMethod, 'change method', -1, method, to, carrierMask(READS[to]!));
      method = to;
      changeCount = 0;
    }

    function* scanPagetable(): Micro {
      const dirty = yield* walkObject(clean);
      changeCount = dirty === 0 ? changeCount + 1 : 0;
      if (changeCount <= CHANGE_TRIGGERS) return;
      yield* change(MKWRITE);
      yield* walkObject(protect);
      yield* walkObject(clean);
    }

    function* scanMkwrite(): Micro {
      const first = yield micro(Op.firstMarked, 'protect entries', -1, CARRIER.bitmap);
      if (first < 0) return; // an empty interval leaves the count of triggers alone
      const last = yield micro(Op.lastMarked, 'protect entries', -1, CARRIER.bitmap);
      const protectedEntries = yield* walkAndFlush(protect, first, last);
      changeCount = Math.floor((100 * protectedEntries) / objectPages!) > DIRTY_PERCENTAGE ? changeCount + 1 : 0;
      if (changeCount <= CHANGE_TRIGGERS) return;
      yield* change(PAGETABLE);
      yield* walkObject(clean); // drops the D bits that the faults left behind
      yield* clearMarks(CARRIER.bitmap);
      for (let page = first; page >= 0; page = yield micro(Op.nextEntry, 'mark page', page, 0, last)) {
        yield micro(Op.markSet, 'mark page', page, CARRIER.bitmap); // the whole interval, written or not
      }
    }

    return {
      carriers: READS[method]!,
      mappedFlags: method === PAGETABLE ? PTE_PRESENT | PTE_WRITABLE : PTE_PRESENT,
      notPresentFault: (page) => mapOnFault(page, method === PAGETABLE ? PTE_PRESENT | PTE_WRITABLE : PTE_PRESENT),
      *writeFault(page) {
        yield micro(Op.lock, 'lock', -1, LOCK.reservation);
        if (method === MKWRITE) yield micro(Op.markSet, 'mark page', page, CARRIER.bitmap);
        yield micro(Op.unlock, 'lock', -1, LOCK.reservation);
        // The window: marked, unlocked, and not yet writable.
        yield* upgradeEntry(page, PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED);
      },
      *harvest() {
        yield micro(Op.harvestBegin, 'harvest');
        yield micro(Op.lock, 'lock', -1, LOCK.reservation);
        yield* method === PAGETABLE ? scanPagetable() : scanMkwrite();
        yield* consumeMarked(CARRIER.bitmap, cost('upload4k'));
        yield micro(Op.unlock, 'lock', -1, LOCK.reservation);
        yield micro(Op.harvestEnd, 'harvest');
      },
    };
  },
};
