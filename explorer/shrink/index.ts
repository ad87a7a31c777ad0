/**
 * shrink: a trail with a finding becomes the smallest program that shows it. Start at `shrink.ts`; `ddmin.ts` is the method, `finder.ts` the question,
 * `reduce.ts` and `simplify.ts` what is tried, `narrow.ts` how a long recording gets short enough for all that.
 */
export type { ScenarioResult } from './as-scenario.js';
export { DEFAULT_RUNS, DEFAULT_SECONDS, type ShrinkOptions } from './drive.js';
export { shrink, type Shrunk } from './shrink.js';
export type { Size, Step } from './steps.js';
export { STEP_WORDS, stepText } from './words.js';
