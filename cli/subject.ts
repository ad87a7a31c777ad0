/** What a history is asked of, as people write it: `page 0x10`, `pte 0x10 dirty`, `tlb 0 0x10`, `mark bitmap 0x10`; a page alone is `page`. */
import { PAGE_LIMIT, parseUnsigned, UsageError } from '../base/index.js';
import type { Subject } from '../replayer/index.js';
import { oneOf } from './arguments.js';

export const SUBJECT_FORMS = 'page PAGE, pte PAGE [BIT]..., tlb CPU PAGE, mark CARRIER PAGE';

/** @throws UsageError for anything that is not one of `SUBJECT_FORMS` */
export async function parseSubject(words: readonly string[], space: number): Promise<Subject> {
  const traces = await import('../traces/index.js');
  /** Bits of an entry by the words they are asked for with. */
  const bits = {
    present: traces.PTE_PRESENT,
    writable: traces.PTE_WRITABLE,
    accessed: traces.PTE_ACCESSED,
    dirty: traces.PTE_DIRTY,
    'soft-dirty': traces.PTE_SOFT_DIRTY,
    'uffd-wp': traces.PTE_UFFD_WP,
  };
  const [kind, ...rest] = words;
  switch (kind) {
    case 'page':
      return { kind, space, page: pageIn(rest, 0) };
    case 'pte': {
      const bitOf = oneOf('bit', Object.keys(bits) as Array<keyof typeof bits>);
      const flags = rest.slice(1).reduce((mask, word) => mask | bits[bitOf(word)], 0);
      return { kind, space, page: pageIn(rest, 0, Infinity), ...(flags !== 0 && { flags }) };
    }
    case 'tlb': {
      const page = pageIn(rest, 1);
      return { kind, cpu: cpuOf(rest[0]!), space, page };
    }
    case 'mark': {
      const page = pageIn(rest, 1);
      return { kind: 'carrier', carrier: oneOf('carrier', traces.CARRIERS)(rest[0]!), space, page };
    }
    default:
      if (words.length === 1 && parseUnsigned(kind!) !== null) return { kind: 'page', space, page: pageIn(words, 0) };
      throw notASubject(words, 'nothing of that name has a history');
  }
}

/** The page among the words, which has to be the last of them unless more may follow. */
function pageIn(words: readonly string[], at: number, most = at + 1): number {
  const page = words[at] === undefined ? null : parseUnsigned(words[at], PAGE_LIMIT);
  if (page === null || words.length > most) {
    const why =
      words[at] === undefined ? 'a page is missing' : `'${words[page === null ? at : at + 1]}' is not expected there`;
    throw notASubject(words, why);
  }
  return page;
}

/** -1, or `device`, for a device. */
function cpuOf(word: string): number {
  if (word === 'device' || word === '-1') return -1;
  const cpu = parseUnsigned(word, 0x8000);
  if (cpu === null) throw notASubject([word], `'${word}' is not a CPU`);
  return cpu;
}

function notASubject(words: readonly string[], why: string): UsageError {
  return new UsageError({
    what: `'${words.join(' ')}' cannot be asked about`,
    why,
    mend: `one of: ${SUBJECT_FORMS}; pages are page numbers, decimal or 0x-hex`,
  });
}
