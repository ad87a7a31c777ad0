/**
 * From what a user asked for to a machine that can be built: names are looked up, native choices filled in, and combinations
 * that cannot work refused, with the reason and what would do.
 */
import { nearest, UsageError } from '../base/index.js';
import { ARCHITECTURES, type Architecture } from './architectures/index.js';
import { type CostProfile, costProfile, withFigures } from './costs/index.js';
import { STRATEGIES, type StrategyDefinition } from './strategies/index.js';
import { VMA_KINDS, type VmaKind } from './vmas.js';

/** What a run may be asked for; whatever is left out takes its default. */
export interface SimulationRequest {
  /** Default `hw-dirty`. */
  readonly strategy?: string;
  /** Default: native to the strategy. */
  readonly arch?: string;
  /** Default: native to the strategy. */
  readonly vma?: string;
  readonly mutations?: readonly string[];
  /** Default 1. */
  readonly seed?: number;
  /** CPUs the machine has from the start; more appear as accesses name them. Default 1. */
  readonly cpus?: number;
  /** Writes per epoch; 0: only the final harvest. Default 100000. */
  readonly harvestEvery?: number;
  readonly populate?: 'eager' | 'lazy';
  readonly interleave?: 'coarse' | 'fine';
  readonly tlbSets?: number;
  readonly tlbWays?: number;
  /** A profile, or the id of one of ours. Default: that of the architecture. */
  readonly cost?: string | CostProfile;
  /** ns by cost name. */
  readonly costOverrides?: Readonly<Record<string, number>>;
  /** Splits the object into several VMAs where more than this many pages lie between; 0: one VMA. */
  readonly vmaGapPages?: number;
  /** Pages of the object, for strategies that choose by its size. Default: what the source knows. */
  readonly objectPages?: number;
  /** A way of using the strategy, where it has several. Default: its first. */
  readonly variant?: string;
  /** What lies behind the pages: `system`, `device` or `mixed` (blocks of both). Default: native to the VMA. */
  readonly memory?: string;
  /** `coherent`, or `non-coherent`: a device that does not snoop CPU caches. Default `coherent`. */
  readonly device?: string;
  /** Writes of devices go through a secondary MMU that MMU notifiers keep in step. Default false: plain DMA. */
  readonly deviceMmu?: boolean;
  /** `recheck`: the walker checks P and W again in the step that sets D; `blind`: it does not. Default `recheck`. */
  readonly walker?: string;
  /** Processes that map the object; CPU c runs process c modulo this unless the source says. Default 1. */
  readonly mms?: number;
  /** A second place of some pages in the same address space, as FROM=TO:PAGES (page numbers): FROM.. is the same memory as TO... */
  readonly alias?: string;
  /** `4k` or `2m`. Default `4k`. */
  readonly pageSize?: string;
  /** What becomes of D when a huge entry is split: `propagate`, `mark-all` or `drop`. Default `propagate`. */
  readonly split?: string;
  /** The strategy of a guest, inside a virtual machine; `host` is then the one outside. */
  readonly guest?: string;
  /** The strategy of the virtual machine monitor. With a guest, none unless given. */
  readonly host?: string;
  /** How guest memory is translated: `nested`, `shadow` or `broken`. Default: what the host strategy needs, else `nested`. */
  readonly monitor?: string;
  /** Entries of each dirty ring. Default 4096. */
  readonly ringEntries?: number;
}

export interface SimulationSettings {
  readonly strategy: StrategyDefinition;
  readonly architecture: Architecture;
  readonly vma: VmaKind;
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
  const strategy = find('strategy', request.strategy ?? 'hw-dirty', STRATEGIES, 'list strategies');
  const interleave = request.interleave ?? 'coarse';
  const architecture = architectureOf(strategy, request.arch);
  const { mutations, notices } = mutationsOf(strategy, architecture, request.mutations ?? [], interleave);
  return {
    strategy,
    architecture,
    vma: vmaOf(strategy, request.vma),
    mutations,
    seed: integer('seed', request.seed ?? 1, 0, Number.MAX_SAFE_INTEGER),
    cpus: integer('cpus', request.cpus ?? 1, 1, 255),
    harvestEvery: integer('harvest-every', request.harvestEvery ?? 100_000, 0, Number.MAX_SAFE_INTEGER),
    populate: request.populate ?? 'eager',
    interleave,
    tlb: {
      sets: integer('tlb-sets', request.tlbSets ?? 128, 1, 65_536),
      ways: integer('tlb-ways', request.tlbWays ?? 12, 1, 64),
    },
    cost: costOf(request.cost ?? architecture.costProfile, request.costOverrides ?? {}),
    vmaGapPages: integer('vma-gap', request.vmaGapPages ?? 0, 0, Number.MAX_SAFE_INTEGER),
    objectPages: request.objectPages === undefined ? null : integer('object-pages', request.objectPages, 1, 2 ** 40),
    notices,
  };
}

