/** Readers of option values. Each takes the text of one value and gives what it means, or a `UsageError` that names the option. */
import { nearest, parseUnsigned, UsageError } from '../base/index.js';

/** A whole number, decimal or 0x-hex. */
export function wholeNumber(option: string, unit = 'a whole number'): (text: string) => number {
  return (text) => {
    const value = parseUnsigned(text);
    if (value !== null) return value;
    // Digits alone that were refused: beyond what a number holds exactly.
    if (/^(0x[0-9a-f]+|\d+)$/i.test(text)) {
      throw new UsageError({
        what: `${option} ${text} is too large`,
        why: `the largest is ${Number.MAX_SAFE_INTEGER - 1}`,
        mend: 'give a smaller one',
      });
    }
    throw new UsageError({
      what: `${option} '${text}' is not ${unit}`,
      why: 'it must be 0 or more, without a sign, fraction or exponent',
      mend: 'give it in decimal, or in hexadecimal with 0x in front',
    });
  };
}

/** A page number, decimal or 0x-hex. */
export function pageNumber(option: string): (text: string) => number {
  return wholeNumber(option, 'a page number');
}

/** One of a few words. */
export function oneOf<Word extends string>(option: string, words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    const guess = nearest(text, words);
    throw new UsageError({
      what: `${option} '${text}' is not one of ${words.join(', ')}`,
      ...(guess !== null && { why: `did you mean '${guess}'?` }),
      mend: `write ${words.map((word) => `${option} ${word}`).join(' or ')}`,
    });
  };
}

/** A word that may be given several times, in the order given. */
export function repeated(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, text];
}

/** `NAME=NS`, several times; the last of a name counts. */
export function costSetting(
  text: string,
  previous: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> {
  const [, name, figure] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  const value = figure === undefined ? null : parseUnsigned(figure);
  if (name === undefined || value === null) {
    throw new UsageError({
      what: `--set '${text}' is not NAME=NS`,
      why: 'a cost is set by its name and a whole number of nanoseconds',
      mend: 'for instance --set wpFault=900; the names are in `pagetrail list costs`',
    });
  }
  return { ...previous, [name]: value };
}

/** Several values with commas between, each read by itself; given again, they add up. */
export function listOf<Value>(read: (text: string) => Value): (text: string, previous?: readonly Value[]) => Value[] {
  return (text, previous = []) => [...previous, ...text.split(',').map((part) => read(part.trim()))];
}

/** Sets and ways of a TLB. */
export interface TlbShape {
  readonly sets: number;
  readonly ways: number;
}

/** `SETSxWAYS`, as in `64x4`. */
export function tlbShape(text: string): TlbShape {
  const [, sets, ways] = /^(\d{1,9})x(\d{1,9})$/i.exec(text) ?? [];
  if (sets !== undefined && ways !== undefined) return { sets: Number(sets), ways: Number(ways) };
  throw new UsageError({
    what: `--tlb '${text}' is not SETSxWAYS`,
    why: 'a TLB is so many sets of so many ways',
    mend: 'for instance --tlb 64x4',
  });
}

/** What was given; what was left out stays left out. */
export function defined(asked: Readonly<Record<string, unknown>>): Record<string, never> {
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as Record<string, never>;
}
