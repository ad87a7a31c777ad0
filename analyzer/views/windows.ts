/**
 * Views by window: each is a table function of the size of its windows, with one that suits the trail where none is given. A size is
 * looked at once per trail.
 */
import type { Cell, TrailReader, ViewParameter } from '../../traces/index.js';
import { UsageError } from '../../base/index.js';
import { statistics, type StatisticsReport } from '../statistics/index.js';
import { oncePerTrail } from './once.js';

/** Sizes of windows that are remembered. Chosen: a statement seldom asks for more than two. */
const SIZES_KEPT = 8;

export type WindowKey = 'dirtyRate' | 'workingSet';

export const WINDOW_PARAMETER: ViewParameter = {
  name: 'of_ns',
  about:
    'size of the windows, ns; they begin at its multiples. Without it: the smallest of 1, 2, 5, 10, ... of which 64 span the trail',
};

/** The report with windows of that size (null: what suits), with that statistic in it. */
export function byWindow<Key extends WindowKey>(
  key: Key,
): (
  trail: TrailReader,
  size: Cell,
) => Pick<StatisticsReport, 'window'> & { readonly result: NonNullable<StatisticsReport[Key]> } {
  const known = oncePerTrail(() => new Map<Cell, StatisticsReport>());
  return (trail, size) => {
    const reports = known(trail);
    let report = reports.get(size);
    if (report === undefined) {
      report = statistics(trail, { keys: [key], ...(size !== null && { window: { unit: 'ns', size: sizeOf(size) } }) });
      const [oldest] = reports.keys();
      if (reports.size === SIZES_KEPT) reports.delete(oldest!);
      reports.set(size, report);
    }
    return { window: report.window, result: report[key]! };
  };
}

function sizeOf(size: Cell): number {
  const number = typeof size === 'bigint' ? Number(size) : size;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number > 0) return number;
  throw new UsageError({
    what: `the size of windows '${size}' is not a number of ns`,
    why: 'it must be an integer above 0',
    mend: 'for instance SELECT * FROM working_set(100000)',
  });
}
