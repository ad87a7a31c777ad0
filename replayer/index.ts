/**
 * replayer: the state of the recorded machine at any event, from the trail alone. Start at `fold/fold.ts`, the pure fold of
 * events into state; `replayer.ts` puts it on a file. May import: base, traces.
 */
export * from './fold/index.js';
