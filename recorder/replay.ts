/** What-if is recording: the accesses of a trail under another strategy, with everything else as it was unless changed. */
import { InputError } from '../base/index.js';
import {
  ARCHITECTURES,
  COST_NAMES,
  type CostProfile,
  costProfile,
  type SimulationRequest,
  STRATEGIES,
} from '../simulator/index.js';
import { type TrailMeta, TrailReader } from '../traces/index.js';
import type { OperationIntervals } from './sources/index.js';
import { type RecordHooks, type RecordResult, record } from './record.js';

/** Operations come on top of those that the trail has. */
export interface ReplayRequest extends SimulationRequest, OperationIntervals {
  /** The trail whose accesses are played. */
  readonly trail: string;
  readonly output: string;
}

/** Plays a trail's accesses again. Errors are those of `record`. */
export function replay(request: ReplayRequest, hooks?: RecordHooks): Promise<RecordResult> {
  const { trail, output, moveEvery, unmapEvery, ...changes } = request;
  const reader = TrailReader.open(trail);
  const { meta, events } = reader;
  reader.close();
  if (events === 0) throw new InputError({ what: `${trail} holds no access to play`, mend: 'record it again' });
  const source = {
    trail,
    reads: meta.source.reads,
    ...(moveEvery !== undefined && { moveEvery }),
    ...(unmapEvery !== undefined && { unmapEvery }),
  };
  return record({ ...settingsOf(meta, changes), output, source }, hooks);
}

/** The settings of a recording, with the changes; what the changes make senseless falls back to its default. */
function settingsOf(meta: TrailMeta, changes: SimulationRequest): SimulationRequest {
  const { cpus, vmaGapPages, objectPages } = meta.options;
  const strategy = STRATEGIES.find(({ id }) => id === (changes.strategy ?? meta.strategy));
  const sameArch = changes.arch === undefined && strategy?.architectures.includes(meta.arch);
  const sameVma = changes.vma === undefined && strategy?.vmas.some((vma) => vma === meta.vma);
  const sameCosts = changes.cost === undefined && sameArch;
  return {
    seed: meta.seed,
    harvestEvery: meta.harvestEvery,
    populate: meta.populate,
    interleave: meta.interleave,
    tlbSets: meta.tlb.sets,
    tlbWays: meta.tlb.ways,
    ...(meta.strategy === null ? {} : { strategy: meta.strategy }),
    ...(sameArch ? { arch: meta.arch } : {}),
    ...(sameVma ? { vma: meta.vma } : {}),
    ...(sameCosts ? { cost: recordedCosts(meta) } : {}),
    ...(cpus === undefined ? {} : { cpus }),
    ...(vmaGapPages === undefined ? {} : { vmaGapPages }),
    ...(objectPages === undefined ? {} : { objectPages }),
    ...changes,
    costOverrides: { ...(sameCosts ? meta.costProfile.overrides : {}), ...changes.costOverrides },
  };
}

/** The figures of the recording, whoever made its profile; names that it does not know yet take ours. */
function recordedCosts({ arch, costProfile: { id, ns } }: TrailMeta): CostProfile {
  const base = ARCHITECTURES.find((architecture) => architecture.id === arch)!.costProfile;
  const known = Object.fromEntries(Object.entries(ns).filter(([name]) => name in COST_NAMES));
  return { ...costProfile(base, known), id, overrides: {} };
}
