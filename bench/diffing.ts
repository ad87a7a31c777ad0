/**
 * Comparing two trails, as a process of its own, from its start to its end. The peer is what one would write in SQL: both trails as rows of
 * events that know which write of their CPU they go with, indexed by it, grouped and joined; on fewer rows, since its rate is what counts. Rates are by CPU time, so that what else the machine does hardly counts.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { TrailReader } from '../traces/index.js';
import { type Bench, figure } from './report.js';

/** Enough that each trail holds more than 10 M events. */
const WRITES = 8_000_000;
/** Events of each trail that the peer is given. */
const PEER_EVENTS = 1_000_000;

interface Ran {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly maxRssBytes: number;
}

export const diffing: Bench = {
  id: 'diff',
  title: `compare two trails of ${WRITES / 1e6} M writes of zipf: hw-dirty and pfn-mkwrite`,
  run({ scratch, runs, node, dist }) {
    const trails = ['hw-dirty', 'pfn-mkwrite'].map((strategy) => {
      const trail = join(scratch, `${strategy}.trail`);
      const cli = join(dist, 'cli/main.js');
      const source = ['--workload', 'zipf', '--writes', String(WRITES), '--strategy', strategy];
      spawnSync(node, [cli, 'record', ...source, '-o', trail]);
      return trail;
    });
    const sizes = trails.map((trail) => {
      const reader = TrailReader.open(trail);
      const { events } = reader;
      reader.close();
      return events;
    });
    const events = sizes.reduce((sum, size) => sum + size, 0);
    const mine: Ran[] = [];
    const peers: Ran[] = [];
    for (let round = 0; round < runs; round++) {
      mine.push(once(node, [join(dist, 'bench/diff-run.js'), ...trails]));
      peers.push(once(node, [join(dist, 'bench/diff-rows.js'), ...trails, String(PEER_EVENTS), scratch]));
    }
    const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
    const seconds = median(mine.map((ran) => ran.seconds));
    const cpuSeconds = median(mine.map((ran) => ran.cpuSeconds));
    const peerRate = (2 * PEER_EVENTS) / median(peers.map((ran) => ran.cpuSeconds)) / 1e6;
    return [
      figure('events, the smaller trail', Math.min(...sizes) / 1e6, 'M', '>= 10'),
      figure('wall time', seconds, 's', '< 5'),
      figure('CPU time', cpuSeconds, 's'),
      figure('memory at most', Math.max(...mine.map((ran) => ran.maxRssBytes)) / 1e6, 'MB', '< 500'),
      figure('events a CPU second', events / cpuSeconds / 1e6, 'M ev/s', '', peerRate),
    ];
  },
};

/** What the process says of itself. */
function once(node: string, args: readonly string[]): Ran {
  const { status, stdout, stderr } = spawnSync(node, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} exited with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Ran;
}
