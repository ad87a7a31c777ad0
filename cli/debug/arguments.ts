/** Reads the arguments of debug commands: pages, CPUs, positions, spaces. Each throws a `UsageError` that says what would do. */
import { formatPage, PAGE_LIMIT, parseUnsigned, UsageError } from '../../base/index.js';
import { parsePosition } from '../../replayer/index.js';
import { CARRIERS, type Carrier } from '../../traces/index.js';
import { oneOf } from '../arguments.js';
import type { Session } from './session.js';

export function parsePage(text: string | undefined): number {
  const page = text === undefined ? null : parseUnsigned(text, PAGE_LIMIT);
  if (page !== null) return page;
  throw new UsageError({
    what: text === undefined ? 'a page is missing' : `'${text}' is not a page number`,
    why: 'a page is known by its number, the address divided by 4096, decimal or 0x-hex',
    mend: 'for instance 0x10; `list` shows pages that are spoken of here',
  });
}

export function parseCount(text: string | undefined, what: string, without: number): number {
  if (text === undefined) return without;
  const value = parseUnsigned(text);
  if (value !== null && value > 0) return value;
  throw new UsageError({
    what: `'${text}' is not ${what}`,
    why: 'it must be a whole number from 1, decimal or 0x-hex',
    mend: 'leave it out for the usual one',
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

export function parseCarrier(text: string | undefined): Carrier {
  return oneOf('carrier', CARRIERS)(text ?? '');
}

/**
 * Takes `space=N` out of the words. Without it: the one space that knows the page; the first one where none does. Throws where several do.
 */
export function takeSpace(words: string[], session: Session, page: () => number): number {
  const index = words.findIndex((word) => word.startsWith('space='));
  const { spaces } = session.meta;
  if (index >= 0) {
    const text = words.splice(index, 1)[0]!.slice('space='.length);
    const space = parseUnsigned(text);
    if (space !== null && space < Math.max(spaces.length, 1)) return space;
    throw new UsageError({
      what: `there is no space '${text}'`,
      why: `the trail has the spaces 0 to ${Math.max(spaces.length, 1) - 1}`,
      mend: 'for instance space=0',
    });
  }
  if (spaces.length <= 1) return 0;
  const number = page();
  const knowing = spaces.flatMap((_, space) => (session.fold.pages.find(space, number) < 0 ? [] : [space]));
  if (knowing.length <= 1) return knowing[0] ?? 0;
  throw new UsageError({
    what: `page ${formatPage(number)} is in the spaces ${knowing.join(', ')}`,
    why: 'each has an entry of its own',
    mend: `add space=${knowing[0]}`,
  });
}

/** A seq from what is typed as a position: as on the command line, and a share of the trail, a way from here, or a bookmark. */
export function parsePlace(text: string, session: Session): number {
  if (text === 'start') return 0;
  const share = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (share !== null && Number(share[1]) <= 100) return Math.round((Number(share[1]) / 100) * session.lastSeq);
  const way = /^([+-])(.+)$/.exec(text);
  const events = way === null ? null : parseUnsigned(way[2]!);
  if (events !== null) {
    const seq = session.seq + (way![1] === '-' ? -events : events);
    return session.replayer.seqOf({ kind: 'seq', seq: Math.max(seq, 0) });
  }
  if (/^[A-Za-z_]/.test(text) && session.bookmarks.all.some(({ name }) => name === text))
    return session.bookmarks.find(text).seq;
  try {
    return session.replayer.seqOf(parsePosition(text));
  } catch (error) {
    if (!(error instanceof UsageError) || !error.what.includes('is not a position')) throw error;
    throw new UsageError({
      what: error.what,
      why: 'a position is SEQ, start, end, harvest:K, time:NS, a share such as 50%, a way such as +100, or a bookmark',
      mend: 'for instance run-to harvest:2',
    });
  }
}

/** Refuses words that nobody asked for. */
export function noMore(words: readonly string[], usage: string): void {
  if (words.length === 0) return;
  throw new UsageError({ what: `'${words.join(' ')}' is one word too many`, mend: `write \`${usage}\`` });
}
