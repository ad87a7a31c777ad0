/**
 * A position in a trail as people write it: `SEQ`, `end`, `harvest:K` or `time:NS`. A position means the state after an event:
 * event SEQ, the last one, the end of harvest K, the last event that is not later than NS.
 */
import { parseUnsigned, UsageError } from '../base/index.js';

export type Position =
  | { readonly kind: 'seq'; readonly seq: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'harvest'; readonly harvest: number }
  | { readonly kind: 'time'; readonly timeNs: number };

/** Reads a position; numbers are decimal or 0x-hex. Throws a `UsageError` for anything else. */
export function parsePosition(text: string): Position {
  if (text === 'end') return { kind: 'end' };
  const match = /^(?:(harvest|time):)?(.+)$/.exec(text);
  const value = match === null ? null : parseUnsigned(match[2]!);
  if (value === null) {
    throw new UsageError({
      what: `'${text}' is not a position in a trail`,
      why: 'a position is SEQ, end, harvest:K or time:NS, with a whole number',
      mend: 'for instance --at 1000, --at end, --at harvest:2 or --at time:5000000',
    });
  }
  switch (match![1]) {
    case 'harvest':
      return { kind: 'harvest', harvest: value };
    case 'time':
      return { kind: 'time', timeNs: value };
    default:
      return { kind: 'seq', seq: value };
  }
}
