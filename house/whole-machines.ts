/** Machines of every kind and programs for them, drawn by a seed: what the tests of fold and detectors against the whole machine run. */
import { Random, UsageError } from '../base/index.js';
import { type AccessBatch, AccessKind, configure, type SimulationRequest, STRATEGIES } from '../simulator/index.js';
import { randomProgram } from '../simulator/testing/runs.js';

const OPERATIONS = [AccessKind.unmap, AccessKind.move, AccessKind.fork, AccessKind.split, AccessKind.harvest];
const OPERATION_NEEDED = { unmap: AccessKind.unmap, move: AccessKind.move, split: AccessKind.split } as const;
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
  const mutations = chance(2) && strategy.mutations.length > 0 ? [pick(strategy.mutations).id] : [];
  const needs = needsOf(strategy.id, mutations);
  return {
    ...common,
    ...(needs.includes('non-coherent') && { device: 'non-coherent' }),
    strategy: strategy.id,
    arch,
    vma,
    mutations,
    ...(chance(3) && { mms: 1 + random.below(3) }),
    ...(chance(4) && { alias: `${0x1003}=${0x1000}:3` }),
    ...((chance(4) || needs.includes('device-mmu')) && { deviceMmu: true }),
    ...(needs.includes('huge') && { pageSize: '2m' }),
    ...(chance(4) && { memory: pick(['system', 'device', 'mixed']) }),
  };
}

/** What a run must have for its mutations to bite. */
function needsOf(strategy: string | undefined, mutations: readonly string[] = []): readonly string[] {
  const known = STRATEGIES.find(({ id }) => id === strategy)?.mutations ?? [];
  return known.filter(({ id }) => mutations.includes(id)).flatMap(({ needs }) => needs);
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

export interface DrawnMachine {
  readonly request: SimulationRequest;
  readonly program: AccessBatch;
}

/** A machine and a program for it; null where what was drawn cannot be. */
export function drawMachine(seed: number): DrawnMachine | null {
  const random = new Random(seed);
  const request = possible(drawRequest(random, seed));
  if (request === null) return null;
  const needs = needsOf(request.strategy, request.mutations);
  const needed: number[] = Object.entries(OPERATION_NEEDED).flatMap(([need, kind]) =>
    needs.includes(need) ? [kind] : [],
  );
  const operations = OPERATIONS.filter(
    (kind) =>
      (random.below(2) === 0 || needed.includes(kind)) && (request.guest === undefined || kind === AccessKind.harvest),
  );
  const byDevice = request.deviceMmu === true || random.below(6) === 0;
  const program = randomProgram(seed, {
    accesses: 250,
    pages: 12,
    cpus: 1 + random.below(4),
    reads: 0.2,
    operations,
    ...(byDevice && { device: 0.1 }),
  });
  return { request, program };
}
