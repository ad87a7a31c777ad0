/** Every mutation is harmful in some run of the mode that it names, or says why it is not and never is. */
import { describe, expect, it } from 'vitest';
import { AccessKind, MUTATIONS, type Mutation, type SimulationRequest, STRATEGIES } from './index.js';
import { type ProgramShape, randomProgram, run, staleFrames } from './testing/runs.js';

/** Runs tried until one loses a write, and runs that must all lose none. */
const TRIES = 700;
const CLEAN_RUNS = 25;

interface Setting {
  readonly request: SimulationRequest;
  readonly shape: Partial<ProgramShape>;
  readonly tries?: number;
}

/** What a run must have for the mutation to bite. */
function settingOf({ needs }: Mutation, seed: number): Setting {
  const operations = [
    ...(needs.includes('unmap') ? [AccessKind.unmap] : []),
    ...(needs.includes('move') ? [AccessKind.move] : []),
    ...(needs.includes('split') ? [AccessKind.split] : []),
  ];
  return {
    request: {
      ...(needs.includes('non-coherent') && { device: 'non-coherent' }),
      ...(needs.includes('device-mmu') && { deviceMmu: true }),
      ...(needs.includes('huge') && { pageSize: '2m' }),
      objectPages: seed % 2 === 0 ? 600 : 12,
    },
    shape: { operations, ...(needs.includes('device-mmu') && { device: 0.4 }) },
  };
}

const SHORT_UNMAPS: Setting = {
  request: { harvestEvery: 0 },
  shape: { operations: [AccessKind.unmap], accesses: 30, pages: 2, cpus: 4, reads: 0 },
  tries: 6000,
};

/** Where a mutation bites in a corner that small random programs do not come to. */
const CORNERS: Readonly<Record<string, Setting>> = {
  // Three scans in a row must protect more than 10 percent of the object.
  'adaptive no-interval': {
    request: { objectPages: 512, harvestEvery: 250 },
    shape: { accesses: 800, pages: 80, cpus: 1, reads: 0 },
  },
  // Few accesses, so that nothing writes the page again after the unmap; then there can be many tries.
  'hw-dirty check-before-protect': SHORT_UNMAPS,
};
/** It loses writes in fine mode as it is; see its own tests. */
const WINDOW = 'adaptive';
/** Random programs come to it never, or too seldom to wait for; `explorer/mutate-all.test.ts` shows that it bites. */
const FOR_A_SEARCH: ReadonlySet<string> = new Set(['kvm-dirty-log plain-rmw', 'pml plain-rmw']);

/** @param expected a run that loses is looked for; otherwise a few runs must all lose nothing */
function losesIn(strategy: string, mutation: Mutation, interleave: 'coarse' | 'fine', expected: boolean): boolean {
  const corner = CORNERS[`${strategy} ${mutation.id}`];
  const seeds = expected ? (corner?.tries ?? TRIES) : CLEAN_RUNS;
  return Array.from({ length: seeds }, (_, seed) => seed).some((seed) => {
    const { request, shape } = corner ?? settingOf(mutation, seed);
    const program = randomProgram(seed, {
      accesses: 120,
      pages: 2 + (seed % 2),
      cpus: 1 + (seed % 4),
      reads: (seed % 2) * 0.2,
      ...shape,
    });
    const harvestEvery = 3 + (seed % 5);
    const sides = mutation.needs.includes('guest') ? { guest: 'hw-dirty', host: strategy } : { strategy };
    const { end } = run({ ...sides, mutations: [mutation.id], interleave, harvestEvery, seed, ...request }, program);
    return staleFrames(end) > 0;
  });
}

describe.each(STRATEGIES)('$id', ({ id: strategy, mutations }) => {
  it.each(mutations)('--mutate $id loses writes where it says it bites ($bites)', (mutation) => {
    const { bites } = mutation;
    const lost = (mode: 'coarse' | 'fine', expected: boolean) => losesIn(strategy, mutation, mode, expected);
    const fine = bites !== 'none';
    expect({
      coarse: lost('coarse', bites === 'coarse'),
      fine: strategy === WINDOW || FOR_A_SEARCH.has(`${strategy} ${mutation.id}`) ? fine : lost('fine', fine),
    }).toEqual({ coarse: bites === 'coarse', fine });
  });

  it.each(mutations.filter(({ bites }) => bites === 'none'))('--mutate $id says why it is harmless', ({ summary }) => {
    expect(summary).toMatch(/nothing is lost|no write is lost/);
  });
});

it('has no kind of mutation that no strategy declares', () => {
  const used = new Set(STRATEGIES.flatMap(({ mutations }) => mutations.map(({ id }) => id)));
  expect(Object.keys(MUTATIONS).filter((id) => !used.has(id as Mutation['id']))).toEqual([]);
});
