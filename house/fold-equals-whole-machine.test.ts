/**
 * The fold against the machine once more, with all that a machine can have: several processes and aliases, guests and their hosts, huge
 * entries, moves, forks and splits, a device with a TLB of its own or without snooping. Settings are drawn by the seed; what cannot be is left out.
 */
import { describe, expect, it } from 'vitest';
import { Random, UsageError } from '../base/index.js';
import { Fold } from '../replayer/index.js';
import { AccessKind, configure, type SimulationRequest, STRATEGIES } from '../simulator/index.js';
import { randomProgram, run } from '../simulator/testing/runs.js';

const SEEDS =
  process.env['PAGETRAIL_SEED'] === undefined
    ? Array.from({ length: 300 }, (_, seed) => seed + 1)
    : [Number(process.env['PAGETRAIL_SEED'])];
const OPERATIONS = [AccessKind.unmap, AccessKind.move, AccessKind.fork, AccessKind.split, AccessKind.harvest];
const GUESTS = STRATEGIES.filter(({ monitor }) => monitor === undefined);
const HOSTS = STRATEGIES.filter(({ monitor }) => monitor !== undefined);

function drawRequest(random: Random, seed: number): SimulationRequest {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)]!;
  const chance = (n: number) => random.below(n) === 0;
  const common: SimulationRequest = {
    seed,
    interleave: chance(2) ? 'fine' : 'coarse',
    harvestEvery: 5 + random.below(30),
    populate: chance(3) ? 'lazy' : 'eager',
    tlbSets: 1 + random.below(4),
    tlbWays: 1 + random.below(4),
    device: chance(3) ? 'non-coherent' : 'coherent',
    objectPages: 600,
  };
  if (chance(3)) {
    const guest = { ...common, guest: pick(GUESTS).id, monitor: pick(['nested', 'shadow', 'broken']) };
    return chance(3) ? guest : { ...guest, host: pick(HOSTS).id };
  }
  const huge = STRATEGIES.filter(({ hugeEntries }) => hugeEntries !== undefined);
  if (chance(3)) {
    const split = chance(2) ? { split: pick(['propagate', 'mark-all', 'drop']) } : {};
    return { ...common, ...split, strategy: pick(huge).id, pageSize: '2m' };
  }
  const strategy = pick(STRATEGIES);
  const arch = pick(strategy.architectures);
  const vma = pick(strategy.vmas);
  const mutations = chance(3) && strategy.mutations.length > 0 ? [pick(strategy.mutations).id] : [];
  return {
    ...common,
    strategy: strategy.id,
    arch,
    vma,
    mutations,
    ...(chance(3) && { mms: 1 + random.below(3) }),
    ...(chance(4) && { alias: `${0x1003}=${0x1000}:3` }),
    ...(chance(4) && { deviceMmu: true }),
    ...(chance(4) && { memory: pick(['system', 'device', 'mixed']) }),
  };
}

/** The request, without what `configure` refuses about it; null where no such machine can be. */
function possible(request: SimulationRequest): SimulationRequest | null {
  const options = ['alias', 'memory', 'deviceMmu', 'mms', 'device', 'split', 'pageSize', 'host', 'mutations'] as const;
  for (let left = 0; left <= options.length; left++) {
    const tried: Record<string, unknown> = { ...request };
    for (const option of options.slice(0, left)) delete tried[option];
    try {
      configure(tried);
      return tried;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
    }
  }
  return null;
}

const seen = new Set<string>();

describe('the fold of a run of the whole machine', () => {
  it.each(SEEDS)('seed %i: equals the machine', (seed) => {
    const random = new Random(seed);
    const request = possible(drawRequest(random, seed));
    if (request === null) return;
    const operations = OPERATIONS.filter(
      (kind) =>
        random.below(2) === 0 &&
        (request.guest === undefined || kind === AccessKind.harvest) &&
        (request.pageSize === undefined || kind !== AccessKind.move),
    );
    const program = randomProgram(seed, {
      accesses: 250,
      pages: 12,
      cpus: 1 + random.below(4),
      reads: 0.2,
      operations,
      ...(random.below(3) === 0 && { device: 0.1 }),
    });
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
