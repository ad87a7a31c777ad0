/** The view `working_set_curve`. */
import { exact, type ViewDefinition } from '../../traces/index.js';
import { statisticOf } from './histogram.js';

const workingSetOf = statisticOf('workingSet');

export const workingSetCurve: ViewDefinition = {
  name: 'working_set_curve',
  about: 'How the working set grows with the size of the window; each size is twice the one before.',
  columns: [
    { name: 'window_ns', unit: 'ns', about: 'size of the windows, which begin at its multiples' },
    { name: 'windows', unit: 'count', about: 'windows of that size between the first and the last event' },
    { name: 'mean_pages', unit: 'pages', about: 'distinct pages written in a window, on average' },
    { name: 'max_pages', unit: 'pages', about: 'distinct pages written in a window, at the most' },
  ],
  example: 'SELECT window_ns, mean_pages FROM working_set_curve',
  *rows({ trail }) {
    for (const { windowNs, windows, meanPages, maxPages } of workingSetOf(trail).curve)
      yield [exact(windowNs), exact(windows), meanPages, exact(maxPages)];
  },
};
