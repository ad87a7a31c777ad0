/**
 * Working sets for windows of many sizes at once, each twice the one before, all beginning at multiples of their size. A page that is
 * written again is new in the window of a size if and only if its write before was in another window of that size; as windows
 * nest, that holds up to some size and for none above, and the highest bit in which the two times differ tells which.
 */
import { NumberColumn } from '../columns.js';
import type { WriteRun } from './define.js';

export interface WorkingSetOfSize {
  readonly windowNs: number;
  /** Windows of that size between the first and the last event, empty ones included. */
  readonly windows: number;
  readonly meanPages: number;
  readonly maxPages: number;
}

/** The smallest windows are the power of ten of ns of which more than this fit. Chosen: three decades of sizes at the least. */
const SMALLEST_WANTED = 1000;

export class WorkingSetCurve {
  /** ns in a unit, the smallest window. */
  readonly #unitNs: number;
  /** Multiple of the largest window at which units are counted from, ns. */
  readonly #originNs: number;
  readonly #levels: number;
  readonly #lastUnit: number;
  readonly #firstUnit: number;
  /** By page, one more than the unit of its last write. */
  readonly #writtenIn = new NumberColumn();
  /** By level: pages in the window under way, the most in one, and all of all windows. */
  readonly #now: Float64Array;
  readonly #max: Float64Array;
  readonly #sum: Float64Array;
  /** The unit under way, and where it ends. */
  #unit = -1;
  #endNs = -1;

  constructor(firstNs: number, lastNs: number) {
    const spanNs = lastNs - firstNs + 1;
    let unitNs = 1;
    while (unitNs * 10 * SMALLEST_WANTED < spanNs) unitNs *= 10;
    let levels = 1;
    while (unitNs * 2 ** (levels - 1) < spanNs) levels++;
    const largestNs = unitNs * 2 ** (levels - 1);
    this.#unitNs = unitNs;
    this.#originNs = Math.floor(firstNs / largestNs) * largestNs;
    this.#levels = levels;
    this.#firstUnit = this.#unitOf(firstNs);
    this.#lastUnit = this.#unitOf(lastNs);
    this.#now = new Float64Array(levels);
    this.#max = new Float64Array(levels);
    this.#sum = new Float64Array(levels);
  }

  wrote({ page, firstNs, lastNs, batch, from, to }: WriteRun): void {
    this.#touch(page, firstNs);
    if (lastNs < this.#endNs) return;
    for (let row = from + 1; row < to; row++) this.#touch(page, batch.time[row]!);
  }

  finish(): WorkingSetOfSize[] {
    for (let level = 0; level < this.#levels; level++) this.#close(level);
    return Array.from({ length: this.#levels }, (_, level) => {
      const scale = 2 ** level;
      const windows = Math.floor(this.#lastUnit / scale) - Math.floor(this.#firstUnit / scale) + 1;
      return {
        windowNs: this.#unitNs * scale,
        windows,
        meanPages: this.#sum[level]! / windows,
        maxPages: this.#max[level]!,
      };
    });
  }

  #touch(page: number, timeNs: number): void {
    if (timeNs >= this.#endNs) this.#moveTo(this.#unitOf(timeNs));
    const before = this.#writtenIn.get(page) - 1;
    if (before === this.#unit) return;
    this.#writtenIn.set(page, this.#unit + 1);
    const levels = before < 0 ? this.#levels : 32 - Math.clz32(before ^ this.#unit);
    const now = this.#now;
    for (let level = Math.min(levels, this.#levels) - 1; level >= 0; level--) now[level]!++;
  }

  /** Closes the windows that the unit under way was in and the next is not. */
  #moveTo(unit: number): void {
    const changed = this.#unit < 0 ? 0 : 32 - Math.clz32(this.#unit ^ unit);
    for (let level = Math.min(changed, this.#levels) - 1; level >= 0; level--) this.#close(level);
    this.#unit = unit;
    this.#endNs = this.#originNs + (unit + 1) * this.#unitNs;
  }

  #close(level: number): void {
    const pages = this.#now[level]!;
    this.#sum[level]! += pages;
    if (pages > this.#max[level]!) this.#max[level] = pages;
    this.#now[level] = 0;
  }

  #unitOf(timeNs: number): number {
    return Math.floor((timeNs - this.#originNs) / this.#unitNs);
  }
}
