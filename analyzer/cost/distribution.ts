/**
 * How values spread, from counts per distinct value, in typed arrays: adding allocates nothing but when they grow. Small values are
 * counted by index. Exact while the distinct values of the others are not too many, as they are where costs come from a
 * profile; beyond that, those are rounded down to 1/64 of their power of two (an error below 1.6 %), and `exact` says so.
 */
import { widened } from '../columns.js';
import { type Counted, ValueCounts } from './value-counts.js';

/** Distinct large values kept apart. Chosen: some 4 MB; rounding leaves at most 64 per power of two, so it happens once. */
const DISTINCT_MAX = 2 ** 18;
/** Values below are counted by index. Chosen: a few pages of memory, and most values where values are small. */
const DIRECT_MAX = 4096;

interface Totals {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

export class Distribution {
  readonly #distinctMax: number;
  readonly #directMax: number;
  /** Times by value. */
  #direct = new Float64Array(64);
  #large = new ValueCounts();
  #isRounded = false;
  /** Of the large values, as they came: those counted by index are added up when somebody asks. */
  readonly #ofLarge = { count: 0, min: Infinity, max: 0, sum: 0 };
  /** Of all of them; null when a value came since. */
  #totals: Totals | null = null;
  /** Distinct values and their times, ascending; null when a value came since. */
  #sorted: Counted | null = null;

  /** @param directMax integers below it are exact whatever their number; the memory for them grows with the largest of them */
  constructor(distinctMax = DISTINCT_MAX, directMax = DIRECT_MAX) {
    this.#distinctMax = distinctMax;
    this.#directMax = directMax;
  }

  /** Adds `times` times the value, which is a whole number and not negative. */
  add(value: number, times = 1): void {
    this.#totals = this.#sorted = null;
    if (value < this.#direct.length) {
      this.#direct[value]! += times;
      return;
    }
    if (times === 0) return;
    if (value < this.#directMax) {
      this.#widen(value);
      this.#direct[value] = times;
      return;
    }
    const { min, max } = this.#ofLarge;
    this.#ofLarge.count += times;
    this.#ofLarge.sum += value * times;
    if (value < min) this.#ofLarge.min = value;
    if (value > max) this.#ofLarge.max = value;
    this.#large.add(this.#isRounded ? rounded(value) : value, times);
    if (!this.#isRounded && this.#large.distinctAtLeast > this.#distinctMax) this.#round(this.#large.inOrder());
  }

  /** Whether values are as they came; rounded down otherwise. */
  get exact(): boolean {
    this.#inOrder();
    return !this.#isRounded;
  }

  /** Values seen. */
  get count(): number {
    return this.#total().count;
  }

  /** 0 where there is none, as `max`. */
  get min(): number {
    return this.#total().min;
  }

  get max(): number {
    return this.#total().max;
  }

  get sum(): number {
    return this.#total().sum;
  }

  /** 0 where there is no value. */
  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /** The smallest value that at least so many percent of the values do not exceed (nearest rank); 0 where there is none. */
  percentile(percent: number): number {
    const { values, times } = this.#inOrder();
    const rank = Math.max(1, Math.ceil((percent * this.count) / 100));
    let passed = 0;
    for (let i = 0; i < values.length; i++) {
      passed += times[i]!;
      if (passed >= rank) return values[i]!;
    }
    return 0;
  }

  /** Calls `visit` with each distinct value and how often it came, ascending. */
  forEach(visit: (value: number, times: number) => void): void {
    const { values, times } = this.#inOrder();
    for (let i = 0; i < values.length; i++) visit(values[i]!, times[i]!);
  }

  #total(): Totals {
    if (this.#totals !== null) return this.#totals;
    let { count, min, max, sum } = this.#ofLarge;
    const direct = this.#direct;
    for (let value = direct.length - 1; value >= 0; value--) {
      const times = direct[value]!;
      if (times === 0) continue;
      count += times;
      sum += value * times;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    return (this.#totals = { count, min: count === 0 ? 0 : min, max, sum });
  }

  #inOrder(): Counted {
    if (this.#sorted !== null) return this.#sorted;
    let large = this.#large.inOrder();
    if (!this.#isRounded && large.values.length > this.#distinctMax) {
      this.#round(large);
      large = this.#large.inOrder();
    }
    const direct = this.#direct;
    const small = direct.reduce((count, times) => (times === 0 ? count : count + 1), 0);
    const values = new Float64Array(small + large.values.length);
    const times = new Float64Array(values.length);
    for (let value = 0, to = 0; to < small; value++) {
      if (direct[value] === 0) continue;
      values[to] = value;
      times[to++] = direct[value]!;
    }
    values.set(large.values, small);
    times.set(large.times, small);
    return (this.#sorted = { values, times });
  }

  #round({ values, times }: Counted): void {
    this.#isRounded = true;
    this.#large = new ValueCounts();
    for (let i = 0; i < values.length; i++) this.#large.add(rounded(values[i]!), times[i]!);
  }

  #widen(value: number): void {
    const values = Math.min(this.#directMax, 2 ** Math.ceil(Math.log2(value + 1)));
    this.#direct = widened(this.#direct, new Float64Array(values));
  }
}

/** The value without what lies below 1/64 of its power of two. */
function rounded(value: number): number {
  if (value < 64) return value;
  const unit = 2 ** (Math.floor(Math.log2(value)) - 6);
  return Math.floor(value / unit) * unit;
}
