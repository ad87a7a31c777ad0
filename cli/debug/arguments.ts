/** Reads the arguments of debug commands: subjects, spaces, counts, positions. Each throws a `UsageError` that says what would do. */
import { formatPage, parseUnsigned, UsageError } from '../../base/index.js';
import { parsePosition, type Subject } from '../../replayer/index.js';
import type { Session } from './session.js';
import { parseSubject } from './subject.js';

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

/**
 * Takes `space=N` out of the words, and gives the space that a page is meant in. Without it: the one space that knows the page; the first one
 * where none does. Throws where several do.
 */
export function takeSpace(words: string[], session: Session): (page: number) => number {
  const index = words.findIndex((word) => word.startsWith('space='));
  const { spaces } = session.meta;
  if (index >= 0) {
    const text = words.splice(index, 1)[0]!.slice('space='.length);
    const space = parseUnsigned(text);
    if (space !== null && space < Math.max(spaces.length, 1)) return () => space;
    throw new UsageError({
      what: `there is no space '${text}'`,
      why: `the trail has the spaces 0 to ${Math.max(spaces.length, 1) - 1}`,
      mend: 'for instance space=0',
    });
  }
  return (page) => {
    if (spaces.length <= 1) return 0;
    const knowing = spaces.flatMap((_, space) => (session.fold.pages.find(space, page) < 0 ? [] : [space]));
    if (knowing.length <= 1) return knowing[0] ?? 0;
    throw new UsageError({
      what: `page ${formatPage(page)} is in the spaces ${knowing.join(', ')}`,
      why: 'each has an entry of its own',
      mend: `add space=${knowing[0]}`,
    });
  };
}

/** The subject that the words after `command` name, with `space=N`; null where the first of them is none of `SUBJECTS`. */
export function takeSubject(given: readonly string[], session: Session, command: string): Subject | null {
  const words = [...given];
  const spaceOf = takeSpace(words, session);
  return parseSubject(words, { spaceOf, noMore: (more, form) => noMore(more, `${command} ${form}`) });
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
