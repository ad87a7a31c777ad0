/**
 * From what a user asked for to a machine that can be built: names are looked up, native choices filled in, and combinations
 * that cannot work refused, with the reason and what would do.
 */
import type { Architecture } from './architectures/index.js';
import { architectureOf, machineOf, type MachineSettings, vmaOf } from './configuration/machine.js';
import { mutationsOf } from './configuration/mutations.js';
import type { SimulationRequest } from './configuration/request.js';
import { type SidesSettings, sidesOf, variantOf } from './configuration/sides.js';
import { type CostProfile, costProfile, withFigures } from './costs/index.js';
import { wholeNumber } from './look-up.js';
import type { StrategyDefinition } from './strategies/index.js';
import type { VmaKind } from './vmas.js';

export interface SimulationSettings extends SidesSettings, MachineSettings {
  /** What tracks the program's own pages: a guest's where there is one. */
  readonly strategy: StrategyDefinition;
  readonly variant: string | null;
  readonly architecture: Architecture;
  readonly vma: VmaKind;
  /** As given; beside a guest and a host, with `guest:` or `host:` before the id. */
  readonly mutations: readonly string[];
  readonly seed: number;
  readonly cpus: number;
  readonly harvestEvery: number;
  readonly populate: 'eager' | 'lazy';
  readonly interleave: 'coarse' | 'fine';
  readonly tlb: { readonly sets: number; readonly ways: number };
  readonly cost: CostProfile;
  readonly vmaGapPages: number;
  /** Pages of the object; null where nobody says. */
  readonly objectPages: number | null;
  /** Things the user should know before the run, such as a mutation that cannot bite. */
  readonly notices: readonly string[];
}

/** Resolves a request; `UsageError` for what is unknown, out of range or impossible. */
export function configure(request: SimulationRequest): SimulationSettings {
  const { strategy, ...sides } = sidesOf(request);
  const interleave = request.interleave ?? 'coarse';
  const architecture = architectureOf(strategy, sides, request.arch);
  const vma = vmaOf(strategy, request.vma);
  const machine = machineOf(request, strategy, sides, architecture, vma);
  const run = { strategy, ...sides, architecture, vma, ...machine, interleave } as const;
  const { mutations, notices } = mutationsOf(run, request.mutations ?? [], request.operations ?? []);
  const inVm = sides.guest !== null && architecture.id === 'x86-64';
  return {
    ...run,
    variant: variantOf(request, strategy, sides.host),
    mutations,
    seed: wholeNumber('seed', request.seed ?? 1, 0, Number.MAX_SAFE_INTEGER),
    cpus: wholeNumber('cpus', request.cpus ?? 1, 1, 255),
    harvestEvery: wholeNumber('harvest-every', request.harvestEvery ?? 100_000, 0, Number.MAX_SAFE_INTEGER),
    populate: request.populate ?? 'eager',
    tlb: {
      sets: wholeNumber('tlb-sets', request.tlbSets ?? 128, 1, 65_536),
      ways: wholeNumber('tlb-ways', request.tlbWays ?? 12, 1, 64),
    },
    cost: costOf(request.cost ?? (inVm ? 'x86-64-vm' : architecture.costProfile), request.costOverrides ?? {}),
    vmaGapPages: wholeNumber('vma-gap', request.vmaGapPages ?? 0, 0, Number.MAX_SAFE_INTEGER),
    objectPages:
      request.objectPages === undefined ? null : wholeNumber('object-pages', request.objectPages, 1, 2 ** 40),
    notices: [...machine.notices, ...notices],
  };
}

function costOf(cost: string | CostProfile, overrides: Readonly<Record<string, number>>): CostProfile {
  return typeof cost === 'string' ? costProfile(cost, overrides) : withFigures(cost, overrides);
}
