/**
 * analyzer: what a trail means. Collectors gather facts in one pass (`pass.ts`, `collectors/`), detectors draw conclusions from them
 * (`detectors/`, `check.ts`), and some facts are SQL views (`views/`). Start at `pass.ts`, then `check.ts`. May import: base, traces, replayer.
 */
export * from './check.js';
export { missedPages, type MissedPages } from './collectors/uncaptured-writes.js';
export { DETECTORS, FINDINGS_MAX, type Detector } from './detectors/index.js';
export type { LossCause } from './explanation.js';
export * from './finding.js';
export * from './pass.js';
export * from './cost/index.js';
export * from './diff/index.js';
export * from './gate/index.js';
export * from './why/index.js';
export * from './statistics/index.js';
export { ANALYSIS_VIEWS } from './views/index.js';
export type { Share, Waste } from './waste.js';
