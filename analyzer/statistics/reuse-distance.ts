/** Reuse distance: other pages written between two writes to the same page. A TLB or a cache of that many pages would have kept it. */
import { Distribution } from '../cost/index.js';
import type { StatisticDefinition } from './define.js';
import { Recency } from './recency.js';
import { type Spread, spreadOf } from './spread.js';

export interface ReuseDistance {
  /** Writes that were the first to their page, and so have none. */
  readonly first: number;
  readonly distance: Spread;
}

/** A distance is less than the number of pages, and these are at most 2^24: all of them are counted by index, and exact. */
const DISTANCES = 2 ** 24;

export const reuseDistance: StatisticDefinition<ReuseDistance> = {
  id: 'reuse-distance',
  about: 'distinct other pages written between two writes to the same page',
  create() {
    const recency = new Recency();
    const distances = new Distribution(0, DISTANCES);
    let first = 0;
    return {
      // What lies between two writes to a page are the others.
      everyPage: true,
      wrote({ page, from, to, wanted }) {
        const distance = recency.touch(page);
        if (!wanted) return;
        if (distance < 0) first++;
        else distances.add(distance);
        if (to - from > 1) distances.add(0, to - from - 1);
      },
      finish: () => ({ first, distance: spreadOf('pages', distances) }),
    };
  },
};
