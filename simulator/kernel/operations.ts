/**
 * What is done to the tracked object besides accesses: unmap, move, fork, split. Each runs over a home interval in every mapping.
 *
 * Dirtiness must survive them. Behind a struct page D goes to the page flag when an entry is taken out (zap_pte_range), and the flush comes before
 * the page-table lock is dropped (Linux 3.15, "mm: split 'tlb_flush_mmu()'"); without one D is dropped, so a strategy that reads D collects it before
 * (`aroundUnmap`). Bits of anonymous memory travel in the swap entry.
 */
import { PTE_DIRTY, PTE_PRESENT, PTE_SOFT_DIRTY, PTE_UFFD_WP } from '../../traces/index.js';
import { AccessKind } from '../accesses.js';
import { CARRIER, LOCK } from '../machine/codes.js';
import { ANY_MAPPED } from '../machine/order.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import type { StrategyCode, StrategyOptions } from '../strategies/define.js';
import type { Tracking } from './access.js';
import { splitAround } from './faults.js';
import { flushRange } from './flush.js';
import { forEachPart } from './object.js';
import { notifyEnd, notifyStart } from './restrict.js';

/** The home pages that an operation is about, and the mapping that it is done in (for fork). */
export interface Extent {
  readonly first: number;
  readonly last: number;
  readonly mapping: number;
}

/** The operation of that access kind. */
export function* operate(kind: number, { strategy, options }: Tracking, { first, last, mapping }: Extent): Micro {
  if (kind === AccessKind.unmap) yield* unmap(strategy, options, first, last, 'no-collect');
  else if (kind === AccessKind.move) yield* move(strategy, options, first, last);
  else if (kind === AccessKind.fork) yield* fork(first, last, mapping);
  else if (kind === AccessKind.split) yield* split(options, first, last);
}

/** unmap_mapping_range, or swap-out: every entry goes; the contents stay with the object. */
function* unmap(
  strategy: StrategyCode,
  options: StrategyOptions,
  first: number,
  last: number,
  careless: 'no-collect' | 'move-drops-dirty',
  then?: () => Micro,
): Micro {
  const drops = options.mutations.has(careless);
  function* zap(): Micro {
    yield* forEachPart('unmap entries', first, last, (from, to) => zapPart(options, from, to, drops));
    if (then !== undefined) yield* then();
  }
  if (strategy.aroundUnmap === undefined || drops) yield* zap();
  else yield* strategy.aroundUnmap(first, last, zap);
}

/** One part of one mapping, a page table at a time. */
function* zapPart(options: StrategyOptions, first: number, last: number, drops: boolean): Micro {
  yield* notifyStart(options, first, last);
  for (let page = first; page >= 0; ) {
    const end = yield micro(Op.tableEnd, 'unmap entries', page, 0, last);
    yield* zapTable(options, page, end, drops);
    page = yield micro(Op.nextEntry, 'unmap entries', end, 0, last);
  }
  yield* notifyEnd(options, first, last);
}

function* zapTable(options: StrategyOptions, first: number, last: number, drops: boolean): Micro {
  yield micro(Op.lock, 'lock', first, LOCK['page-table']);
  let taken = 0;
  for (let page = first; page >= 0; page = yield micro(Op.nextEntry, 'unmap entries', page, 0, last)) {
    const old = yield micro(Op.pteUnmap, 'unmap entries', page);
    if ((old & PTE_PRESENT) === 0) continue;
    taken++;
    if (!drops) yield* keepDirt(options, page, old);
  }
  if (taken > 0) yield* flushRange(first, last, 'unmap');
  yield micro(Op.unlock, 'lock', first, LOCK['page-table']);
}

/** Where the dirtiness of an entry goes when the entry goes. */
function* keepDirt(options: StrategyOptions, page: number, flags: number): Micro {
  const { swapsBits, mutations } = options;
  if (swapsBits === 'soft-dirty') {
    if (flags & PTE_SOFT_DIRTY && !mutations.has('swap-drops-bit'))
      yield micro(Op.markSet, 'unmap entries', page, CARRIER['soft-dirty']);
  } else if (swapsBits === 'uffd-wp') {
    if ((flags & PTE_UFFD_WP) === 0 && !mutations.has('swap-drops-bit'))
      yield micro(Op.markSet, 'unmap entries', page, CARRIER['uffd-wp']);
  } else if (flags & PTE_DIRTY && (yield micro(Op.hasStructPage, 'unmap entries', page)))
    yield micro(Op.recordEntry, 'unmap entries', page, CARRIER['page-flag']);
}

/** The object changes from system to device memory or back: unmapped, copied, and faulted in again by whoever needs it. */
function* move(strategy: StrategyCode, options: StrategyOptions, first: number, last: number): Micro {
  const step = 'move contents';
  // Frames are moved one by one, and a huge entry needs neighbours.
  if (options.huge) yield* split(options, first, last);
  yield* unmap(strategy, options, first, last, 'move-drops-dirty', function* () {
    for (let page = first; page >= 0; page = yield* nextHome(page, last)) {
      // Page migration holds the page lock, so that nobody who cleans the page is between taking its entry out and the flush.
      const hasLock = yield micro(Op.hasStructPage, step, page);
      if (hasLock) yield micro(Op.lock, 'lock', page, LOCK.page);
      // It waits for the last entry to go: a fault may have put one back. No try depends on the one before.
      for (;;) {
        yield micro(Op.settle, step, -1, 1 + page);
        if (yield micro(Op.moveFrame, step, page, options.cost('move4k'))) break;
        for (let mapped = page; mapped >= 0; mapped = yield micro(Op.nextMapping, step, mapped))
          yield* zapPart(options, mapped, mapped, false);
      }
      if (hasLock) yield micro(Op.unlock, 'lock', page, LOCK.page);
    }
  });
}

function* nextHome(page: number, last: number): Micro<number> {
  const next = yield micro(Op.nextRun, 'move contents', page, ANY_MAPPED);
  if (next < 0) return -1;
  return page === last ? -1 : next;
}

/** copy_page_range of a shared mapping: the child gets every entry, writable or not as it is, and clean. */
function* fork(first: number, last: number, mapping: number): Micro {
  const step = 'fork copies entries';
  const child = yield micro(Op.forkSpace, step);
  const from = yield micro(Op.partFirst, step, first, mapping, last);
  if (from < 0) return;
  const to = yield micro(Op.partLast, step, first, mapping, last);
  for (let page = from; page >= 0; page = yield micro(Op.nextEntry, step, page, 0, to)) {
    yield micro(Op.lock, 'lock', page, LOCK['page-table']);
    if ((yield micro(Op.pteLoad, step, page)) & PTE_PRESENT) yield micro(Op.copyEntry, step, page, child, PTE_DIRTY);
    yield micro(Op.unlock, 'lock', page, LOCK['page-table']);
  }
}

/** Huge entries of an interval become small ones, those that were taken out included: they come back small. */
function* split(options: StrategyOptions, first: number, last: number): Micro {
  for (let page = first; page >= 0; page = yield micro(Op.nextEntry, 'split huge entry', page, 0, last)) {
    yield* splitAround(options, page);
    if (!(yield micro(Op.pteLoad, 'split huge entry', page))) yield micro(Op.splitEntry, 'split huge entry', page, 0);
  }
}
