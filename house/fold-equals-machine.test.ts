/**
 * The promise the whole replayer rests on: the fold of the events before any point equals the machine's own state at that
 * point. Random programs, every strategy, every mutation, both modes; compared at random points of each run.
 */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/index.js';
import { Fold } from '../replayer/index.js';
import { AccessBatch, configure, Simulation, STRATEGIES } from '../simulator/index.js';
import { architectureFor, randomProgram } from '../simulator/testing/runs.js';

const CASES = STRATEGIES.flatMap(({ id, mutations }) => [
  { strategy: id, mutations: [] as string[] },
  ...mutations.map((mutation) => ({ strategy: id, mutations: [mutation.id as string] })),
]);

function unmarkedStalePages(fold: Fold): number[] {
  const pages = Array.from({ length: fold.pages.count }, (_, page) => page);
  return pages.filter((page) => fold.isStale(page) && !fold.isMarked(page));
}

/** Accesses [from, from + count) of a program as a batch of their own. */
function piece(program: AccessBatch, from: number, count: number): AccessBatch {
  const batch = new AccessBatch(count);
  batch.length = count;
  for (const column of ['page', 'offset', 'size', 'cpu', 'kind', 'program'] as const) {
    batch[column].set(program[column].subarray(from, from + count));
  }
  return batch;
}

describe.each(CASES)('$strategy $mutations', ({ strategy, mutations }) => {
  it.each([1, 2, 3, 4, 5, 6])('seed %i', (seed) => {
    const random = new Random(seed);
    const interleave = seed % 2 === 0 ? 'fine' : 'coarse';
    const settings = configure({
      strategy,
      mutations,
      arch: architectureFor(strategy, seed),
      interleave,
      seed,
      harvestEvery: 7 + seed,
      objectPages: seed < 4 ? 12 : 600,
      populate: seed % 3 === 0 ? 'lazy' : 'eager',
      tlbSets: 1 + random.below(4),
      tlbWays: 1 + random.below(4),
    });
    const simulation = new Simulation(settings, () => {
      throw new Error('the run must fit a batch');
    });
    const fold = new Fold({
      arch: settings.architecture.id,
      carriers: simulation.carriers,
      spaces: simulation.spaces,
      tlb: settings.tlb,
      actors: simulation.actors,
      options: {},
    });
    const program = randomProgram(seed, {
      accesses: 400,
      pages: 12,
      cpus: 1 + (seed % 4),
      reads: 0.25,
      around: seed <= 2 ? 0.1 : 0,
    });
    let folded = 0;
    for (let at = 0; at < program.length; ) {
      const count = Math.min(program.length - at, 1 + random.below(40));
      simulation.play(piece(program, at, count));
      simulation.settle();
      at += count;
      fold.apply(simulation.openBatch, folded, simulation.openBatch.length);
      folded = simulation.openBatch.length;
      expect(fold.snapshot()).toEqual(simulation.snapshot());
      // Wherever a recording is cut between two harvests, what the consumer lacks is marked: nothing is lost yet.
      if (mutations.length === 0 && strategy !== 'adaptive' && seed > 2) expect(unmarkedStalePages(fold)).toEqual([]);
    }
    simulation.finish(program.length);
    fold.apply(simulation.openBatch, folded, simulation.openBatch.length);
    expect(fold.snapshot()).toEqual(simulation.snapshot());
    expect(simulation.harvests).toBeGreaterThan(5);
  });
});
