/** The view `fault_latency`. */
import { histogramView, statisticOf } from './histogram.js';

const faults = statisticOf('faults');

export const faultLatency = histogramView(
  {
    name: 'fault_latency',
    about:
      'Histogram of what a fault took its CPU: the overhead charged from the fault up to its access, its next fault or a harvest.',
    unit: 'ns',
    what: 'latency',
    counted: 'faults',
    example: 'SELECT from_ns, count FROM fault_latency ORDER BY from_ns DESC LIMIT 1',
  },
  (trail) => faults(trail).latency,
);
