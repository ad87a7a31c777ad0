/** The view `reuse_distance`. */
import { histogramView, statisticOf } from './histogram.js';

const reuse = statisticOf('reuseDistance');

export const reuseDistance = histogramView(
  {
    name: 'reuse_distance',
    about: 'Histogram of the other pages written between two writes to the same page. First writes have no distance.',
    unit: 'pages',
    what: 'distance',
    counted: 'writes',
    example: 'SELECT max(up_to_share) AS hits_of_a_cache_of_10_pages FROM reuse_distance WHERE below_pages <= 10',
  },
  (trail) => reuse(trail).distance,
);
