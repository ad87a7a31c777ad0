/** Where a search may stop in code. */
import { describe, expect, it } from 'vitest';
import { STRATEGIES } from '../../simulator/index.js';
import { prepare } from '../prepare.js';
import { strategySetting } from '../strategy-scenario.js';
import { search } from './search.js';

const LIMITS = { states: 1e6, seconds: 600, bytes: 1e9 };

describe.each(STRATEGIES)('$id', ({ id }) => {
  it('may wait before each of its pieces, rounds that begin with a question included', async () => {
    const program = { machine: { strategy: id }, cpus: 1, pages: 1, writes: 2, harvests: 3, evictions: 0 };
    const { model } = prepare(strategySetting(program), false);
    await search(model, { limits: LIMITS, graphStates: 0 });
    for (const { nodes } of model.tables) {
      const firsts = new Map(nodes.toReversed().map((node) => [node.piece, node]));
      expect([...firsts.values()].filter(({ silent }) => silent)).toEqual([]);
    }
  });
});
