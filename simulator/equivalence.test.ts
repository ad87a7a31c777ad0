import { describe, expect, it } from 'vitest';
import { AccessKind, type SimulationRequest, STRATEGIES } from './index.js';
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

const WHOLE_MACHINES: ReadonlyArray<{ readonly name: string; readonly request: SimulationRequest }> = [
  { name: 'huge entries', request: { strategy: 'hw-dirty', pageSize: '2m' } },
  { name: 'huge entries that are split', request: { strategy: 'pfn-mkwrite', pageSize: '2m' } },
  { name: 'several processes and an alias', request: { strategy: 'hw-dirty', mms: 3, alias: '0x1003=0x1000:3' } },
  { name: 'a device that does not snoop', request: { strategy: 'pfn-mkwrite', device: 'non-coherent' } },
  { name: 'a device with an MMU', request: { strategy: 'hw-dirty', deviceMmu: true } },
  { name: 'a guest over a second stage that logs', request: { guest: 'hw-dirty', host: 'pml' } },
  { name: 'a guest over a shadow table', request: { guest: 'pfn-mkwrite', host: 'shadow-paging' } },
  { name: 'a broken monitor', request: { guest: 'hw-dirty', monitor: 'broken' } },
];

it.each(WHOLE_MACHINES)('neither shortcut shows with $name', ({ request }) => {
  for (let seed = 1; seed <= 4; seed++) {
    const operations = [AccessKind.unmap, AccessKind.harvest, ...(request.pageSize === '2m' ? [AccessKind.split] : [])];
    const shape = { accesses: 300, pages: 12, cpus: 1 + (seed % 3), reads: 0.2, device: 0.1, operations };
    const program = randomProgram(seed, shape);
    const asked = { ...request, harvestEvery: 20, tlbSets: 4, tlbWays: 2 };
    const quick = run(asked, program);
    const slow = run(asked, program, { bulk: false, fastPath: false });
    expect(slow.lines).toEqual(quick.lines);
    expect(slow.end).toEqual(quick.end);
  }
});
