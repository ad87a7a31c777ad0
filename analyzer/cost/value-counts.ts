/**
 * How often each value came, where values may be few and come again and again, as costs do, or nearly all be different, as times are. The first
 * distinct ones are counted in a hash that stays small enough for a cache; those that it has no room for are kept as they come, and
 * sorted and merged many at a time, which takes a fraction of what a hash for all of them would.
 */

/** Distinct values and how often each came, ascending. */
export interface Counted {
  readonly values: Float64Array;
  readonly times: Float64Array;
}

/** Distinct values in the hash. Chosen: 128 KB with the free slots. */
const HASHED_MAX = 4096;
/** Values that wait to be sorted. Chosen: half a megabyte. */
const WAITING_MAX = 65_536;
const FREE = -1;

export class ValueCounts {
  #keys = new Float64Array(64).fill(FREE);
  #times = new Float64Array(64);
  #hashed = 0;
  /** Values that are not in the hash, as they came. */
  #waiting = new Float64Array(0);
  #waits = 0;
  /** Those of them that waited long enough. */
  #merged: Counted = { values: new Float64Array(0), times: new Float64Array(0) };

  /** Distinct values, at least: those that wait may be more of them. */
  get distinctAtLeast(): number {
    return this.#hashed + this.#merged.values.length;
  }

  /** @param value whole, and not negative */
  add(value: number, times: number): void {
    const slot = slotOf(this.#keys, value);
    if (this.#keys[slot] === value) this.#times[slot]! += times;
    else if (this.#hashed < HASHED_MAX) this.#place(slot, value, times);
    else if (times === 1) this.#wait(value);
    else this.#merge({ values: Float64Array.of(value), times: Float64Array.of(times) });
  }

  /** All of them. */
  inOrder(): Counted {
    this.#sortWaiting();
    const values = this.#keys.filter((key) => key !== FREE).sort();
    const times = values.map((value) => this.#times[slotOf(this.#keys, value)]!);
    return merged({ values, times }, this.#merged);
  }

  #place(slot: number, value: number, times: number): void {
    this.#keys[slot] = value;
    this.#times[slot] = times;
    if (++this.#hashed * 2 > this.#keys.length) this.#rehash();
  }

  #rehash(): void {
    const keys = new Float64Array(this.#keys.length * 2).fill(FREE);
    const times = new Float64Array(keys.length);
    this.#keys.forEach((key, slot) => {
      if (key === FREE) return;
      const place = slotOf(keys, key);
      keys[place] = key;
      times[place] = this.#times[slot]!;
    });
    this.#keys = keys;
    this.#times = times;
  }

  #wait(value: number): void {
    if (this.#waits === this.#waiting.length) {
      if (this.#waits === WAITING_MAX) this.#sortWaiting();
      else {
        const wider = new Float64Array(Math.max(1024, 2 * this.#waits));
        wider.set(this.#waiting);
        this.#waiting = wider;
      }
    }
    this.#waiting[this.#waits++] = value;
  }

  #sortWaiting(): void {
    if (this.#waits === 0) return;
    const sorted = this.#waiting.subarray(0, this.#waits).sort();
    const times = new Float64Array(sorted.length);
    let last = 0;
    times[0] = 1;
    for (let i = 1; i < sorted.length; i++) {
      const value = sorted[i]!;
      if (value !== sorted[last]) sorted[++last] = value;
      times[last]!++;
    }
    const distinct = last + 1;
    this.#waits = 0;
    this.#merge({ values: sorted.subarray(0, distinct), times: times.subarray(0, distinct) });
  }

  #merge(more: Counted): void {
    this.#merged = merged(this.#merged, more);
  }
}

/** Slot of the value, or the free one where it belongs. */
function slotOf(keys: Float64Array, value: number): number {
  const mask = keys.length - 1;
  const mixed = Math.imul((value | 0) ^ Math.imul((value / 0x1_0000_0000) | 0, 0x85eb_ca6b), 0x9e37_79b1);
  let slot = (mixed ^ (mixed >>> 15)) & mask;
  while (keys[slot] !== value && keys[slot] !== FREE) slot = (slot + 1) & mask;
  return slot;
}

/** What either counted. */
function merged(a: Counted, b: Counted): Counted {
  const [valuesA, timesA, valuesB, timesB] = [a.values, a.times, b.values, b.times];
  const most = valuesA.length + valuesB.length;
  const values = new Float64Array(most);
  const times = new Float64Array(most);
  let [inA, inB, to] = [0, 0, 0];
  while (inA < valuesA.length && inB < valuesB.length) {
    const left = valuesA[inA]!;
    const right = valuesB[inB]!;
    const isLeft = left <= right;
    const isRight = right <= left;
    values[to] = isLeft ? left : right;
    times[to++] = (isLeft ? timesA[inA]! : 0) + (isRight ? timesB[inB]! : 0);
    if (isLeft) inA++;
    if (isRight) inB++;
  }
  const [rest, from] = inA < valuesA.length ? [a, inA] : [b, inB];
  values.set(rest.values.subarray(from), to);
  times.set(rest.times.subarray(from), to);
  to += rest.values.length - from;
  return { values: values.slice(0, to), times: times.slice(0, to) };
}
