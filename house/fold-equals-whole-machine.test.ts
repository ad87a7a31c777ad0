/**
 * The fold against the machine once more, with all that a machine can have: several processes and aliases, guests and their hosts, huge
 * entries, moves, forks and splits, a device with a TLB of its own or without snooping. Settings are drawn by the seed; what cannot be is left out.
 */
import { describe, expect, it } from 'vitest';
import { Fold } from '../replayer/index.js';
import { run } from '../simulator/testing/runs.js';
import { drawMachine } from './whole-machines.js';

const SEEDS =
  process.env['PAGETRAIL_SEED'] === undefined
    ? Array.from({ length: 300 }, (_, seed) => seed + 1)
    : [Number(process.env['PAGETRAIL_SEED'])];
const seen = new Set<string>();

describe('the fold of a run of the whole machine', () => {
  it.each(SEEDS)('seed %i: equals the machine', (seed) => {
    const drawn = drawMachine(seed);
    if (drawn === null) return;
    const { request, program } = drawn;
    const { batches, end, simulation } = run(request, program);
    const { settings } = simulation;
    // Where the bytes are copied by a CPU, its caches are no matter.
    const nonCoherent = settings.device === 'non-coherent' && settings.strategy.copiesByCpu !== true;
    const fold = new Fold({
      arch: settings.architecture.id,
      carriers: simulation.carriers,
      spaces: simulation.spaces,
      tlb: settings.tlb,
      actors: simulation.actors,
      options: nonCoherent ? { nonCoherent: 1 } : {},
    });
    for (const batch of batches) fold.apply(batch);
    expect(fold.snapshot(), JSON.stringify(request)).toEqual(end);
    if (end.frames.memory.includes(2)) seen.add('guest');
    if (end.tlbs.cpu.includes(-1)) seen.add('device TLB');
    if (end.tlbs.flags.some((flags) => flags & 4)) seen.add('huge');
    if (settings.mms > 1) seen.add('processes');
    if (nonCoherent) seen.add('non-coherent');
    if (end.frames.frame.length < end.pages.frame.length) seen.add('aliases');
  });

  it.runIf(SEEDS.length > 1)('occurs in every kind', () => {
    expect([...seen].sort()).toEqual(['aliases', 'device TLB', 'guest', 'huge', 'non-coherent', 'processes']);
  });
});
