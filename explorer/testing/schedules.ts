/** Support for tests: random schedules of a model, and the settings of every scenario. */
import type { Random } from '../../base/index.js';
import { type ScenarioDefinition, type Setting, VARIANTS } from '../scenario.js';
import { SCENARIOS } from '../scenarios/index.js';
import type { Model } from '../search/model.js';

/** One choice in so many is drawn anew; the others go on with what the one before did, as long as it can. */
const CHOICES_PER_CHANGE = 3;

/** A schedule of at most so many choices; it ends before where nothing is possible any more. It leaves the model at its beginning. */
export function randomSchedule(model: Model, random: Random, choicesMax: number): number[] {
  const initial = model.state.now.slice();
  const schedule: number[] = [];
  let choice = 0;
  while (schedule.length < choicesMax) {
    if (random.below(CHOICES_PER_CHANGE) === 0) choice = random.below(model.choices);
    let tried = 0;
    while (tried < model.choices && !model.apply(choice)) {
      choice = (choice + 1) % model.choices;
      tried++;
    }
    if (tried === model.choices) break;
    schedule.push(choice);
  }
  model.state.now.set(initial);
  return schedule;
}

export interface ScenarioCase {
  /** "ID VARIANT on ARCHITECTURE". */
  readonly name: string;
  readonly setting: () => Setting;
}

/** Every variant of a scenario on every architecture that it is asked about. */
function casesOf(definition: ScenarioDefinition): ScenarioCase[] {
  const { id, variants, architectures } = definition;
  return architectures.flatMap((arch) =>
    (variants.length > 0 ? variants : [null]).map((variant) => ({
      name: `${id}${variant === null ? '' : ` ${variant}`} on ${arch}`,
      setting: () => definition.setting(variant ?? VARIANTS[0], arch),
    })),
  );
}

export const SCENARIO_CASES: readonly ScenarioCase[] = SCENARIOS.flatMap(casesOf);
