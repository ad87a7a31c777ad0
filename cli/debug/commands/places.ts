/** Commands about bookmarks: names for events, kept beside the trail. */
import { UsageError } from '../../../base/index.js';
import { columns, table } from '../../table.js';
import { noMore } from '../arguments.js';
import type { DebugCommand } from '../command.js';
import { printLanding } from '../landing.js';
import type { Session } from '../session.js';

const names = (session: Session): readonly string[] => session.bookmarks.all.map(({ name }) => name);

function nameIn(words: readonly string[], usage: string): string {
  if (words[0] !== undefined) return words[0];
  throw new UsageError({ what: 'the name of a bookmark is missing', mend: `write \`${usage}\`` });
}

export const bookmark: DebugCommand = {
  name: 'bookmark',
  aliases: ['bm'],
  group: 'Places',
  usage: 'bookmark NAME [NOTE]',
  summary: 'names the position; kept beside the trail, never in it',
  about: 'Bookmarks are in RUN.trail.bookmarks. One of the same name is replaced.',
  examples: ['bookmark first-loss', 'bookmark first-loss the write that nobody read'],
  run({ session, words, rest, out }) {
    const name = nameIn(words, 'bookmark NAME [NOTE]');
    session.bookmarks.set({ name, seq: session.seq, note: rest.slice(name.length).trim() });
    out.line(`bookmark ${out.style.bold(name)} at ${session.seq}`);
  },
};

export const bookmarks: DebugCommand = {
  name: 'bookmarks',
  aliases: [],
  group: 'Places',
  usage: 'bookmarks',
  summary: 'lists the bookmarks',
  examples: ['bookmarks'],
  run({ session, words, out }) {
    noMore(words, 'bookmarks');
    const all = session.bookmarks.all;
    if (all.length === 0) {
      out.line('no bookmarks');
      return;
    }
    const rows = all.map(({ name, seq, note }) => [name, seq, note]);
    out.line(table(columns('name', 'seq>', 'note'), rows, out.style, 2));
  },
};

export const unbookmark: DebugCommand = {
  name: 'unbookmark',
  aliases: [],
  group: 'Places',
  usage: 'unbookmark NAME',
  summary: 'takes a bookmark away',
  examples: ['unbookmark first-loss'],
  complete: names,
  run({ session, words, out }) {
    const name = nameIn(words, 'unbookmark NAME');
    noMore(words.slice(1), 'unbookmark NAME');
    session.bookmarks.remove(name);
    out.line(`bookmark ${name} taken away`);
  },
};

export const goTo: DebugCommand = {
  name: 'goto',
  aliases: ['g'],
  group: 'Places',
  usage: 'goto NAME',
  summary: 'goes to a bookmark',
  examples: ['goto first-loss'],
  complete: names,
  run({ session, words, out }) {
    const name = nameIn(words, 'goto NAME');
    noMore(words.slice(1), 'goto NAME');
    const { seq } = session.bookmarks.find(name);
    if (seq > session.lastSeq) {
      throw new UsageError({
        what: `bookmark '${name}' is at event ${seq}, which the trail does not have`,
        why: `it ends at ${session.lastSeq}; the bookmark was set in another trail of this name`,
        mend: 'take it away with `unbookmark`, or set it anew',
      });
    }
    printLanding(out, session.goTo(seq), session);
  },
};
