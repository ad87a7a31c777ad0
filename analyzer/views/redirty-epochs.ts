/** The view `redirty_epochs`. */
import { histogramView, statisticOf } from './histogram.js';

const redirtied = statisticOf('redirty');

export const redirtyEpochs = histogramView(
  {
    name: 'redirty_epochs',
    about: 'The same in epochs: 1 where a page was dirtied in the next epoch again.',
    unit: 'epochs',
    what: 'interval',
    counted: 'intervals',
    example: 'SELECT share AS dirtied_at_once_again FROM redirty_epochs WHERE from_epochs = 1',
  },
  (trail) => redirtied(trail).epochs,
);
