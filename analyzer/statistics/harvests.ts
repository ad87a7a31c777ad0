/** How harvests follow each other, how long they last, and what they report. */
import { report } from '../../traces/index.js';
import { Distribution } from '../cost/index.js';
import type { StatisticDefinition } from './define.js';
import { type Spread, spreadOf } from './spread.js';

export interface HarvestTimes {
  /** Completed ones. */
  readonly count: number;
  /** From the beginning of a harvest to that of the next. */
  readonly interval: Spread;
  readonly duration: Spread;
  /** Pages reported by each. */
  readonly pages: Spread;
}

/** No harvest began yet, or none is under way. */
const NONE = -1;

export const harvests: StatisticDefinition<HarvestTimes> = {
  id: 'harvests',
  about: 'time from one harvest to the next, how long each lasts, what it reports',
  create() {
    const intervals = new Distribution();
    const durations = new Distribution();
    const reported = new Distribution();
    let beganNs = NONE;
    let under = NONE;
    let pages = 0;
    return {
      on: {
        'harvest-begin'({ time }, row) {
          if (beganNs !== NONE) intervals.add(time[row]! - beganNs);
          beganNs = under = time[row]!;
          pages = 0;
        },
        report({ slots }, row) {
          pages += slots[report.slot.pages]![row]!;
        },
        'harvest-end'({ time }, row) {
          if (under === NONE) return;
          durations.add(time[row]! - under);
          reported.add(pages);
          under = NONE;
        },
      },
      finish: () => ({
        count: durations.count,
        interval: spreadOf('ns', intervals),
        duration: spreadOf('ns', durations),
        pages: spreadOf('pages', reported),
      }),
    };
  },
};
