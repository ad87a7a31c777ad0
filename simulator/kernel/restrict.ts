/**
 * What all tracking rests on: entries of a range lose W or D so that the next write leaves a mark, and CPUs forget what they cached of
 * them. Notifier, change, flush, notifier; one order for every strategy, with the defects that can be switched into it.
 */
import { NOTIFIER } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import type { StrategyOptions } from '../strategies/define.js';
import type { RangeWalk } from '../walk-specification.js';
import { flushGuest, flushRange } from './flush.js';
import { rangeWalk, type WalkResult } from './range-walk.js';

export interface Restriction {
  /** The flush is left to the caller. */
  readonly unflushed?: boolean;
  /** The caller holds the page-table lock over the whole range. */
  readonly locked?: boolean;
}

/** Walks first..last of one VMA and flushes what it changed. */
export function* restrict(
  options: StrategyOptions,
  walk: RangeWalk,
  first: number,
  last: number,
  { unflushed = false, locked = false }: Restriction = {},
): Micro<WalkResult> {
  const { mutations } = options;
  const noFlush = unflushed || mutations.has('no-flush');
  const flushFirst = mutations.has('flush-first');
  yield* notifyStart(options, first, last);
  if (flushFirst && !noFlush) yield* flushEntries(options, first, last);
  if (mutations.has('populating-walk'))
    yield micro(Op.populate, 'allocate page tables', first, walk.slotNs, last, options.cost('allocTable'));
  const result = yield* rangeWalk(walk, first, last, locked);
  const early = mutations.has('notifier-end-before-flush');
  if (early) yield* notifyEnd(options, first, last);
  if (result.changed > 0 && !noFlush && !flushFirst) yield* flushEntries(options, result.first, result.last);
  if (!early) yield* notifyEnd(options, first, last);
  return result;
}

/** Everybody forgets what they cached of first..last: CPUs of a process by range, virtual CPUs of a guest all they have. */
export function flushEntries({ inMonitor }: StrategyOptions, first: number, last: number): Micro {
  return inMonitor ? flushGuest(first, last, 'harvest') : flushRange(first, last, 'harvest');
}

/** mmu_notifier_invalidate_range_start: the device's MMU drops what it has of the range and takes nothing up until the end. */
export function* notifyStart(options: StrategyOptions, first: number, last: number): Micro {
  if (notifies(options)) yield micro(Op.notify, 'notifier', first, NOTIFIER.start, last);
}

/** mmu_notifier_invalidate_range_end. */
export function* notifyEnd(options: StrategyOptions, first: number, last: number): Micro {
  if (notifies(options)) yield micro(Op.notify, 'notifier', first, NOTIFIER.end, last);
}

function notifies({ deviceMmu, mutations }: StrategyOptions): boolean {
  return deviceMmu && !mutations.has('no-notifier');
}
