/** Reading back: decoding, the fold, the detectors, each over the trail of a workload in this process. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { check } from '../analyzer/index.js';
import { Fold } from '../replayer/index.js';
import { EventBatch, TrailReader } from '../traces/index.js';
import { measureHere } from './measure.js';
import { type Bench, figure } from './report.js';

/** @param writes of the workload recorded to be read */
export function reading(workload: string, writes: number): Bench {
  return {
    id: `read-${workload}`,
    title: `read back ${writes / 1e6} M writes of ${workload}`,
    run({ scratch, runs, node, dist }) {
      const trail = join(scratch, `${workload}.trail`);
      spawnSync(node, [
        join(dist, 'cli/main.js'),
        'record',
        '--workload',
        workload,
        '--writes',
        String(writes),
        '-o',
        trail,
      ]);
      const reader = TrailReader.open(trail);
      const batch = new EventBatch();
      const overChunks = (each: () => void) => () => {
        for (let chunk = 0; chunk < reader.chunks.length; chunk++) {
          reader.readChunk(chunk, batch);
          each();
        }
      };
      const decode = measureHere(
        runs,
        overChunks(() => {}),
      );
      let fold = new Fold(reader.meta);
      const folding = measureHere(runs, () => {
        fold = new Fold(reader.meta);
        overChunks(() => fold.apply(batch))();
      });
      const checking = measureHere(runs, () => check(reader));
      const rate = (seconds: number) => reader.events / seconds / 1e6;
      const figures = [
        figure('decode', rate(decode), 'M ev/s'),
        figure('decode and fold', rate(folding), 'M ev/s', '>= 20'),
        figure('decode, fold, detect', rate(checking), 'M ev/s', '>= 5'),
      ];
      reader.close();
      return figures;
    },
  };
}
