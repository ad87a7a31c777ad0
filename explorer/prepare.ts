/** From a setting to a model that can be searched. */
import { Random } from '../base/index.js';
import type { Packing } from './machine/packed-state.js';
import { shapeOf } from './machine/shape.js';
import type { Setting } from './scenario.js';
import { Model } from './search/model.js';
import { NODE_BITS } from './search/transition-table.js';
import { trialPacking } from './search/trial.js';
import { stage, type Staged } from './stage.js';

export interface Prepared {
  readonly staged: Staged;
  readonly model: Model;
  /** How its states are packed. */
  readonly packing: Packing;
}

/** Room for whatever may come. */
const WIDE: Packing = { nodeBits: NODE_BITS, changing: null };

/** @param reduce steps that nobody can tell apart from their neighbours are taken together */
export function prepare(setting: Setting, reduce: boolean, packing: Packing = WIDE): Prepared {
  const staged = stage(setting, () => undefined);
  const { world, settings, actors, carriers } = staged;
  const { strategy, host } = settings;
  const model = new Model(
    world,
    shapeOf(world, carriers),
    actors,
    { evictions: setting.evictions ?? 0, unwaited: setting.unwaited ?? [], reduce },
    {
      rings: strategy.id === 'kvm-dirty-ring' || host?.id === 'kvm-dirty-ring',
      switches: strategy.methods !== undefined,
      variables: setting.variables !== undefined || strategy.methods !== undefined,
      attributes: setting.decides?.includes('misattributed') === true,
      counts: setting.cost ?? null,
      packing,
    },
  );
  return { staged, model, packing };
}

/** The same with states as small as a trial shows that they can be; a search that finds them too small says so. */
export function prepareNarrow(setting: Setting, reduce: boolean): Prepared {
  return prepare(setting, reduce, trialPacking(prepare(setting, reduce).model, new Random(1)));
}