function costOf(cost: string | CostProfile, overrides: Readonly<Record<string, number>>): CostProfile {
  return typeof cost === 'string' ? costProfile(cost, overrides) : withFigures(cost, overrides);
}

function find<T extends { readonly id: string }>(what: string, id: string, list: readonly T[], help: string): T {
  const found = list.find((entry) => entry.id === id);
  if (found !== undefined) return found;
  const guess = nearest(
    id,
    list.map((entry) => entry.id),
  );
  throw new UsageError({
    what: `${what} '${id}' is not known`,
    ...(guess === null ? {} : { why: `did you mean '${guess}'?` }),
    mend: `see \`pagetrail ${help}\``,
  });
}

function integer(name: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new UsageError({
    what: `--${name} ${value} is not a whole number from ${least} to ${most}`,
    mend: `leave --${name} out for its default`,
  });
}

function architectureOf(strategy: StrategyDefinition, id: string | undefined): Architecture {
  const wanted = id ?? strategy.architectures[0];
  const architecture = find('architecture', wanted, ARCHITECTURES, 'list architectures');
  if (strategy.architectures.includes(architecture.id)) return architecture;
  throw new UsageError({
    what: `strategy ${strategy.id} does not run on ${architecture.id}`,
    mend: `leave --arch out, or use ${strategy.architectures.join(' or ')}`,
  });
}

function vmaOf(strategy: StrategyDefinition, id: string | undefined): VmaKind {
  const vma = find('VMA kind', id ?? strategy.vmas[0], VMA_KINDS, 'list vmas');
  if (strategy.vmas.some((able) => able === vma.id)) return vma;
  const others = STRATEGIES.filter((other) => other.vmas.some((able) => able === vma.id)).map((other) => other.id);
  throw new UsageError({
    what: `${strategy.id} cannot track a ${vma.id} mapping`,
    why: strategy.vmaReason,
    mend: `use --vma ${strategy.vmas.join(' or ')}${others.length > 0 ? `, or for ${vma.id} one of: ${others.join(', ')}` : ''}`,
  });
}

function mutationsOf(
  strategy: StrategyDefinition,
  architecture: Architecture,
  ids: readonly string[],
  interleave: 'coarse' | 'fine',
): { mutations: readonly string[]; notices: readonly string[] } {
  const notices: string[] = [];
  for (const id of ids) {
    const mutation = strategy.mutations.find((candidate) => candidate.id === id);
    if (mutation === undefined) {
      const known = strategy.mutations.map((candidate) => candidate.id);
      const guess = nearest(id, known);
      throw new UsageError({
        what: `${strategy.id} has no mutation '${id}'`,
        ...(guess === null ? {} : { why: `did you mean '${guess}'?` }),
        mend:
          known.length === 0
            ? `${strategy.id} has no step that a mutation could break`
            : `its mutations are: ${known.join(', ')}`,
      });
    }
    // What is harmless alone need not be so beside another mutation.
    if (ids.length > 1) continue;
    if (mutation.needsHardwareDirty && !architecture.hardwareSetsDirty) {
      notices.push(`mutation ${id} cannot bite on ${architecture.id}: no hardware sets D there`);
    } else if (mutation.bites === 'none')
      notices.push(`mutation ${id} is harmless in ${strategy.id}: ${mutation.summary}`);
    else if (mutation.bites === 'fine' && interleave === 'coarse') {
      notices.push(`mutation ${id} cannot bite while operations run to completion; add --interleave fine`);
    }
  }
  return { mutations: [...new Set(ids)].sort(), notices };
}
