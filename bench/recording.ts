/** Recording against one row per event: whole processes, from start to closed file. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { measure } from './measure.js';
import { type Bench, figure } from './report.js';

interface Recorded {
  readonly writes: number;
  readonly bytes: number;
}

/** One source recorded by us and by the peer. `peerWrites`: how much of a workload the peer gets, so that a run ends. */
function compare(
  id: string,
  title: string,
  goal: string,
  source: (writes: number) => { args: string[]; source: object },
): Bench {
  return {
    id,
    title,
    run({ scratch, runs, node, dist }) {
      const ours = source(20_000_000);
      const peer = source(2_000_000);
      const [mine, theirs] = measure(
        [
          [node, join(dist, 'cli/main.js'), 'record', ...ours.args, '-o', join(scratch, 'bench.trail'), '--json'],
          [node, join(dist, 'bench/row-per-event.js'), JSON.stringify(peer.source), join(scratch, 'peer.sqlite')],
        ],
        runs,
      );
      const my = JSON.parse(mine!.output) as Recorded;
      const their = JSON.parse(theirs!.output) as Recorded;
      const rate = my.writes / mine!.seconds;
      const peerRate = their.writes / theirs!.seconds;
      return [
        figure('writes per second', rate / 1e6, 'M/s', goal, peerRate / 1e6),
        figure(
          'bytes per write',
          my.bytes / my.writes,
          'B',
          id.startsWith('lackey') ? '<= 0.5' : '',
          their.bytes / their.writes,
        ),
        ...('import' in peer.source
          ? [
              figure(
                'log text per second',
                textMb(peer.source.import as string) / mine!.seconds,
                'MB/s',
                '>= 400',
                textMb(peer.source.import as string) / theirs!.seconds,
              ),
            ]
          : []),
      ];
    },
  };
}

function textMb(path: string): number {
  return statSync(path).size / 1e6;
}

export const hotPage = compare('hot-page', 'record hot-page (every store hits the TLB)', '>= 10', (writes) => ({
  args: ['--workload', 'hot-page', '--writes', String(writes)],
  source: { workload: 'hot-page', writes },
}));

export const zipf = compare('zipf', 'record zipf (4,096 pages, evictions and all)', '>= 5', (writes) => ({
  args: ['--workload', 'zipf', '--writes', String(writes)],
  source: { workload: 'zipf', writes },
}));

/** @param path a plain-text lackey log */
export function lackeyLog(id: string, title: string, path: string): Bench {
  return compare(id, title, '', () => ({
    args: ['--import', path],
    source: { import: path },
  }));
}
