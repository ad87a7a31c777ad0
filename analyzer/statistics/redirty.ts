/** Re-dirty interval: from one dirtying of a page to its next, in time and in epochs. */
import { NumberColumn } from '../columns.js';
import { Distribution } from '../cost/index.js';
import type { StatisticDefinition } from './define.js';
import { type Spread, spreadOf } from './spread.js';

export interface Redirty {
  /** Pages that were dirtied in one epoch only, and so have no interval. */
  readonly onceOnly: number;
  readonly interval: Spread;
  /** 1: dirtied in the next epoch again. */
  readonly epochs: Spread;
}

export const redirty: StatisticDefinition<Redirty> = {
  id: 'redirty',
  about: 'time and epochs from one dirtying of a page to its next',
  create() {
    const dirtiedNs = new NumberColumn();
    /** By page; 0 where it was not dirtied yet. */
    const dirtiedIn = new NumberColumn();
    const again = new NumberColumn();
    const intervals = new Distribution();
    const epochs = new Distribution();
    let onceOnly = 0;
    return {
      dirtied(page, epoch, timeNs) {
        const before = dirtiedIn.get(page);
        if (before === 0) onceOnly++;
        else {
          intervals.add(timeNs - dirtiedNs.get(page));
          epochs.add(epoch - before);
          if (again.get(page) === 0) onceOnly--;
          again.set(page, 1);
        }
        dirtiedIn.set(page, epoch);
        dirtiedNs.set(page, timeNs);
      },
      finish: () => ({ onceOnly, interval: spreadOf('ns', intervals), epochs: spreadOf('epochs', epochs) }),
    };
  },
};
