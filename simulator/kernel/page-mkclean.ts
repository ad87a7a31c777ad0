/**
 * Tracking through struct page: page_mkwrite on the first write, and clear_page_dirty_for_io with page_mkclean_one at the
 * harvest (mm/rmap.c, mm/page-writeback.c). The entry is taken out and flushed before its cleaned form goes back, so an access
 * in the gap faults and waits for the page-table lock. The page lock covers callback and harvest alike.
 */
import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { CARRIER, LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import type { StrategyCode, StrategyOptions } from '../strategies/define.js';
import { mapOnFault, upgradeEntry } from './faults.js';
import { flushRange } from './flush.js';

/** @param transferNs cost of handing 4 KiB to the consumer */
export function pageMkcleanProtocol({ mutations, cost }: StrategyOptions, transferNs: number): StrategyCode {
  const noFlush = mutations.has('no-flush');
  const flushFirst = mutations.has('flush-first');
  const transferFirst = mutations.has('transfer-first');

  function* pageMkclean(page: number): Micro {
    yield micro(Op.lock, 'lock', page, LOCK['page-table']);
    if (flushFirst && !noFlush) yield* flushRange(page, page, 'harvest');
    const taken = yield micro(Op.pteExchange, 'take entry out', page, 0);
    if (!noFlush && !flushFirst) yield* flushRange(page, page, 'harvest');
    yield micro(Op.pteStore, 'put clean entry back', page, taken & ~(PTE_WRITABLE | PTE_DIRTY));
    yield micro(Op.unlock, 'lock', page, LOCK['page-table']);
    yield micro(Op.walkEnd, 'take entry out', page, 1, page, cost('pteScan'), cost('pageClean'));
  }

  function* harvestPage(page: number): Micro {
    yield micro(Op.lock, 'lock', page, LOCK.page);
    if (transferFirst) {
      yield micro(Op.report, 'report', page);
      yield micro(Op.transfer, 'transfer', page, transferNs);
      yield* pageMkclean(page);
      yield micro(Op.markClear, 'consume mark', page, CARRIER['page-flag']);
    } else {
      yield* pageMkclean(page);
      yield micro(Op.report, 'report', page);
      yield micro(Op.markClear, 'consume mark', page, CARRIER['page-flag']);
      yield micro(Op.transfer, 'transfer', page, transferNs);
    }
    yield micro(Op.unlock, 'lock', page, LOCK.page);
  }

  return {
    mappedFlags: PTE_PRESENT,
    notPresentFault: (page) => mapOnFault(page, PTE_PRESENT),
    *writeFault(page) {
      yield micro(Op.lock, 'lock', page, LOCK.page);
      yield* upgradeEntry(page, PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED);
      yield micro(Op.markSet, 'mark page', page, CARRIER['page-flag']); // fault_dirty_shared_page
      yield micro(Op.unlock, 'lock', page, LOCK.page);
    },
    *harvest() {
      yield micro(Op.harvestBegin, 'harvest');
      for (let page = yield micro(Op.nextRun, 'consume mark', -1, CARRIER['page-flag']); page >= 0; ) {
        yield* harvestPage(page);
        page = yield micro(Op.nextRun, 'consume mark', page, CARRIER['page-flag']);
      }
      yield micro(Op.harvestEnd, 'harvest');
    },
  };
}
