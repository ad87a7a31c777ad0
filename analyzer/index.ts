/**
 * analyzer: what a trail means. Collectors gather facts in one pass (`pass.ts`, `collectors/`), detectors draw conclusions from them
 * (`detectors/`, `check.ts`). Start at `pass.ts`, then `check.ts`. May import: base, traces, replayer.
 */
export * from './pass.js';
