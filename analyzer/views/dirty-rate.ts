/** The view `dirty_rate`. */
import { exact, type ViewDefinition } from '../../traces/index.js';
import { byWindow, WINDOW_PARAMETER } from './windows.js';

const dirtyRateOf = byWindow('dirtyRate');

export const dirtyRate: ViewDefinition = {
  name: 'dirty_rate',
  about: 'How fast memory gets dirty, by window of time.',
  columns: [
    { name: 'time_ns', unit: 'ns', about: 'where the window begins' },
    { name: 'below_ns', unit: 'ns', about: 'where the next begins' },
    { name: 'writes', unit: 'count', about: 'writes in it' },
    { name: 'written_bytes', unit: 'bytes', about: 'bytes that they wrote' },
    { name: 'dirtied_pages', unit: 'pages', about: 'pages written for the first time in their epoch' },
  ],
  parameters: [WINDOW_PARAMETER],
  example: 'SELECT time_ns, dirtied_pages, written_bytes FROM dirty_rate(100000)',
  *rows({ trail }, [size]) {
    for (const { from, below, writes, bytesWritten, pagesDirtied } of dirtyRateOf(trail, size ?? null).result.windows)
      yield [from, below, writes, bytesWritten, pagesDirtied].map(exact);
  },
};
