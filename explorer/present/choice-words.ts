/** Choices of a schedule in words, and back: `cpu0` makes a step, `ack harvest@cpu0`, `evict cpu0 page 1`. */
import type { Prepared } from '../prepare.js';
import type { Choice } from '../search/model.js';
import { type Names, namesOf } from './names.js';

/** By choice, what it is called. */
export function choiceWords(prepared: Prepared): readonly string[] {
  const names = namesOf(prepared);
  return Array.from({ length: prepared.model.choices }, (_, choice) => wordsOf(prepared.model.describe(choice), names));
}

function wordsOf(choice: Choice, names: Names): string {
  if (choice.kind === 'step') return names.actors[choice.actor]!;
  if (choice.kind === 'acknowledge') return `ack ${names.actors[choice.sender]!}@cpu${choice.cpu}`;
  return `evict cpu${choice.cpu} ${names.pages[choice.page]!}`;
}
