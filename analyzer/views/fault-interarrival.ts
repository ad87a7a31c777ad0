/** The view `fault_interarrival`. */
import { histogramView, statisticOf } from './histogram.js';

const faults = statisticOf('faults');

export const faultInterarrival = histogramView(
  {
    name: 'fault_interarrival',
    about: 'Histogram of the time from one fault to the next, on whatever CPU.',
    unit: 'ns',
    what: 'time',
    counted: 'pairs of faults',
    example: 'SELECT from_ns, below_ns, up_to_share FROM fault_interarrival',
  },
  (trail) => faults(trail).interArrival,
);
