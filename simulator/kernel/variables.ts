/**
 * What kernel and driver code keeps from one call to the next. It lives in the machine and is read as everything else is, so that
 * the code has no state of its own and can be run again from any point.
 */
import { type MicroOp, micro, Op } from '../micro-ops.js';
import type { StepName } from '../steps.js';

/** Numbers of the variables; a scenario of its own takes numbers from `FIRST_FREE_VARIABLE` on. */
export const VARIABLE = {
  /** How the method differs from the one at first. */
  method: 0,
  /** Scans in a row that called for another method. */
  triggers: 1,
} as const;
export const FIRST_FREE_VARIABLE = 16;

export function recall(variable: number, step: StepName): MicroOp {
  return micro(Op.recall, step, -1, variable);
}

export function remember(variable: number, value: number, step: StepName): MicroOp {
  return micro(Op.remember, step, -1, variable, value);
}
