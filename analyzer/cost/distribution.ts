/**
 * How values spread, from counts per distinct value, in typed arrays: adding allocates nothing but when they grow. Small values are
 * counted by index, the others in a hash. Exact while the distinct values of the hash are few, as they are where costs come from a
 * profile; beyond that, they are rounded down to 1/64 of their power of two (an error below 1.6 %), and `exact` says so.
 */
import { widened } from '../columns.js';

/** Distinct values kept apart in the hash. Chosen: some 8 MB; rounding leaves at most 64 per power of two, so it happens once. */
const DISTINCT_MAX = 2 ** 18;
/** Values below are counted by index. Chosen: a few pages of memory, and most values where values are small. */
const DIRECT_MAX = 4096;
const FREE = -1;

interface Totals {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

export class Distribution {
  exact = true;
  readonly #distinctMax: number;
  readonly #directMax: number;
  /** Times by value. */
  #direct = new Float64Array(64);
  #keys = new Float64Array(64).fill(FREE);
  #times = new Float64Array(64);
  #used = 0;
  /** Of the values in the hash, as they came: those counted by index are added up when somebody asks. */
  readonly #hashed = { count: 0, min: Infinity, max: 0, sum: 0 };
  /** Of all of them; null when a value came since. */
  #totals: Totals | null = null;
  /** Distinct values and their times, ascending; null when a value came since. */
  #sorted: { readonly values: Float64Array; readonly times: Float64Array } | null = null;

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
    const hashed = this.#hashed;
    hashed.count += times;
    hashed.sum += value * times;
    if (value < hashed.min) hashed.min = value;
    if (value > hashed.max) hashed.max = value;
    this.#put(this.exact ? value : rounded(value), times);
    if (this.#used > this.#distinctMax && this.exact) this.#round();
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
    let { count, min, max, sum } = this.#hashed;
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

  #inOrder(): { readonly values: Float64Array; readonly times: Float64Array } {
    if (this.#sorted !== null) return this.#sorted;
    const direct = this.#direct;
    let small = 0;
    for (let value = 0; value < direct.length; value++) if (direct[value] !== 0) small++;
    const values = new Float64Array(small + this.#used);
    let next = 0;
    for (let value = 0; value < direct.length; value++) if (direct[value] !== 0) values[next++] = value;
    for (const key of this.#keys) if (key !== FREE) values[next++] = key;
    values.subarray(small).sort();
    const times = new Float64Array(values.length);
    for (let i = 0; i < small; i++) times[i] = direct[values[i]!]!;
    for (let i = small; i < values.length; i++) times[i] = this.#times[this.#slotOf(values[i]!)]!;
    return (this.#sorted = { values, times });
  }

  #put(value: number, times: number): void {
    const slot = this.#slotOf(value);
    this.#times[slot]! += times;
    if (this.#keys[slot] !== FREE) return;
    this.#keys[slot] = value;
    if (++this.#used * 2 > this.#keys.length) this.#rehash(this.#keys.length * 2, (key) => key);
  }

  /** Slot of the value, or the free one where it belongs. */
  #slotOf(value: number): number {
    const keys = this.#keys;
    const mask = keys.length - 1;
    const mixed = Math.imul((value | 0) ^ Math.imul((value / 0x1_0000_0000) | 0, 0x85eb_ca6b), 0x9e37_79b1);
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    while (keys[slot] !== value && keys[slot] !== FREE) slot = (slot + 1) & mask;
    return slot;
  }

  #round(): void {
    this.exact = false;
    this.#rehash(this.#keys.length, rounded);
  }

  #rehash(slots: number, keyOf: (value: number) => number): void {
    const [keys, times] = [this.#keys, this.#times];
    this.#keys = new Float64Array(slots).fill(FREE);
    this.#times = new Float64Array(slots);
    this.#used = 0;
    for (let slot = 0; slot < keys.length; slot++) {
      if (keys[slot] !== FREE) this.#put(keyOf(keys[slot]!), times[slot]!);
    }
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
