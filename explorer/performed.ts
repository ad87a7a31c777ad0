/** A single way through a program, given as a schedule: performed once and judged by itself. That it breaks nothing proves nothing about others. */
import type { Exploration } from './explore.js';
import { perform } from './execution.js';
import { diagnose } from './present/diagnosis.js';
import type { Setting } from './scenario.js';

/** @throws InvariantError for a schedule that is not one of the program */
export function performed(setting: Setting, schedule: readonly number[], reduce: boolean): Exploration {
  const started = performance.now();
  const execution = perform(setting, schedule, reduce);
  const verdict = diagnose(execution, { noReturnStates: 0 })?.rule ?? 'bounded';
  const { steps, prepared } = execution;
  const { state } = prepared.model;
  const seconds = (performance.now() - started) / 1000;
  const atRest = prepared.model.atRest ? 1 : 0;
  return {
    setting,
    verdict,
    exhaustive: false,
    stopped: null,
    states: steps.length + 1,
    transitions: steps.length,
    depth: steps.length,
    ends: atRest,
    badEnds: verdict === 'bounded' ? 0 : atRest,
    interleavings: null,
    seconds,
    statesPerSecond: Math.round((steps.length + 1) / Math.max(seconds, 1e-6)),
    words: state.words,
    bytes: 0,
    broken: [...new Set(steps.flatMap(({ broken }) => broken))],
    worst: null,
    assumes: setting.assumes,
    reduced: reduce,
    execution,
  };
}
