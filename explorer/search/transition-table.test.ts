/** Where a search may stop in code. */
import { describe, expect, it } from 'vitest';
import { FIRST_FREE_VARIABLE, type Micro, micro, Op, STRATEGIES, VARIABLE } from '../../simulator/index.js';
import { prepare } from '../prepare.js';
import { strategySetting } from '../strategy-scenario.js';
import type { Setting } from '../scenario.js';
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

describe('variables', () => {
  it.each([
    { whose: 'of a scenario', variable: FIRST_FREE_VARIABLE, stops: 3 },
    { whose: 'of a strategy', variable: VARIABLE.method, stops: 1 },
  ])('$whose: a look at one and a change of it behind a first step make $stops places', async ({ variable, stops }) => {
    function* counts(): Micro {
      yield micro(Op.enterKernel, 'harvest');
      const old = yield micro(Op.recall, 'harvest', -1, variable);
      yield micro(Op.remember, 'harvest', -1, variable, old + 1);
    }
    const setting: Setting = {
      machine: { strategy: 'hw-dirty' },
      pages: 1,
      variables: [],
      actors: () => [{ name: 'kernel', does: [{ label: 'counts', code: counts }] }],
      assumes: [],
    };
    const { model } = prepare(setting, false);
    await search(model, { limits: LIMITS, graphStates: 0 });
    expect(model.tables[0]!.nodes.filter(({ op, silent }) => op !== null && !silent)).toHaveLength(stops);
  });
});
