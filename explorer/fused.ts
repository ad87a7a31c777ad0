/** Operations that are done in the step of the one before: several instructions of code as one atomic one. */
import type { MicroOp } from '../simulator/index.js';

interface FusedOp extends MicroOp {
  readonly fused: true;
}

/** The operation, done together with what comes before it. It must not be one that waits. */
export function fused(op: MicroOp): MicroOp {
  return { ...op, fused: true } as FusedOp;
}

export function isFused(op: MicroOp): boolean {
  return 'fused' in op;
}
