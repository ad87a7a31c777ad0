/** Views of a spread of values: one row per bucket of its histogram, of which there are nine per decade. */
import { exact, type TrailReader, type ViewDefinition } from '../../traces/index.js';
import { type Spread, statistics, type StatisticKey, type StatisticsReport } from '../statistics/index.js';
import { oncePerTrail } from './once.js';

/** The statistic of a trail, made once however many views show it. */
export function statisticOf<Key extends StatisticKey>(
  key: Key,
): (trail: TrailReader) => NonNullable<StatisticsReport[Key]> {
  return oncePerTrail((trail) => statistics(trail, { keys: [key] })[key]!);
}

/** @param what a value is; `unit` is its unit, as columns are named by it @param counted what was counted, for the column `count` */
export function histogramView(
  {
    name,
    about,
    unit,
    what,
    counted,
    example,
  }: {
    readonly name: string;
    readonly about: string;
    readonly unit: 'ns' | 'pages' | 'epochs';
    readonly what: string;
    readonly counted: string;
    readonly example: string;
  },
  spreadOf: (trail: TrailReader) => Spread,
): ViewDefinition {
  return {
    name,
    about,
    columns: [
      { name: `from_${unit}`, unit, about: `least ${what} of the bucket` },
      { name: `below_${unit}`, unit, about: `bound of the bucket, not in it` },
      { name: 'count', unit: 'count', about: counted },
      { name: 'share', unit: 'ratio', about: 'of all, from 0 to 1' },
      { name: 'up_to_share', unit: 'ratio', about: 'of all, those of this bucket and the ones before it' },
    ],
    example,
    *rows({ trail }) {
      const spread = spreadOf(trail);
      let passed = 0;
      for (const { from, below, count } of spread.buckets) {
        passed += count;
        yield [exact(from), exact(below), exact(count), count / spread.count, passed / spread.count];
      }
    },
  };
}
