/** The view `working_set`. */
import { exact, type ViewDefinition } from '../../traces/index.js';
import { byWindow, WINDOW_PARAMETER } from './windows.js';

const workingSetOf = byWindow('workingSet');

export const workingSet: ViewDefinition = {
  name: 'working_set',
  about: 'Distinct pages written, by window of time. Those of epochs are in `epochs` (pages_written).',
  columns: [
    { name: 'time_ns', unit: 'ns', about: 'where the window begins' },
    { name: 'below_ns', unit: 'ns', about: 'where the next begins' },
    { name: 'pages', unit: 'pages', about: 'distinct pages written in it' },
  ],
  parameters: [WINDOW_PARAMETER],
  example: 'SELECT max(pages), avg(pages) FROM working_set(100000)',
  *rows({ trail }, [size]) {
    for (const { from, below, pages } of workingSetOf(trail, size ?? null).result.windows)
      yield [from, below, pages].map(exact);
  },
};
