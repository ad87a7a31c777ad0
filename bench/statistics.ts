/** All statistics in one pass, beside the detectors over the same trail; hits, and a working set that evicts. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { check, runPass, STATISTICS, statistics, type StatisticKey } from '../analyzer/index.js';
import { TrailReader } from '../traces/index.js';
import { measureHere } from './measure.js';
import { type Bench, figure } from './report.js';

const WORKLOADS = [
  ['hot-page', 5_000_000, '>= 5'],
  ['zipf', 2_000_000, '>= 5'],
  // Each write misses memory: the pass alone is far below the goal.
  ['sparse-scatter', 500_000, ''],
] as const;

export const statisticsOfTrails: Bench = {
  id: 'stats',
  title: 'statistics of a trail; peer: all detectors over the same trail',
  run({ scratch, runs, node, dist }) {
    return WORKLOADS.flatMap(([workload, writes, goal]) => {
      const trail = join(scratch, `stats-${workload}.trail`);
      const command = [join(dist, 'cli/main.js'), 'record', '--workload', workload, '--writes', String(writes)];
      spawnSync(node, [...command, '-o', trail]);
      const reader = TrailReader.open(trail);
      const rate = (body: () => unknown) => reader.events / measureHere(runs, () => void body()) / 1e6;
      const detectors = rate(() => check(reader));
      const figures = [
        figure(
          `${workload}, pass alone`,
          rate(() => runPass(reader, [])),
          'M ev/s',
        ),
        figure(
          `${workload}, all`,
          rate(() => statistics(reader)),
          'M ev/s',
          goal,
          detectors,
        ),
      ];
      // One by one only where something happens between the writes.
      if (workload === 'zipf')
        for (const key of Object.keys(STATISTICS) as StatisticKey[])
          figures.push(
            figure(
              `  ${STATISTICS[key].id}`,
              rate(() => statistics(reader, { keys: [key] })),
              'M ev/s',
            ),
          );
      reader.close();
      return figures;
    });
  },
};
