/** Arguments of table functions, checked. */
import { UsageError } from '../../base/index.js';
import type { Cell, ViewParameter } from './define.js';

export const SEQ_FROM: ViewParameter = { name: 'seq_from', about: 'first event' };
export const SEQ_TO: ViewParameter = { name: 'seq_to', about: 'last event' };

/** An integer argument, or null for no bound. */
export function integerArgument(view: string, parameter: string, value: Cell | undefined): number | null {
  if (value === null || value === undefined) return null;
  const number = typeof value === 'string' ? NaN : Number(value);
  if (!Number.isSafeInteger(number)) {
    throw new UsageError({
      what: `${parameter} of ${view} is ${typeof value === 'string' ? `'${value}'` : value}`,
      why: 'it must be an integer',
      mend: "leave it out or give '*' for no bound",
    });
  }
  return number;
}
