/**
 * Windows: equal parts of a trail, by simulated time, epochs or writes. Those of time begin at multiples of their size, so that a
 * window is `time_ns / size` in SQL as well; those of epochs at multiples too; those of writes at the first write that is looked at.
 */
import { UsageError } from '../../base/index.js';
import type { EventBatch } from '../../traces/index.js';

export type WindowUnit = 'ns' | 'epochs' | 'writes';

export interface WindowSize {
  readonly unit: WindowUnit;
  /** Whole, and more than 0. */
  readonly size: number;
}

/** Windows in a selection. Chosen: their series stay below 100 MB. */
const WINDOWS_MAX = 1_000_000;
/** Windows that a size is chosen for when none is given: what fits on a line. */
const WINDOWS_WANTED = 64;

/** The smallest of 1, 2, 5, 10, ... ns of which 64 windows span the time. */
export function niceWindow(spanNs: number): WindowSize {
  let size = 1;
  for (let step = 0; size * WINDOWS_WANTED < spanNs; step++) size = [2, 5, 10][step % 3]! * 10 ** Math.floor(step / 3);
  return { unit: 'ns', size };
}

/** Throws a `UsageError` where there would be more windows than anybody can look at. */
export function checkWindows({ unit, size }: WindowSize, spanned: number): void {
  const windows = Math.ceil(spanned / size);
  if (windows <= WINDOWS_MAX) return;
  throw new UsageError({
    what: `windows of ${size} ${unit} are too small`,
    why: `there would be ${windows} of them; the most is ${WINDOWS_MAX}`,
    mend: `make them larger, or look at a part of the trail with --from and --to`,
  });
}

/** Tells the window of each write; asked in the order of the trail. */
export class Windows {
  /** Window of the rows that `take` took last, from 0. */
  index = 0;
  readonly #size: WindowSize;
  /** Number of the first window, counted from 0 ns or epoch 1. */
  readonly #first: number;
  /** Where the window under way ends, ns. */
  #endNs = -1;
  #writes = 0;

  /** @param firstNs time at which the selection begins @param firstEpoch the epoch then */
  constructor(size: WindowSize, firstNs: number, firstEpoch: number) {
    this.#size = size;
    this.#first = size.unit === 'writes' ? 0 : Math.floor((size.unit === 'ns' ? firstNs : firstEpoch - 1) / size.size);
  }

  /** The row behind those of [row, to), writes of one epoch, that are in the same window as the first. */
  take({ time }: EventBatch, row: number, to: number, epoch: number): number {
    const { unit, size } = this.#size;
    switch (unit) {
      case 'ns': {
        if (time[row]! >= this.#endNs) {
          const window = Math.floor(time[row]! / size);
          this.index = window - this.#first;
          this.#endNs = (window + 1) * size;
        }
        const endNs = this.#endNs;
        if (time[to - 1]! < endNs) return to;
        let end = row + 1;
        while (time[end]! < endNs) end++;
        return end;
      }
      case 'epochs':
        this.index = Math.floor((epoch - 1) / size) - this.#first;
        return to;
      case 'writes': {
        this.index = Math.floor(this.#writes / size);
        const taken = Math.min(to - row, size - (this.#writes % size));
        this.#writes += taken;
        return row + taken;
      }
    }
  }

  /** Where a window begins, in its unit: ns, an epoch from 1, writes before it. */
  from(index: number): number {
    const { unit, size } = this.#size;
    return (this.#first + index) * size + (unit === 'epochs' ? 1 : 0);
  }
}
