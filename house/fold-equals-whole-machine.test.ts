/**
 * The fold against the machine once more, with all that a machine can have: several processes and aliases, guests and their hosts, huge
 * entries, moves, forks and splits, a device with a TLB of its own or without snooping. Settings are drawn by the seed; what cannot be is left out.
 */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/index.js';
import { Fold, type FoldMeta } from '../replayer/index.js';
import { configure, Simulation, type SimulationSettings } from '../simulator/index.js';
import { run } from '../simulator/testing/runs.js';
import { drawMachine } from './whole-machines.js';

const SEEDS =
  process.env['PAGETRAIL_SEED'] === undefined
    ? Array.from({ length: 300 }, (_, seed) => seed + 1)
    : [Number(process.env['PAGETRAIL_SEED'])];
const seen = new Set<string>();

/** What the fold has to know of such a run. */
function metaOf(simulation: Simulation): FoldMeta {
  const { settings } = simulation;
  return {
    arch: settings.architecture.id,
    carriers: simulation.carriers,
    spaces: simulation.spaces,
    tlb: settings.tlb,
    actors: simulation.actors,
    options: isNonCoherent(settings) ? { nonCoherent: 1 } : {},
  };
}

/** Where the bytes are copied by a CPU, its caches are no matter. */
function isNonCoherent({ device, strategy }: SimulationSettings): boolean {
  return device === 'non-coherent' && strategy.copiesByCpu !== true;
}

describe('the fold of a run of the whole machine', () => {
  it.each(SEEDS)('seed %i: equals the machine', (seed) => {
    const drawn = drawMachine(seed);
    if (drawn === null) return;
    const { request, program } = drawn;
    const { batches, end, simulation } = run(request, program);
    const { settings } = simulation;
    const fold = new Fold(metaOf(simulation));
    for (const batch of batches) fold.apply(batch);
    expect(fold.snapshot(), JSON.stringify(request)).toEqual(end);
    if (end.frames.memory.includes(2)) seen.add('guest');
    if (end.tlbs.cpu.includes(-1)) seen.add('device TLB');
    if (end.tlbs.flags.some((flags) => flags & 4)) seen.add('huge');
    if (settings.mms > 1) seen.add('processes');
    if (isNonCoherent(settings)) seen.add('non-coherent');
    if (end.frames.frame.length < end.pages.frame.length) seen.add('aliases');
  });

  it.runIf(SEEDS.length > 1)('occurs in every kind', () => {
    expect([...seen].sort()).toEqual(['aliases', 'device TLB', 'guest', 'huge', 'non-coherent', 'processes']);
  });
});

describe('a pause in the middle of an operation', () => {
  it.each(SEEDS.slice(0, 100))('seed %i: the fold so far equals the machine so far', (seed) => {
    const drawn = drawMachine(seed);
    if (drawn === null || drawn.request.interleave === 'fine') return;
    const { request, program } = drawn;
    const random = new Random(seed);
    const fold = new Fold(metaOf(run(request, program).simulation));
    let folded = 0;
    const simulation = new Simulation(configure({ objectPages: 64, ...request }), (batch) => {
      fold.apply(batch, folded, batch.length);
      folded = 0;
    });
    const pause = (): void => {
      const { openBatch } = simulation;
      fold.apply(openBatch, folded, openBatch.length);
      folded = openBatch.length;
      expect(fold.snapshot(), `at ${simulation.seq}`).toEqual(simulation.snapshot());
      pauses++;
      simulation.pauseAt(simulation.seq + 1 + random.below(50), pause);
    };
    simulation.pauseAt(1, pause);
    simulation.play(program);
    simulation.finish(program.length);
  });

  let pauses = 0;
  it.runIf(SEEDS.length > 1)('occurs', () => {
    expect(pauses).toBeGreaterThan(500);
  });
});
