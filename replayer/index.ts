/**
 * replayer: the state of the recorded machine at any event, from the trail alone. Start at `fold/fold.ts`, the pure fold of
 * events into state; `replayer.ts` puts it on a trail, `state.ts` words the answer. May import: base, traces.
 */
export { BatchSource, copyBatch, copyRows } from './batch-source.js';
export * from './effects.js';
export * from './event-source.js';
export * from './counts.js';
export * from './fold/index.js';
export * from './history/index.js';
export * from './position.js';
export * from './replayer.js';
export * from './state.js';
export * from './watch/index.js';
export { touches } from './touches.js';
