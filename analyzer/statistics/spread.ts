/** A distribution as an answer: exact percentiles, and a log-linear histogram of nine buckets per decade, so that bounds read well. */
import type { Distribution } from '../cost/index.js';

/** Values [from, below). */
export interface Bucket {
  readonly from: number;
  readonly below: number;
  readonly count: number;
}

export interface Spread {
  readonly unit: string;
  readonly count: number;
  /** This and what follows is 0 where there is no value. */
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** False where there were so many distinct values that they were rounded down, by less than 1.6 %. */
  readonly exact: boolean;
  /** Those that hold values, ascending. */
  readonly buckets: readonly Bucket[];
}

export function spreadOf(unit: string, distribution: Distribution): Spread {
  const { count, min, mean, max, exact } = distribution;
  return {
    unit,
    count,
    min,
    mean,
    p50: distribution.percentile(50),
    p90: distribution.percentile(90),
    p99: distribution.percentile(99),
    p999: distribution.percentile(99.9),
    max,
    exact,
    buckets: bucketsOf(distribution),
  };
}

/** 0, 1, 2, ... 9, 10, 20, ... 90, 100, 200, ... */
export function bucketsOf(distribution: Distribution): Bucket[] {
  const buckets: Array<{ from: number; below: number; count: number }> = [];
  distribution.forEach((value, times) => {
    const last = buckets.at(-1);
    if (last !== undefined && value < last.below) {
      last.count += times;
      return;
    }
    const step = stepAt(value);
    const from = Math.floor(value / step) * step;
    buckets.push({ from, below: from + step, count: times });
  });
  return buckets;
}

/** The power of ten that is not above the value; 1 for 0. */
function stepAt(value: number): number {
  let step = 1;
  while (step * 10 <= value) step *= 10;
  return step;
}
