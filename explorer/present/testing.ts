/** Runs for the tests beside this file: the counterexample of a setting, and random ways through every scenario. */
import { invariant, Random } from '../../base/index.js';
import { type Execution, perform } from '../execution.js';
import { explore } from '../explore.js';
import { prepare } from '../prepare.js';
import { type ScenarioDefinition, type Setting, VARIANTS, type VariantId } from '../scenario.js';
import { SCENARIOS } from '../scenarios/index.js';

export function scenario(id: string): ScenarioDefinition {
  const found = SCENARIOS.find((one) => one.id === id);
  invariant(found !== undefined, `no scenario '${id}'`);
  return found;
}

/** The setting of a scenario, in its first form and on its first architecture. */
export function settingOfScenario(id: string, variant: VariantId = VARIANTS[0]): Setting {
  const { setting, architectures } = scenario(id);
  return setting(variant, architectures[0]);
}

export async function counterexample(setting: Setting): Promise<Execution> {
  const { execution } = await explore(setting);
  invariant(execution !== null, 'a setting without a counterexample');
  return execution;
}

/** Choices that are possible one after the other, at most so many. */
export function randomWay(setting: Setting, reduce: boolean, random: Random, choicesMax = 120): number[] {
  const { model } = prepare(setting, reduce);
  const way: number[] = [];
  while (way.length < choicesMax) {
    const first = random.below(model.choices);
    let tried = 0;
    while (tried < model.choices && !model.apply((first + tried) % model.choices)) tried++;
    if (tried === model.choices) break;
    way.push((first + tried) % model.choices);
  }
  return way;
}

/** Every scenario in every form, on its first architecture, with random ways through it. */
export function randomRuns(
  seed: number,
  each: number,
): Array<{ readonly name: string; readonly execution: Execution }> {
  const random = new Random(seed);
  const asked = forms().filter(({ id, arch }) => scenario(id).architectures[0] === arch);
  return asked.flatMap(({ name, setting }) =>
    Array.from({ length: each }, (_, at) => {
      const reduce = random.below(2) === 1;
      return { name: `${name}, way ${at}`, execution: perform(setting, randomWay(setting, reduce, random), reduce) };
    }),
  );
}

export interface Form {
  readonly name: string;
  readonly id: string;
  readonly variant: VariantId | null;
  readonly arch: string;
  readonly setting: Setting;
}

/** All scenarios, variants and architectures. */
export function forms(): Form[] {
  return SCENARIOS.flatMap(({ id, variants, architectures, setting }) =>
    (variants.length === 0 ? [null] : variants).flatMap((variant) =>
      architectures.map((arch) => ({
        name: `${id}, ${variant ?? 'only form'}, ${arch}`,
        id,
        variant,
        arch,
        setting: setting(variant ?? VARIANTS[0], arch),
      })),
    ),
  );
}
