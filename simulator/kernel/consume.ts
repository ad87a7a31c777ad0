/**
 * The consumer's side of a harvest: runs of marked pages are reported and their bytes transferred. The mark goes before the
 * bytes are read, so that a write that comes after leaves a new one; where the consumer does not snoop CPU caches, they are written back first.
 */
import { type Micro, micro, Op } from '../micro-ops.js';
import type { StepName } from '../steps.js';
import type { StrategyOptions } from '../strategies/define.js';
import { forEachRun } from './object.js';

/** Reports, unmarks and transfers every run of pages with the carrier; ANY_MAPPED and DIFFERS have no mark to clear. */
export function consumeMarked(options: StrategyOptions, carrier: number, costPer4kNs: number): Micro {
  return forEachRun(options.start, 'consume mark', carrier, function* (first, last) {
    yield micro(Op.report, 'report', first, 0, last);
    if (carrier >= 0) yield micro(Op.markClear, 'consume mark', first, carrier, last);
    yield* transfer(options, first, last, costPer4kNs);
  });
}

/** Reports and transfers every run of marked pages and leaves the marks alone: the wrong order, for mutations. */
export function transferMarked(options: StrategyOptions, carrier: number, costPer4kNs: number): Micro {
  return forEachRun(options.start, 'transfer', carrier, function* (first, last) {
    yield micro(Op.report, 'report', first, 0, last);
    yield* transfer(options, first, last, costPer4kNs);
  });
}

/** Clears the marks of every run of marked pages. */
export function clearMarks({ start }: StrategyOptions, carrier: number, step: StepName = 'consume mark'): Micro {
  return forEachRun(start, step, carrier, function* (first, last) {
    yield micro(Op.markClear, step, first, carrier, last);
  });
}

/** The consumer reads the bytes of a run. */
export function* transfer(options: StrategyOptions, first: number, last: number, costPer4kNs: number): Micro {
  if (options.nonCoherent && !options.mutations.has('no-cache-flush'))
    yield micro(Op.cacheFlush, 'flush CPU caches', first, options.cost('cacheFlush4k'), last);
  yield micro(Op.transfer, 'transfer', first, costPer4kNs, last);
}
