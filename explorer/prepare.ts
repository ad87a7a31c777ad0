/** From a setting to a model that can be searched. */
import { Model } from './search/model.js';
import { shapeOf } from './machine/shape.js';
import type { Setting } from './scenario.js';
import { stage, type Staged } from './stage.js';

export interface Prepared {
  readonly staged: Staged;
  readonly model: Model;
}

/** @param reduce steps that nobody can tell apart from their neighbours are taken together */
export function prepare(setting: Setting, reduce: boolean): Prepared {
  const staged = stage(setting, () => undefined);
  const { world, settings, actors, carriers } = staged;
  const { strategy, host } = settings;
  const shape = shapeOf(world, carriers);
  const model = new Model(
    world,
    shape,
    actors,
    { evictions: setting.evictions ?? 0, unwaited: setting.unwaited ?? [], reduce },
    {
      rings: strategy.id === 'kvm-dirty-ring' || host?.id === 'kvm-dirty-ring',
      switches: strategy.methods !== undefined,
      variables: setting.variables === true || strategy.methods !== undefined,
    },
  );
  return { staged, model };
}
