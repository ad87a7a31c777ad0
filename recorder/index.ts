/**
 * recorder: sources of accesses, through the simulated machine, into a trail. Start at `record.ts`; sources are in `sources/`
 * and `workloads/`. May import: base, simulator, traces.
 */
export { inputPath, openSource, type SourceRequest } from './open-source.js';
export { type Onlooker, play, type Played } from './play.js';
export type { RecordHooks, RecordProgress } from './pump.js';
export { type RecordRequest, type RecordResult, record } from './record.js';
export { type ReplayRequest, replay, replaySettings } from './replay.js';
export { type MetaSubject, metaOf, recordedMachine, vmOf } from './settings-in-meta.js';
export {
  type AccessSource,
  detectFormat,
  HELD_BYTES,
  type HeldAccesses,
  hold,
  IMPORTERS,
  type Importer,
  onCpus,
  openHeld,
  type OperationIntervals,
} from './sources/index.js';
export { type Workload, WORKLOADS } from './workloads/index.js';
