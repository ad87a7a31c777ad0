/** Statistics of a trail, or a part of it, in one pass. */
import { type EventSource, lastSeqOf } from '../../replayer/index.js';
import type { CollectorDefinition, PassOptions } from '../pass.js';
import { Pass } from '../pass.js';
import { cpus } from './cpus.js';
import type { Statistic, StatisticDefinition } from './define.js';
import { dirtyRate } from './dirty-rate.js';
import { faults } from './faults.js';
import { harvests } from './harvests.js';
import { redirty } from './redirty.js';
import { reuseDistance } from './reuse-distance.js';
import { scopeOf, type Selection } from './scope.js';
import { stalls } from './stalls.js';
import { topPages } from './top-pages.js';
import { type Totals, Tracker } from './tracker.js';
import type { WindowSize } from './window.js';
import { workingSet } from './working-set.js';

/** The one list of statistics, by their key in the answer, in the order in which they are shown. To add one: write its file, add its line. */
export const STATISTICS = {
  dirtyRate,
  workingSet,
  redirty,
  reuseDistance,
  faults,
  stalls,
  harvests,
  pages: topPages,
  cpus,
};

export type StatisticKey = keyof typeof STATISTICS;

type ResultOf<Definition> = Definition extends StatisticDefinition<infer Result> ? Result : never;

/** The answers asked for, by key. */
export type StatisticResults = { readonly [Key in StatisticKey]?: ResultOf<(typeof STATISTICS)[Key]> };

export interface StatisticsReport extends StatisticResults {
  /** Null for an observed trail. */
  readonly strategy: string | null;
  /** Events from..to by position, one page, one CPU; null where all are meant. */
  readonly selection: {
    readonly from: number;
    readonly to: number;
    readonly page: number | null;
    readonly cpu: number | null;
  };
  readonly window: WindowSize;
  readonly totals: Totals;
}

export interface StatisticsOptions extends PassOptions, Selection {
  /** Which statistics; all of them if left out. */
  readonly keys?: readonly StatisticKey[];
}

/**
 * Throws an `InputError` when the trail cannot be read, a `UsageError` for windows that are too small.
 */
export function statistics(source: EventSource, options: StatisticsOptions = {}): StatisticsReport {
  const scope = scopeOf(source, options);
  const keys = options.keys ?? (Object.keys(STATISTICS) as StatisticKey[]);
  const running = keys.map((key): [StatisticKey, Statistic<unknown>] => [key, STATISTICS[key].create(scope)]);
  const tracker = new Tracker(
    scope,
    running.map(([, statistic]) => statistic),
  );
  const definition: CollectorDefinition<Totals> = {
    id: 'statistics',
    create: () => ({ on: tracker.on, writes: tracker.take, finish: () => tracker.finish() }),
  };
  const pass = new Pass(source, [definition]);
  try {
    while (pass.events < scope.upTo && pass.step()) options.onProgress?.(pass.events);
  } finally {
    pass.end();
  }
  const results = pass.finish();
  return {
    strategy: source.meta.strategy,
    selection: {
      from: Math.min(scope.after + 1, lastSeqOf(source)),
      to: scope.upTo,
      page: scope.page,
      cpu: scope.cpu,
    },
    window: scope.window,
    totals: results.facts(definition),
    ...Object.fromEntries(running.map(([key, statistic]) => [key, statistic.finish(results.end, tracker)])),
  };
}
