/**
 * simulator: the machine and the strategies that track its writes: page tables, TLBs, faults, flushes, and the order in which
 * things happen. It knows no files. Start at `simulation.ts`, then `strategies/`, then `machine/machine.ts`.
 * May import: base, and of traces the vocabulary, layouts, batches and snapshots.
 */
export { ACCESS_COLUMNS, AccessBatch, AccessKind } from './accesses.js';
export { ARCHITECTURES, type Architecture } from './architectures/index.js';
export { configure, type SimulationSettings } from './configuration.js';
export { RING_DEFAULT } from './configuration/machine.js';
export type { SimulationRequest } from './configuration/request.js';
export {
  COST_NAMES,
  COST_PROFILES,
  type CostName,
  type CostProfile,
  costProfile,
  parseCostProfile,
} from './costs/index.js';
export { HISTORY, type HistoricalBug, type HistoryId } from './history.js';
export * from './kernel/index.js';
export { MONITORS, type MonitorId } from './monitors.js';
export { MUTATIONS, type Mutation } from './mutations.js';
export { Simulation, type SimulationTuning } from './simulation.js';
export { STEP_NAMES } from './steps.js';
export { type ProtocolStep, STRATEGIES, type StrategyDefinition, type Variant } from './strategies/index.js';
export { VMA_KINDS, type VmaKind } from './vmas.js';
