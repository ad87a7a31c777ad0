/** Choices of a schedule in words, and back: `cpu0` makes a step, `ack harvest@cpu0`, `evict cpu0 page 1`. */
import type { Execution } from '../execution.js';
import type { Prepared } from '../prepare.js';
import type { Choice, Model } from '../search/model.js';
import { type Names, namesOf } from './names.js';

/** By choice, what it is called. */
export function choiceWords(prepared: Prepared): readonly string[] {
  const names = namesOf(prepared);
  return Array.from({ length: prepared.model.choices }, (_, choice) => wordsOf(prepared.model.describe(choice), names));
}

/** The schedule that a run followed, for whoever wants to follow it again. */
export function scheduleOf({ prepared: { model }, steps }: Execution): number[] {
  return steps.map(({ choice }) => numberOf(choice, model));
}

function wordsOf(choice: Choice, names: Names): string {
  if (choice.kind === 'step') return names.actors[choice.actor]!;
  if (choice.kind === 'acknowledge') return `ack ${names.actors[choice.sender]!}@cpu${choice.cpu}`;
  return `evict cpu${choice.cpu} ${names.pages[choice.page]!}`;
}

function numberOf(wanted: Choice, model: Model): number {
  const same = JSON.stringify(wanted);
  for (let choice = 0; choice < model.choices; choice++)
    if (JSON.stringify(model.describe(choice)) === same) return choice;
  throw new RangeError(`a choice that the model does not have: ${same}`);
}
