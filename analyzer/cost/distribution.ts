/**
 * How values spread, from counts per distinct value. Exact while the distinct values are few, as they are where costs come from a
 * profile; beyond that, values are rounded down to 1/64 of their power of two (an error below 1.6 %), and `exact` says so.
 */

/** Distinct values kept apart. Chosen: some 5 MB; rounding leaves at most 64 per power of two, so it happens once. */
const DISTINCT_MAX = 100_000;

export class Distribution {
  /** Values seen. */
  count = 0;
  max = 0;
  exact = true;
  readonly #distinctMax: number;
  #counts = new Map<number, number>();

  constructor(distinctMax = DISTINCT_MAX) {
    this.#distinctMax = distinctMax;
  }

  /** Adds `times` times the value, which is not negative. */
  add(value: number, times = 1): void {
    if (times === 0) return;
    this.count += times;
    if (value > this.max) this.max = value;
    const key = this.exact ? value : rounded(value);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + times);
    if (this.exact && this.#counts.size > this.#distinctMax) this.#round();
  }

  /** The smallest value that at least so many percent of the values do not exceed (nearest rank); 0 where there is none. */
  percentile(percent: number): number {
    const rank = Math.max(1, Math.ceil((percent * this.count) / 100));
    let passed = 0;
    for (const value of [...this.#counts.keys()].sort((a, b) => a - b)) {
      passed += this.#counts.get(value)!;
      if (passed >= rank) return value;
    }
    return 0;
  }

  #round(): void {
    const exactCounts = this.#counts;
    this.exact = false;
    this.#counts = new Map();
    for (const [value, times] of exactCounts) {
      const key = rounded(value);
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + times);
    }
  }
}

/** The value without what lies below 1/64 of its power of two. */
function rounded(value: number): number {
  if (value < 64) return value;
  const unit = 2 ** (Math.floor(Math.log2(value)) - 6);
  return Math.floor(value / unit) * unit;
}
