/** What is asked about, as people write it: a finding, a page, an event. */
import { nearest, parseUnsigned, UsageError } from '../../base/index.js';
import { DETECTORS } from '../detectors/index.js';

export type WhyTarget =
  /** The n-th of all findings, or of one detector; the gravest first, from 1. */
  | { readonly kind: 'finding'; readonly detector: string | null; readonly nth: number }
  | { readonly kind: 'page'; readonly page: number }
  | { readonly kind: 'event'; readonly seq: number };

/** The gravest finding. */
export const GRAVEST: WhyTarget = { kind: 'finding', detector: null, nth: 1 };

/**
 * Reads `lost-write`, `lost-write:2`, `f:1`, `p:0x42`, `page 0x42`, `e:123`, `seq 123`, `event 123`.
 * @throws UsageError for anything else
 */
export function parseTarget(text: string): WhyTarget {
  const match = /^([a-z-]+)(?:[: ]\s*(.+))?$/i.exec(text.trim());
  const word = match?.[1]?.toLowerCase() ?? '';
  const given = match?.[2];
  const value = given === undefined ? undefined : parseUnsigned(given);
  if (word === 'f' || word === 'finding') return { kind: 'finding', detector: null, nth: nthOf(text, value, given) };
  if (word === 'p' || word === 'page') return { kind: 'page', page: numberOf(text, value, 'a page number') };
  if (word === 'e' || word === 'seq' || word === 'event')
    return { kind: 'event', seq: numberOf(text, value, 'the number of an event') };
  if (DETECTORS.some(({ id }) => id === word))
    return { kind: 'finding', detector: word, nth: nthOf(text, value, given) };
  const guess = nearest(
    word,
    DETECTORS.map(({ id }) => id),
  );
  throw new UsageError({
    what: `'${text}' is nothing that can be asked about`,
    ...(guess !== null && { why: `did you mean '${guess}'?` }),
    mend: 'name a finding (f:1, lost-write, lost-write:2), a page (p:0x42) or an event (e:123)',
  });
}

function nthOf(text: string, value: number | null | undefined, given: string | undefined): number {
  if (given === undefined) return 1;
  if (value != null && value >= 1) return value;
  throw new UsageError({
    what: `'${text}' names no finding`,
    why: 'findings are counted from 1, the gravest first',
    mend: 'for instance f:1 or lost-write:2',
  });
}

function numberOf(text: string, value: number | null | undefined, what: string): number {
  if (value != null) return value;
  throw new UsageError({
    what: `'${text}' does not say ${what}`,
    why: 'it must be a whole number, decimal or 0x-hex',
    mend: 'for instance p:0x42 or e:123',
  });
}
