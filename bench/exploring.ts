/** The explorer: states a second of a search through every interleaving, beside the search that one writes first. */
import { join } from 'node:path';
import { measure } from './measure.js';
import { type Bench, figure } from './report.js';

/** What a program is: a strategy, and how much of it. */
export interface Size {
  readonly strategy: string;
  readonly cpus: number;
  readonly pages: number;
  readonly writes: number;
  readonly harvests: number;
}

const BYTES_PER_STATE_MAX = 160; // 16 GiB for 10^8 states

/** @param withPeer the peer can hold so many states */
export function exploring(id: string, size: Size, goal: string, withPeer: boolean): Bench {
  const { strategy, cpus, pages, writes, harvests } = size;
  return {
    id,
    title: `explore ${strategy}, ${cpus} CPUs, ${pages} pages, ${writes} stores each, ${harvests} harvests, every interleaving`,
    run({ node, dist, runs }) {
      const numbers = [cpus, pages, writes, harvests].map(String);
      const options = ['--cpus', '--pages', '--writes', '--harvests'].flatMap((name, at) => [name, numbers[at]!]);
      const mine = [node, join(dist, 'cli/main.js'), 'explore', '--strategy', strategy, ...options, '--json'];
      const naive = [node, '--max-old-space-size=16000', join(dist, 'bench/naive-explorer.js'), strategy, ...numbers];
      const [own, peer] = measure(withPeer ? [mine, naive] : [mine], withPeer ? runs : 1);
      const found = JSON.parse(own!.output) as { states: number; seconds: number; exhaustive: boolean; bytes: number };
      if (!found.exhaustive) throw new Error('the search was not exhaustive');
      if (peer !== undefined && Number(peer.output) !== found.states)
        throw new Error(`the peer saw ${peer.output.trim()} states, the explorer ${found.states}`);
      return [
        figure('states', found.states / 1e6, 'M states'),
        figure('search alone', found.states / found.seconds / 1e6, 'M states/s', goal),
        figure(
          'whole process',
          found.states / own!.seconds / 1e6,
          'M states/s',
          '',
          peer === undefined ? undefined : found.states / peer.seconds / 1e6,
        ),
        figure('memory', found.bytes / found.states, 'B/state', `<= ${BYTES_PER_STATE_MAX}`),
      ];
    },
  };
}
