/**
 * Tracking through struct page: page_mkwrite on the first write, and clear_page_dirty_for_io with page_mkclean_one at the
 * harvest (mm/rmap.c, mm/page-writeback.c). The entry is taken out of every mapping and flushed before its cleaned form goes back, so an
 * access in the gap faults and waits for the page-table lock. The page lock covers callback and harvest alike.
 */
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { CARRIER, LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import { mutation } from '../mutations.js';
import { NOTIFY, type ProtocolStep, type StrategyCode, type StrategyOptions } from '../strategies/define.js';
import { transfer } from './consume.js';
import { mapOnFault, upgradeEntry, WRITTEN } from './faults.js';
import { flushRange } from './flush.js';
import { notifyEnd, notifyStart } from './restrict.js';

export const PAGE_MKCLEAN_STEPS: readonly ProtocolStep[] = [
  {
    step: 'mark',
    summary: 'page_mkwrite sets the flag of the page, under the page lock',
    mutations: [mutation('no-mark', 'coarse')],
  },
  NOTIFY,
  {
    step: 'take out',
    summary: 'the entry is exchanged for an empty one, under the page-table lock',
    mutations: [
      mutation('no-rearm', 'coarse'),
      mutation('plain-rmw', 'none', {
        summary:
          'the entry is loaded, computed and stored back without a gap: nothing is lost, because the locks keep the fault handler out and D means nothing here',
      }),
    ],
  },
  {
    step: 'flush',
    summary: 'the page is flushed, before its cleaned entry goes back',
    mutations: [
      mutation('no-flush', 'coarse'),
      mutation('flush-first', 'fine'),
      mutation('unlock-before-flush', 'none', {
        summary:
          'the page-table lock is dropped before the flush: nothing is lost, because the page lock is held over flush and transfer, and a write fault needs it',
      }),
    ],
  },
  {
    step: 'consume',
    summary: 'the page is reported and its flag cleared, after the flush',
    mutations: [mutation('transfer-first', 'fine')],
  },
];

/** @param transferNs cost of handing 4 KiB to the consumer */
export function pageMkcleanProtocol(options: StrategyOptions, transferNs: number): StrategyCode {
  const { mutations, cost, start } = options;
  const noFlush = mutations.has('no-flush');
  const flushFirst = mutations.has('flush-first');
  const inPlace = mutations.has('plain-rmw');
  const lateFlush = mutations.has('unlock-before-flush');

  /** page_mkclean_one, for the mapping of the page that `page` is. */
  function* cleanMapping(page: number): Micro {
    yield* notifyStart(options, page, page);
    yield micro(Op.lock, 'lock', page, LOCK['page-table']);
    if (flushFirst && !noFlush) yield* flushRange(page, page, 'harvest');
    const taken = inPlace
      ? yield micro(Op.pteLoad, 'take entry out', page)
      : yield micro(Op.pteExchange, 'take entry out', page, 0);
    const early = mutations.has('notifier-end-before-flush');
    if (early) yield* notifyEnd(options, page, page);
    if (!noFlush && !flushFirst && !lateFlush && !inPlace) yield* flushRange(page, page, 'harvest');
    yield micro(Op.pteStore, 'put clean entry back', page, taken & ~(PTE_WRITABLE | PTE_DIRTY));
    if (!noFlush && !flushFirst && inPlace) yield* flushRange(page, page, 'harvest');
    yield micro(Op.unlock, 'lock', page, LOCK['page-table']);
    if (lateFlush && !noFlush) yield* flushRange(page, page, 'harvest');
    yield micro(Op.walkEnd, 'take entry out', page, 1, page, cost('pteScan'), cost('pageClean'));
    if (!early) yield* notifyEnd(options, page, page);
  }

  function* pageMkclean(page: number): Micro {
    if (mutations.has('no-rearm')) return;
    for (let mapped = page; mapped >= 0; mapped = yield micro(Op.nextMapping, 'take entry out', mapped))
      yield* cleanMapping(mapped);
  }

  function* harvestPage(page: number): Micro {
    yield micro(Op.lock, 'lock', page, LOCK.page);
    if (mutations.has('transfer-first')) {
      yield micro(Op.report, 'report', page);
      yield* transfer(options, page, page, transferNs);
      yield* pageMkclean(page);
      yield micro(Op.markClear, 'consume mark', page, CARRIER['page-flag']);
    } else {
      yield* pageMkclean(page);
      yield micro(Op.report, 'report', page);
      yield micro(Op.markClear, 'consume mark', page, CARRIER['page-flag']);
      yield* transfer(options, page, page, transferNs);
    }
    yield micro(Op.unlock, 'lock', page, LOCK.page);
  }

  return {
    mappedFlags: PTE_PRESENT,
    notPresentFault: (page) => mapOnFault(page, PTE_PRESENT),
    *writeFault(page) {
      yield micro(Op.lock, 'lock', page, LOCK.page);
      yield* upgradeEntry(page, WRITTEN);
      // fault_dirty_shared_page
      if (!mutations.has('no-mark')) yield micro(Op.markSet, 'mark page', page, CARRIER['page-flag']);
      yield micro(Op.unlock, 'lock', page, LOCK.page);
    },
    *harvest() {
      const flag = CARRIER['page-flag'];
      for (let page = yield micro(Op.nextRun, 'consume mark', start, flag); page >= 0; ) {
        yield* harvestPage(page);
        page = yield micro(Op.nextRun, 'consume mark', page, flag);
      }
    },
  };
}
