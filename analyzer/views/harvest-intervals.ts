/** The view `harvest_intervals`. */
import { histogramView, statisticOf } from './histogram.js';

const harvests = statisticOf('harvests');

export const harvestIntervals = histogramView(
  {
    name: 'harvest_intervals',
    about: 'Histogram of the time from the beginning of one harvest to that of the next.',
    unit: 'ns',
    what: 'time',
    counted: 'pairs of harvests',
    example: 'SELECT from_ns, below_ns, count FROM harvest_intervals',
  },
  (trail) => harvests(trail).interval,
);
