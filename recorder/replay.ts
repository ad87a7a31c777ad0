/** What-if is recording: the accesses of a trail under another strategy, with everything else as it was unless changed. */
import { InputError } from '../base/index.js';
import type { SimulationRequest } from '../simulator/index.js';
import { type TrailMeta, TrailReader } from '../traces/index.js';
import { type RecordHooks, type RecordResult, record } from './record.js';

export interface ReplayRequest extends SimulationRequest {
  /** The trail whose accesses are played. */
  readonly trail: string;
  readonly output: string;
}

/** Plays a trail's accesses again. Errors are those of `record`. */
export function replay({ trail, output, ...changes }: ReplayRequest, hooks?: RecordHooks): Promise<RecordResult> {
  const reader = TrailReader.open(trail);
  let settings: SimulationRequest;
  let reads: boolean;
  try {
    settings = settingsOf(reader.meta);
    reads = reader.meta.source.reads;
    if (reader.events === 0)
      throw new InputError({ what: `${trail} holds no access to play`, mend: 'record it again' });
  } finally {
    reader.close();
  }
  return record({ ...settings, ...changes, output, source: { trail, reads } }, hooks);
}

/** The settings of a recording that make sense for another strategy too. */
function settingsOf(meta: TrailMeta): SimulationRequest {
  return {
    seed: meta.seed,
    harvestEvery: meta.harvestEvery,
    populate: meta.populate,
    interleave: meta.interleave,
    tlbSets: meta.tlb.sets,
    tlbWays: meta.tlb.ways,
    cost: meta.costProfile.id.replace(/\+set$/, ''),
    costOverrides: meta.costProfile.id.endsWith('+set') ? meta.costProfile.ns : {},
    ...(meta.strategy === null ? {} : { strategy: meta.strategy }),
  };
}
