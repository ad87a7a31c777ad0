/** How writes, faults and harvests spread over time and pages. Start at `statistics.ts`, which has the list, then `tracker.ts`. */
export * from './statistics.js';
export { bucketsOf, type Bucket, type Spread, spreadOf } from './spread.js';
export { PAGE_MEASURES, type PageMeasure, type Ranking, type TopPages } from './top-pages.js';
export type { Selection } from './scope.js';
export type { WindowSize, WindowUnit } from './window.js';
export type { CpuShare } from './cpus.js';
export type { DirtyRate } from './dirty-rate.js';
export type { FaultTimes } from './faults.js';
export type { HarvestTimes } from './harvests.js';
export type { Redirty } from './redirty.js';
export type { ReuseDistance } from './reuse-distance.js';
export type { Stalls } from './stalls.js';
export type { WorkingSet } from './working-set.js';
