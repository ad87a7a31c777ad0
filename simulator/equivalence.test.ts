import { describe, expect, it } from 'vitest';
import { STRATEGIES } from './index.js';
import { architectureFor, randomProgram, run } from './testing/runs.js';

/** The recorder's shortcuts must not show: same events, same state, for every strategy and seed. */
describe.each(STRATEGIES.map(({ id }) => id))('%s', (strategy) => {
  const cases = [1, 2, 3, 4, 5, 6].map((seed) => ({
    seed,
    program: randomProgram(seed, { accesses: 600, pages: 40, cpus: 1 + (seed % 3), reads: seed % 2 === 0 ? 0.3 : 0 }),
    request: {
      strategy,
      arch: architectureFor(strategy, seed),
      harvestEvery: 10 * seed,
      populate: seed % 3 === 0 ? 'lazy' : 'eager',
      tlbSets: seed % 2 === 0 ? 4 : 128,
      tlbWays: 2,
      vmaGapPages: seed === 5 ? 4 : 0,
    } as const,
  }));

  it.each(cases)('walks in bulk as by steps, seed $seed', ({ program, request }) => {
    const bulk = run(request, program);
    const stepped = run(request, program, { bulk: false });
    expect(stepped.lines).toEqual(bulk.lines);
    expect(stepped.end).toEqual(bulk.end);
  });

  it.each(cases)('stores without generators as with them, seed $seed', ({ program, request }) => {
    const fast = run(request, program);
    const slow = run(request, program, { fastPath: false });
    expect(slow.lines).toEqual(fast.lines);
    expect(slow.end).toEqual(fast.end);
  });
});

it.each(['no-flush', 'flush-first', 'transfer-first', 'plain-rmw'])(
  'mutated hw-dirty walks in bulk as by steps: %s',
  (mutation) => {
    const program = randomProgram(9, { accesses: 400, pages: 20, cpus: 2, reads: 0.2 });
    const request = { strategy: 'hw-dirty', mutations: [mutation], harvestEvery: 25 };
    const bulk = run(request, program);
    const stepped = run(request, program, { bulk: false });
    expect(stepped.lines).toEqual(bulk.lines);
    expect(stepped.end).toEqual(bulk.end);
  },
);
