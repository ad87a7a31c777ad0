/** Commands that say where to stop: breakpoints on events, watchpoints on state. */
import { formatPage, parseUnsigned, UsageError } from '../../../base/index.js';
import { CARRIERS, EVENT_KINDS } from '../../../traces/index.js';
import { columns, table } from '../../table.js';
import { noMore } from '../arguments.js';
import type { Call, DebugCommand } from '../command.js';
import type { Session } from '../session.js';
import { fieldsOf, parseBreak, parseWatch, valuesOf, WATCHABLE } from '../stops.js';
import { valueOf } from '../stop-value.js';
import { PTE_FLAG_WORDS } from '../subject.js';
import { count, counted } from '../../format.js';

export const setBreak: DebugCommand = {
  name: 'break',
  aliases: ['b'],
  group: 'Stopping',
  usage: 'break KIND [page=PAGE] [FIELD=VALUE]...',
  summary: 'stops at events of a kind that meet the conditions',
  about:
    `KIND is a kind of event, or any: ${EVENT_KINDS.map(({ kind }) => kind).join(', ')}. Conditions are about page (a page, FIRST..LAST or ` +
    'FIRST+PAGES; an event about a range touches every page of it), cpu, actor, space, step, time, or a field of the kind. Besides = there are ' +
    '!=, <, <=, > and >=. Words of the trail that have spaces are written with "-".',
  examples: [
    'break fault page=0x10',
    'break flush-ack cpu=1',
    'break harvest-begin',
    'break pte cause=clean page=0x10+16',
  ],
  complete(session, words, word) {
    if (words.length === 0) return ['any', ...EVENT_KINDS.map(({ kind }) => kind)];
    const kind = words[0]!;
    const field = /^([\w-]+)=/.exec(word)?.[1];
    if (field === undefined) return fieldsOf(kind).map((name) => `${name}=`);
    const values = field === 'page' ? near(session) : valuesOf(kind, field, session);
    return values.map((value) => `${field}=${value}`);
  },
  run({ session, words, out }) {
    const set = session.setStop(parseBreak(words, session), `break ${words.join(' ')}`);
    out.line(`${out.style.yellow(`breakpoint ${set.number}`)}, ${set.text}`);
  },
};

export const setWatch: DebugCommand = {
  name: 'watch',
  aliases: ['w'],
  group: 'Stopping',
  usage: 'watch pte PAGE [BIT]... | tlb CPU PAGE | mark CARRIER PAGE | page PAGE | stale PAGE',
  summary: 'stops when an entry, a TLB entry, a mark or staleness changes, or the page is touched',
  about:
    `BIT is one of ${Object.keys(PTE_FLAG_WORDS).join(', ')}; without one any change of the entry counts. \`watch page\` stops at every event about the ` +
    'page, writes too. Where several spaces have the page, add space=N. A search backwards stops just after the event that made the change.',
  examples: ['watch pte 0x10 dirty', 'watch tlb 0 0x10', 'watch mark bitmap 0x10', 'watch stale 0x10'],
  complete(session, words) {
    if (words.length === 0) return WATCHABLE;
    const pageFirst = ['pte', 'page', 'stale'].includes(words[0]!);
    if (words.length === 1 && words[0] === 'tlb') return cpus(session);
    if (words.length === 1 && words[0] === 'mark') return CARRIERS;
    if (words.length === (pageFirst ? 1 : 2)) return near(session);
    return words[0] === 'pte' ? Object.keys(PTE_FLAG_WORDS) : [];
  },
  run({ session, words, out }) {
    const set = session.setStop(parseWatch(words, session), `watch ${words.join(' ')}`);
    const value = valueOf(session.fold, set.stop);
    out.line(
      `${out.style.yellow(`watchpoint ${set.number}`)}, ${set.text}${value === null ? '' : `; here it is ${value}`}`,
    );
  },
};

export const remove: DebugCommand = {
  name: 'delete',
  aliases: ['d'],
  group: 'Stopping',
  usage: 'delete N... | all',
  summary: 'takes breakpoints and watchpoints away',
  examples: ['delete 2', 'delete all'],
  complete: (session) => [...session.stops.map(({ number }) => String(number)), 'all'],
  run({ session, words, out }) {
    const numbers = words[0] === 'all' ? session.stops.map(({ number }) => number) : words.map(stopNumber);
    if (words.length === 0)
      throw new UsageError({
        what: 'a number is missing',
        mend: 'write delete N, or delete all; `info breaks` shows them',
      });
    for (const number of numbers) session.deleteStop(number);
    out.line(`${counted(numbers.length, 'stop')} taken away, ${count(session.stops.length)} left`);
  },
};

export const info: DebugCommand = {
  name: 'info',
  aliases: ['i'],
  group: 'Stopping',
  usage: 'info breaks | trail',
  summary: 'lists breakpoints and watchpoints, or tells what the trail is',
  examples: ['info breaks', 'info trail'],
  complete: () => ['breaks', 'trail'],
  run({ session, words, out }) {
    noMore(words.slice(1), 'info breaks');
    const [what = 'breaks'] = words;
    if ('trail'.startsWith(what)) return describeTrail(session, out);
    if (!['breaks', 'breakpoints', 'watchpoints', 'stops'].some((known) => known.startsWith(what)))
      throw new UsageError({ what: `there is no info about '${what}'`, mend: 'write `info breaks` or `info trail`' });
    if (session.stops.length === 0) {
      out.line('no breakpoints or watchpoints');
      return;
    }
    const rows = session.stops.map(({ number, text, hits, stop }) => [
      number,
      text,
      count(hits),
      valueOf(session.fold, stop) ?? '',
    ]);
    out.line(table(columns('N>', 'stop', 'hits>', 'here'), rows, out.style, 2));
  },
};

function describeTrail({ meta, lastSeq, source, path }: Session, out: Call['out']): void {
  const last = source.chunks.at(-1);
  out.line(path ?? 'a trail in memory');
  out.line(
    table(
      columns('', ''),
      [
        ['strategy', meta.strategy ?? `none, ${meta.mode}`],
        ...(meta.mutations.length === 0 ? [] : [['mutations', meta.mutations.join(', ')]]),
        ['arch', meta.arch],
        ['vma', meta.vma],
        ['spaces', meta.spaces.map(({ kind }, space) => `${space} ${kind}`).join(', ')],
        ['consumer reads', meta.carriers.join(', ')],
        ['events', count(lastSeq)],
        ['time', last === undefined ? 'none' : `${count(last.timeLast)} ns`],
      ],
      out.style,
      2,
    ).replace(/^\s*\n/, ''),
  );
}

function stopNumber(word: string): number {
  const number = parseUnsigned(word);
  if (number !== null) return number;
  throw new UsageError({ what: `'${word}' is not the number of a stop`, mend: '`info breaks` shows them' });
}

/** Pages that events near the position speak of, as they are typed. */
export function near(session: Session): string[] {
  return session.events.pagesNear(session.seq).map(formatPage);
}

/** CPUs that hold something, as they are typed. */
export function cpus(session: Session): string[] {
  const known: string[] = [];
  session.fold.forTlbs((_, cpu) => known.push(cpu < 0 ? 'device' : String(cpu)));
  return known.length === 0 ? ['0'] : known;
}
