/** For the time before a scenario begins: the consumer comes to have what was written so far. */
import { micro, Op, type Micro } from '../../../simulator/index.js';
import type { ScenarioPiece, Stage } from '../../scenario.js';

export function capture(stage: Stage, which: number): ScenarioPiece {
  return { label: `page ${which} is captured`, code: () => transferOf(stage.page(which)) };
}

function* transferOf(page: number): Micro {
  yield micro(Op.transfer, 'transfer', page);
}
