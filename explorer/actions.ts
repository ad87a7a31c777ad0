/** Micro-operations of a scenario's own code, with step names of its own beside those of the strategies. */
import { type MicroOp, type OpCode, STEP_NAMES, STEP_NUMBER, type StepName } from '../simulator/index.js';

export interface Actions<Name extends string> {
  /** For `Setting.steps`. */
  readonly names: readonly Name[];
  /** As `micro` of the simulator, under a step of the scenario or one that every strategy knows. */
  act(code: OpCode, step: Name | StepName, page?: number, a?: number, b?: number, c?: number): MicroOp;
}

export function actions<Name extends string>(...names: readonly Name[]): Actions<Name> {
  return {
    names,
    act(code, step, page = -1, a = 0, b = page, c = 0) {
      const own = names.indexOf(step as Name);
      const number = own >= 0 ? STEP_NAMES.length + own : STEP_NUMBER[step as StepName];
      return { code, page, a, b, c, d: 0, step: number };
    },
  };
}
