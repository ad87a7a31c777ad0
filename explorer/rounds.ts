/** The harvests of a strategy as pieces of a program. */
import { type Micro, micro, Op, type StrategyCode } from '../simulator/index.js';
import type { ScenarioPiece } from './scenario.js';

/** So many rounds of the consumer. */
export function rounds(strategy: StrategyCode, count: number): ScenarioPiece[] {
  return Array.from({ length: count }, (_, at) => ({
    label: `harvest ${at + 1}`,
    code: () => round(strategy.harvest()),
  }));
}

/** A round of its own code, announced in the trail. */
export function* round(code: Micro): Micro {
  yield micro(Op.harvestBegin, 'harvest');
  yield* code;
  yield micro(Op.harvestEnd, 'harvest');
}
