/** The view `percentiles`: every spread that there is a histogram of, in one row. */
import { exact, type Cell, type ViewDefinition } from '../../traces/index.js';
import { type Spread, statistics } from '../statistics/index.js';
import { oncePerTrail } from './once.js';

const spreads = oncePerTrail((trail): ReadonlyArray<readonly [string, Spread]> => {
  const report = statistics(trail, { keys: ['redirty', 'reuseDistance', 'faults', 'stalls', 'harvests'] });
  return [
    ['redirty', report.redirty!.interval],
    ['redirty_epochs', report.redirty!.epochs],
    ['reuse_distance', report.reuseDistance!.distance],
    ['fault_latency', report.faults!.latency],
    ['fault_interarrival', report.faults!.interArrival],
    ['stalls', report.stalls!.wait],
    ['harvest_intervals', report.harvests!.interval],
    ['harvest_durations', report.harvests!.duration],
    ['harvest_pages', report.harvests!.pages],
  ];
});

export const percentiles: ViewDefinition = {
  name: 'percentiles',
  about:
    'The percentiles of what the histograms show, one row each, by nearest rank. All NULL where there is no value.',
  columns: [
    { name: 'of', unit: 'text', about: 'the view with the histogram; harvest_durations and harvest_pages have none' },
    { name: 'unit', unit: 'text', about: 'ns, pages or epochs' },
    { name: 'count', unit: 'count', about: 'values' },
    { name: 'min', unit: 'see unit', about: 'the least' },
    { name: 'p50', unit: 'see unit', about: 'the median' },
    { name: 'p90', unit: 'see unit', about: '90 % are not above it' },
    { name: 'p99', unit: 'see unit', about: '99 % are not above it' },
    { name: 'p999', unit: 'see unit', about: '99.9 % are not above it' },
    { name: 'max', unit: 'see unit', about: 'the most' },
    { name: 'mean', unit: 'see unit', about: 'the mean' },
    { name: 'exact', unit: 'flag', about: '0 where percentiles are rounded down, by less than 1.6 %' },
  ],
  example: "SELECT p50, p99, max FROM percentiles WHERE of = 'fault_latency'",
  *rows({ trail }): Generator<Cell[]> {
    for (const [name, { unit, count, min, p50, p90, p99, p999, max, mean, exact: isExact }] of spreads(trail)) {
      const figures = [min, p50, p90, p99, p999, max].map((value) => (count === 0 ? null : exact(value)));
      yield [name, unit, exact(count), ...figures, count === 0 ? null : mean, isExact ? 1 : 0];
    }
  },
};
