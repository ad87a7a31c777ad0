/**
 * The settings of a run as its trail keeps them, and back: what a replay takes over is what a recording wrote down. Settings of the
 * machine that have no row of their own stand in `options` as numbers, each only where it is not the default.
 */
import {
  ARCHITECTURES,
  COST_NAMES,
  type CostProfile,
  costProfile,
  RING_DEFAULT,
  type Simulation,
  type SimulationRequest,
  type SimulationSettings,
  STEP_NAMES,
} from '../simulator/index.js';
import type { TrailMeta } from '../traces/index.js';
import type { AccessSource } from './sources/index.js';

/** Words by the number that stands for them in options; numbers are for good. */
const MEMORIES = ['system', 'device', 'mixed'] as const;
const SPLITS = ['propagate', 'mark-all', 'drop'] as const;

/** What meta is made of, besides the source. */
export type MetaSubject = Pick<Simulation, 'settings' | 'carriers' | 'actors' | 'spaces'>;

export function metaOf(simulation: MetaSubject, source: Pick<AccessSource, 'meta'>): TrailMeta {
  const { settings } = simulation;
  return {
    mode: 'simulated',
    strategy: settings.strategy.id,
    variant: settings.variant,
    vm: vmOf(settings),
    arch: settings.architecture.id,
    vma: settings.vma.id,
    mutations: settings.mutations,
    seed: settings.seed,
    interleave: settings.interleave,
    populate: settings.populate,
    harvestEvery: settings.harvestEvery,
    tlb: settings.tlb,
    carriers: simulation.carriers,
    costProfile: { id: settings.cost.id, overrides: settings.cost.overrides ?? {}, ns: settings.cost.ns },
    options: optionsOf(settings),
    source: source.meta,
    actors: simulation.actors,
    spaces: simulation.spaces,
    steps: STEP_NAMES,
    notes: [],
    methods: settings.strategy.methods ?? [],
  };
}

/** Who tracks inside and outside of a virtual machine; null where none is modelled. */
export function vmOf({ guest, host, monitor }: SimulationSettings): NonNullable<TrailMeta['vm']> | null {
  return guest === null || monitor === null ? null : { guest: guest.id, host: host?.id ?? null, monitor };
}

function optionsOf(settings: SimulationSettings): Record<string, number> {
  const { memory, vma, device, strategy, alias } = settings;
  return {
    cpus: settings.cpus,
    vmaGapPages: settings.vmaGapPages,
    ...(settings.objectPages !== null && { objectPages: settings.objectPages }),
    ...(memory !== vma.memory && { memory: MEMORIES.indexOf(memory) }),
    // 2: the device does not snoop and need not, since the CPU copies for it; nothing is then kept in CPU caches alone.
    ...(device === 'non-coherent' && { nonCoherent: strategy.copiesByCpu ? 2 : 1 }),
    ...(settings.deviceMmu && { deviceMmu: 1 }),
    ...(settings.walker === 'blind' && { blind: 1 }),
    ...(settings.mms !== 1 && { mms: settings.mms }),
    ...(alias !== null && { aliasFrom: alias.from, aliasTo: alias.to, aliasPages: alias.pages }),
    ...(settings.pageSize === '2m' && { huge: 1 }),
    ...(settings.split !== 'propagate' && { split: SPLITS.indexOf(settings.split) }),
    ...(settings.ringEntries !== RING_DEFAULT && { ringEntries: settings.ringEntries }),
  };
}

/**
 * What a recording was asked for, mutations excepted: a defect is never taken over. Costs are those of the recording, whoever made its
 * profile; names that it does not know yet take ours.
 */
export function recordedSettings(meta: TrailMeta): SimulationRequest {
  const { vm, strategy, variant } = meta;
  const { cpus, vmaGapPages, objectPages } = meta.options;
  const cost = recordedCosts(meta);
  return {
    seed: meta.seed,
    harvestEvery: meta.harvestEvery,
    populate: meta.populate,
    interleave: meta.interleave,
    tlbSets: meta.tlb.sets,
    tlbWays: meta.tlb.ways,
    ...(strategy !== null && (vm ? { guest: vm.guest ?? strategy } : { strategy })),
    ...(vm && { ...(vm.host !== null && { host: vm.host }), monitor: vm.monitor }),
    ...(variant && { variant }),
    arch: meta.arch,
    vma: meta.vma,
    ...(cost !== null && { cost }),
    costOverrides: meta.costProfile.overrides ?? {},
    ...(cpus !== undefined && { cpus }),
    ...(vmaGapPages !== undefined && { vmaGapPages }),
    ...(objectPages !== undefined && { objectPages }),
    ...recordedMachine(meta),
  };
}

/** What was special about the machine, by the words that ask for it. Options of later versions are left out. */
export function recordedMachine({ options }: Pick<TrailMeta, 'options'>): SimulationRequest {
  const { mms, ringEntries } = options;
  const memory = MEMORIES[options['memory'] ?? -1];
  const split = SPLITS[options['split'] ?? -1];
  const alias = [options['aliasFrom'], options['aliasTo'], options['aliasPages']];
  return {
    ...(memory !== undefined && { memory }),
    ...(options['nonCoherent'] && { device: 'non-coherent' }),
    ...(options['deviceMmu'] === 1 && { deviceMmu: true }),
    ...(options['blind'] === 1 && { walker: 'blind' }),
    ...(mms !== undefined && { mms }),
    ...(alias.every((part) => part !== undefined) && { alias: `${alias[0]}=${alias[1]}:${alias[2]}` }),
    ...(options['huge'] === 1 && { pageSize: '2m' }),
    ...(split !== undefined && { split }),
    ...(ringEntries !== undefined && { ringEntries }),
  };
}

/** null where the trail is of an architecture that we do not have. */
function recordedCosts({ arch, costProfile: { id, ns } }: TrailMeta): CostProfile | null {
  const base = ARCHITECTURES.find((architecture) => architecture.id === arch)?.costProfile;
  if (base === undefined) return null;
  const known = Object.fromEntries(Object.entries(ns).filter(([name]) => name in COST_NAMES));
  return { ...costProfile(base, known), id, overrides: {} };
}
