import { UsageError } from '../../base/index.js';
import { carrierMask, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { aroundUnmapByProtection, collectBeforeUnmap, collectPageFlags, readsPageFlags } from '../kernel/collect.js';
import { clearMarks, consumeMarked } from '../kernel/consume.js';
import { mapUnder, upgradeEntry, WRITTEN } from '../kernel/faults.js';
import { forEachPart, forEachVma } from '../kernel/object.js';
import { restrict } from '../kernel/restrict.js';
import { recall, remember, VARIABLE } from '../kernel/variables.js';
import { cleaning, protecting } from '../kernel/walks.js';
import { CARRIER, LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import type { RangeWalk } from '../walk-specification.js';
import { defineStrategy, NOTIFY, PTE_ARCHITECTURES, TRANSFER } from './define.js';

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
/** Where some entries have a struct page, an unmap may have put D into its flag. */
const READS_WITH_FLAGS = [['pte-dirty', 'page-flag', 'bitmap'], ['bitmap']] as const;

/**
 * What vmwgfx ships: D bits for small objects, write protection for large ones, and a change of method when three scans in a row
 * call for it. The lock order is vmwgfx's too, window and all: the reservation lock is dropped after the page was marked and
 * before its entry becomes writable, so with interleaved micro-steps a harvest in between can lose the write.
 */
export const adaptive = defineStrategy({
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
  steps: [
    {
      step: 'mark',
      summary: 'in mkwrite, the callback marks the page and drops its lock before the entry becomes writable: a window',
      mutations: [mutation('no-mark', 'coarse')],
    },
    NOTIFY,
    {
      step: 'scan',
      summary: 'clean and record the whole object, or protect the marked interval',
      mutations: [mutation('populating-walk', 'none')],
    },
    {
      step: 'flush',
      summary: 'one flush per VMA and walk over the entries that changed',
      mutations: [mutation('no-flush', 'coarse'), mutation('flush-first', 'fine')],
    },
    {
      step: 'change method',
      summary:
        'after three scans in a row that call for it; to pagetable, the whole interval of the last scan is marked',
      mutations: [mutation('no-interval', 'coarse')],
    },
    TRANSFER,
    collectBeforeUnmap(mutation('check-before-protect', 'fine')),
  ],
  create(options) {
    const { mutations, cost, objectPages, start } = options;
    if (objectPages === null) {
      throw new UsageError({
        what: 'adaptive needs the size of the object',
        why: 'it begins with D bits below 512 pages, and counts protected entries in percent of the object',
        mend: 'give --object-pages N',
      });
    }
    const reads = readsPageFlags(options) ? READS_WITH_FLAGS : READS;
    const methodAtFirst = objectPages < SMALL_OBJECT_PAGES ? PAGETABLE : MKWRITE;
    /** What an eager mapping gets; the code itself asks for the method. */
    let mappedFlags = flagsUnder(methodAtFirst);
    const protect = protecting(options);
    const clean = cleaning(options, CARRIER.bitmap);

    /** A walk over the whole object, with its flushes; entries changed. */
    function* walkObject(walk: RangeWalk): Micro<number> {
      let changed = 0;
      yield* forEachVma(start, walk.step, function* (first, last) {
        changed += (yield* restrict(options, walk, first, last)).changed;
      });
      return changed;
    }

    function* method(): Micro<number> {
      return methodAtFirst ^ (yield recall(VARIABLE.method, 'change method'));
    }

    function* change(to: number): Micro {
      yield micro(Op.switchMethod, 'change method', -1, yield* method(), to, carrierMask(reads[to]!));
      yield remember(VARIABLE.method, methodAtFirst ^ to, 'change method');
      yield remember(VARIABLE.triggers, 0, 'change method');
      mappedFlags = flagsUnder(to);
    }

    /** Counts scans in a row that call for the other method; whether it is time to change. */
    function* triggered(calls: boolean): Micro<boolean> {
      const count = calls ? 1 + (yield recall(VARIABLE.triggers, 'change method')) : 0;
      yield remember(VARIABLE.triggers, count, 'change method');
      return count > CHANGE_TRIGGERS;
    }

    function* scanPagetable(): Micro {
      yield* collectPageFlags(options);
      const dirty = yield* walkObject(clean);
      if (!(yield* triggered(dirty === 0))) return;
      yield* change(MKWRITE);
      yield* walkObject(protect);
      yield* walkObject(clean);
    }

    function* scanMkwrite(): Micro {
      const first = yield micro(Op.nextRun, 'protect entries', start, CARRIER.bitmap);
      if (first < 0) return; // an empty interval leaves the count of triggers alone
      const last = yield micro(Op.lastMarked, 'protect entries', start, CARRIER.bitmap);
      let protectedEntries = 0;
      yield* forEachPart('protect entries', first, last, function* (from, to) {
        protectedEntries += (yield* restrict(options, protect, from, to)).changed;
      });
      const percentage = Math.floor((100 * protectedEntries) / objectPages!);
      if (!(yield* triggered(percentage > DIRTY_PERCENTAGE))) return;
      yield* change(PAGETABLE);
      yield* walkObject(clean); // drops the D bits that the faults left behind
      yield* clearMarks(options, CARRIER.bitmap);
      if (mutations.has('no-interval')) return;
      for (let page = first; page >= 0; page = yield micro(Op.nextEntry, 'mark page', page, 0, last)) {
        yield micro(Op.markSet, 'mark page', page, CARRIER.bitmap); // the whole interval, written or not
      }
    }

    const { aroundUnmap } = aroundUnmapByProtection(options);
    return {
      carriers: reads[methodAtFirst]!,
      get mappedFlags() {
        return mappedFlags;
      },
      *notPresentFault(page) {
        yield* mapUnder(LOCK.reservation, page, flagsUnder(yield* method()));
      },
      *writeFault(page) {
        yield micro(Op.lock, 'lock', -1, LOCK.reservation);
        const marks = (yield* method()) === MKWRITE && !mutations.has('no-mark');
        if (marks) yield micro(Op.markSet, 'mark page', page, CARRIER.bitmap);
        yield micro(Op.unlock, 'lock', -1, LOCK.reservation);
        // The window: marked, unlocked, and not yet writable.
        yield* upgradeEntry(page, WRITTEN);
      },
      *aroundUnmap(first, last, unmap) {
        yield* (yield* method()) === PAGETABLE ? aroundUnmap!(first, last, unmap) : unmap();
      },
      *harvest() {
        yield micro(Op.lock, 'lock', -1, LOCK.reservation);
        yield* (yield* method()) === PAGETABLE ? scanPagetable() : scanMkwrite();
        yield* consumeMarked(options, CARRIER.bitmap, cost('upload4k'));
        yield micro(Op.unlock, 'lock', -1, LOCK.reservation);
      },
    };
  },
});

/** Logical flags of a new entry: writable only where D bits tell who wrote. */
function flagsUnder(method: number): number {
  return method === PAGETABLE ? PTE_PRESENT | PTE_WRITABLE : PTE_PRESENT;
}
