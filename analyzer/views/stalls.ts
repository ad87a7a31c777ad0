/** The view `stalls`. */
import { histogramView, statisticOf } from './histogram.js';

const waits = statisticOf('stalls');

export const stalls = histogramView(
  {
    name: 'stalls',
    about: 'Histogram of what writes waited for tracking, of those that waited at all.',
    unit: 'ns',
    what: 'wait',
    counted: 'writes',
    example: 'SELECT sum(count) AS waited_10_us_or_more FROM stalls WHERE from_ns >= 10000',
  },
  (trail) => waits(trail).wait,
);
