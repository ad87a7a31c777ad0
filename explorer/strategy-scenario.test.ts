/** Programs of strategies in which more happens than stores and harvests: unmaps and moves lose nothing either. */
import { describe, expect, it } from 'vitest';
import { explore } from './explore.js';
import { strategySetting } from './strategy-scenario.js';

const SIZE = { cpus: 1, pages: 1, writes: 2, harvests: 1, evictions: 0 };

describe.each(['page-mkwrite', 'bounce-buffer', 'pfn-mkwrite', 'hw-dirty', 'hw-dirty-wp', 'soft-dirty', 'adaptive'])(
  '%s',
  (strategy) => {
    it.each([
      ['moves', { unmaps: 0, moves: 1 }],
      ['unmaps', { unmaps: 1, moves: 0 }],
    ])('is safe beside %s', async (_, more) => {
      const found = await explore(strategySetting({ machine: { strategy }, ...SIZE, ...more }), { reduce: true });
      expect({ verdict: found.verdict, exhaustive: found.exhaustive }).toEqual({ verdict: 'safe', exhaustive: true });
    });
  },
);
