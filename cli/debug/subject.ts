/**
 * What a history is asked of and a watchpoint watches, as people write it: `page 0x10`, `pte 0x10 dirty`, `tlb 0 0x10`, `mark bitmap 0x10`.
 * `pagetrail last` and the commands `last` and `watch` of a session read it alike; each words what it does not understand.
 */
import { nearest, PAGE_LIMIT, parseUnsigned, UsageError } from '../../base/index.js';
import type { Subject } from '../../replayer/index.js';
import {
  type Carrier,
  CARRIERS,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_SPECIAL,
  PTE_UFFD_WP,
  PTE_WRITABLE,
} from '../../traces/index.js';
import { oneOf } from '../arguments.js';

export const SUBJECTS = ['page', 'pte', 'tlb', 'mark'] as const;

/** Flags of an entry by the word that they are named with. */
export const PTE_FLAG_WORDS: Readonly<Record<string, number>> = {
  dirty: PTE_DIRTY,
  writable: PTE_WRITABLE,
  present: PTE_PRESENT,
  accessed: PTE_ACCESSED,
  'soft-dirty': PTE_SOFT_DIRTY,
  'uffd-wp': PTE_UFFD_WP,
  special: PTE_SPECIAL,
  huge: PTE_HUGE,
};

/** What depends on who asks. */
interface Asker {
  /** The address space that a page is meant in. */
  spaceOf(page: number): number;
  /** Refuses words beyond the form, which is told; called with none too. */
  noMore(words: readonly string[], form: string): void;
}

/** Null where the first word is none of `SUBJECTS`. @throws UsageError for what does not fit that word */
export function parseSubject([kind, ...words]: readonly string[], { spaceOf, noMore }: Asker): Subject | null {
  switch (kind) {
    case 'page': {
      const page = parsePage(words[0]);
      const space = spaceOf(page);
      noMore(words.slice(1), 'page PAGE');
      return { kind, space, page };
    }
    case 'pte': {
      const page = parsePage(words[0]);
      const space = spaceOf(page);
      const flags = words.slice(1).reduce((mask, word) => mask | flagOf(word), 0);
      return { kind, space, page, ...(flags !== 0 && { flags }) };
    }
    case 'tlb': {
      const page = parsePage(words[1]);
      const space = spaceOf(page);
      noMore(words.slice(2), 'tlb CPU PAGE');
      return { kind, cpu: parseCpu(words[0]!), space, page };
    }
    case 'mark': {
      const page = parsePage(words[1]);
      const space = spaceOf(page);
      noMore(words.slice(2), 'mark CARRIER PAGE');
      return { kind: 'carrier', carrier: parseCarrier(words[0]!), space, page };
    }
    default:
      return null;
  }
}

export function parsePage(text: string | undefined): number {
  const page = text === undefined ? null : parseUnsigned(text, PAGE_LIMIT);
  if (page !== null) return page;
  throw new UsageError({
    what: text === undefined ? 'a page is missing' : `'${text}' is not a page number`,
    why: 'a page is known by its number, the address divided by 4096, decimal or 0x-hex',
    mend: 'for instance 0x10; `list` shows pages that are spoken of here',
  });
}

/** A CPU number; -1 or `device` for a device. */
export function parseCpu(text: string): number {
  if (text === 'device' || text === '-1') return -1;
  const cpu = parseUnsigned(text);
  if (cpu !== null && cpu < 0x8000) return cpu;
  throw new UsageError({
    what: `'${text}' is not a CPU`,
    why: 'a CPU is a number from 0, or `device`',
    mend: 'for instance tlb 0',
  });
}

function parseCarrier(text: string): Carrier {
  return oneOf('carrier', CARRIERS)(text);
}

function flagOf(word: string): number {
  const flag = PTE_FLAG_WORDS[word];
  if (flag !== undefined) return flag;
  const known = Object.keys(PTE_FLAG_WORDS);
  const guess = nearest(word, known);
  throw new UsageError({
    what: `'${word}' is not a bit of an entry`,
    why: guess === null ? `there are ${known.join(', ')}` : `did you mean '${guess}'?`,
    mend: 'for instance pte 0x10 dirty',
  });
}
