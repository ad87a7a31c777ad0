/** The view `redirty`. */
import { histogramView, statisticOf } from './histogram.js';

const redirtied = statisticOf('redirty');

export const redirty = histogramView(
  {
    name: 'redirty',
    about: 'Histogram of the time from one dirtying of a page (its first write in an epoch) to its next.',
    unit: 'ns',
    what: 'interval',
    counted: 'intervals',
    example: 'SELECT from_ns, below_ns, count FROM redirty',
  },
  (trail) => redirtied(trail).interval,
);
