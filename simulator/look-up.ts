/** Finds what a user named in one of the lists there are. */
import { nearest, UsageError } from '../base/index.js';

/**
 * The entry of that id.
 * @param what the word for an entry, in the error
 * @param help the command that lists them
 * @throws UsageError that suggests the nearest
 */
export function lookUp<T extends { readonly id: string }>(
  what: string,
  id: string,
  list: readonly T[],
  help: string,
): T {
  const found = list.find((entry) => entry.id === id);
  if (found !== undefined) return found;
  const guess = nearest(
    id,
    list.map((entry) => entry.id),
  );
  throw new UsageError({
    what: `${what} '${id}' is not known`,
    ...(guess === null ? {} : { why: `did you mean '${guess}'?` }),
    mend: help,
  });
}

/** A number of an option, if it is whole and within its bounds. */
export function wholeNumber(name: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new UsageError({
    what: `--${name} ${value} is not a whole number from ${least} to ${most}`,
    mend: `leave --${name} out for its default`,
  });
}
