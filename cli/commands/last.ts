/** `last`: the last event that touched something before a point of the trail, or all of them. */
import { parseUnsigned, UsageError } from '../../base/index.js';
import type { Change, Subject } from '../../replayer/index.js';
import { wholeNumber } from '../arguments.js';
import { defineCommand } from '../command.js';
import { count, nanoseconds, wrapped } from '../format.js';
import type { Output } from '../output.js';
import { openTrail } from '../trail.js';
import { eventsAt, type EventText } from '../trail-events.js';

interface Options {
  readonly before: string;
  readonly from: string;
  readonly space: number;
  readonly all?: boolean;
}

const SUBJECT_FORMS = 'page PAGE, pte PAGE [BIT]..., tlb CPU PAGE, mark CARRIER PAGE';
/** Changes that are worded together, so that each chunk is read once for them. */
const TOGETHER = 4096;

export const last = defineCommand<Options>({
  name: 'last',
  group: 'Look',
  summary: 'the last event that touched a page, an entry, a TLB entry or a mark',
  about:
    'Finds the last event, up to a point of the trail, that touched a page, changed its entry or one bit of it, changed what a CPU has cached of ' +
    `it, or set or cleared a mark. The subject is one of: ${SUBJECT_FORMS}. Bits are present, writable, accessed, dirty, soft-dirty, ` +
    'uffd-wp, special and huge. Exit code 1 if there is no such event.',
  examples: [
    { line: 'pagetrail last a.trail 0x1fff000', about: 'the last event about a page' },
    {
      line: 'pagetrail last a.trail pte 0x1fff000 dirty --before harvest:2',
      about: 'who changed D last, and from what',
    },
    { line: 'pagetrail last a.trail tlb 0 0x1fff000 --all', about: 'all that CPU 0 ever cached of the page' },
  ],
  configure(command) {
    command
      .argument('<trail>', 'the trail to look at')
      .argument('<subject...>', SUBJECT_FORMS)
      .option('--before <position>', 'up to and with this event: SEQ, end, harvest:K or time:NS', 'end')
      .option('--all', 'every change up to there, the first one first')
      .option('--from <position>', 'with --all: from this event on', '1')
      .option('--space <n>', 'the address space of the page', wholeNumber('--space'), 0);
  },
  async run(context, args, options) {
    const { History, parsePosition, Replayer } = await import('../../replayer/index.js');
    const subject = await subjectOf(args.slice(1), options.space);
    const [to, from] = [parsePosition(options.before), parsePosition(options.from)];
    const reader = await openTrail(context, args[0]!);
    const positions = Replayer.open(reader);
    const before = positions.seqOf(to);
    const history = History.open(reader);
    if (options.all === true) {
      const changes = [...history.changes(subject, positions.seqOf(from), before)];
      return {
        json: () => ({ subject, before, changes }),
        async print(out) {
          for (let at = 0; at < changes.length; at += TOGETHER) {
            const some = changes.slice(at, at + TOGETHER);
            const events = await eventsAt(
              reader,
              some.map(({ seq }) => seq),
            );
            for (const change of some) print(out, change, events.get(change.seq));
          }
          out.line(out.style.dim(`${count(changes.length)} ${changes.length === 1 ? 'event' : 'events'}`));
        },
        exitCode: changes.length === 0 ? 1 : 0,
      };
    }
    const change = history.last(subject, before);
    return {
      json: () => ({ subject, before, change }),
      async print(out) {
        if (change === null) out.line(`no such event up to event ${count(before)}`);
        else print(out, change, (await eventsAt(reader, [change.seq])).get(change.seq));
      },
      exitCode: change === null ? 1 : 0,
    };
  },
});

/** A page alone is asked about as `page`. @throws UsageError for anything that is not one of `SUBJECT_FORMS` */
async function subjectOf(words: readonly string[], space: number): Promise<Subject> {
  const { parseSubject } = await import('../debug/subject.js');
  const alone = words.length === 1 && parseUnsigned(words[0]!) !== null;
  try {
    const subject = parseSubject(alone ? ['page', ...words] : words, { spaceOf: () => space, noMore });
    if (subject !== null) return subject;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw notASubject(words, error.why === undefined ? error.what : `${error.what}: ${error.why}`);
  }
  throw notASubject(words, 'nothing of that name has a history');
}

function noMore(words: readonly string[]): void {
  if (words.length > 0) throw new UsageError({ what: `'${words.join(' ')}' is not expected there` });
}

function notASubject(words: readonly string[], why: string): UsageError {
  return new UsageError({
    what: `'${words.join(' ')}' cannot be asked about`,
    why,
    mend: `one of: ${SUBJECT_FORMS}; pages are page numbers, decimal or 0x-hex`,
  });
}

function print(out: Output, change: Change, event: EventText | undefined): void {
  const { style } = out;
  const cpu = change.cpu < 0 ? 'device' : `cpu ${change.cpu}`;
  const text = event?.text ?? '';
  out.line(
    `${style.bold(`seq ${change.seq}`)}  ${nanoseconds(change.timeNs)}  ${cpu}  ${style.cyan(change.kind.padEnd(10))} ${text}`,
  );
  const told = change.before === '' ? change.after && `now ${change.after}` : `${change.before} -> ${change.after}`;
  // An event that tells both itself needs no second line.
  if (told !== '' && !text.includes(told)) out.line(style.dim(wrapped(told, out.columns, '    ')));
}
