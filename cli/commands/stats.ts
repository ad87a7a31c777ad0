/** `stats`: how writes, faults and harvests spread over time and pages. */
import type { StatisticKey, WindowSize } from '../../analyzer/index.js';
import { amount, nearest, parseUnsigned, TIME_UNITS, UsageError } from '../../base/index.js';
import { pageNumber, wholeNumber } from '../arguments.js';
import { defineCommand } from '../command.js';
import { count, counted, nanoseconds } from '../format.js';
import { glyphsFor } from '../plot.js';
import { printStatistics, windowText } from '../statistics-text.js';
import { trackersName } from '../trackers.js';
import { openTrail } from '../trail.js';
import type { EventSource } from '../../replayer/index.js';

interface Options {
  readonly page?: number;
  readonly cpu?: number;
  readonly from?: string;
  readonly to?: string;
  readonly window?: WindowSize;
  readonly top?: number;
  readonly ascii?: boolean;
}

export const stats = defineCommand<Options>({
  name: 'stats',
  group: 'Look',
  summary: 'dirty rate, working set, faults, reuse distance, over time',
  about:
    'Tells how writes spread over time and pages: dirty rate, working set, re-dirty interval, reuse distance, fault latency, stalls, ' +
    'harvests, the busiest pages and CPUs. A dirtying is the first write to a page in an epoch. Times are simulated. All of it in ' +
    'one pass, or only what is named.',
  examples: [
    { line: 'pagetrail stats a.trail', about: 'everything, as small plots' },
    { line: 'pagetrail stats a.trail working-set --window 100us', about: 'one of them, in windows of 100 us' },
    {
      line: 'pagetrail stats a.trail faults --from harvest:2 --to harvest:5 --json',
      about: 'a part of the trail, as figures with units',
    },
  ],
  configure(command) {
    command
      .argument('<trail>', 'the trail to look at')
      .argument('[what...]', 'dirty-rate, working-set, redirty, reuse-distance, faults, stalls, harvests, pages, cpus')
      .option('--page <page>', 'writes to this page, and its faults, only', pageNumber('--page'))
      .option('--cpu <cpu>', 'what this CPU did only', wholeNumber('--cpu'))
      .option('--from <position>', 'events after this one: SEQ, harvest:K or time:NS')
      .option('--to <position>', 'events up to this one: SEQ, end, harvest:K or time:NS')
      .option('--window <size>', 'size of the windows: 100us, epoch, epochs:N or writes:N', readWindow)
      .option('--top <n>', 'pages in each list (default: 10, 5 for people)', wholeNumber('--top'))
      .option('--ascii', 'plots of plain characters, as where the locale is not UTF-8');
  },
  async run(context, [trail, ...what], options) {
    const analyzer = await import('../../analyzer/index.js');
    const keys = keysOf(what, analyzer.STATISTICS);
    const reader = await openTrail(context, trail!);
    const { after, upTo } = await rangeOf(reader, options);
    const top = options.top ?? (context.json ? undefined : PAGES_SHOWN);
    const report = analyzer.statistics(reader, {
      ...(keys.length > 0 && { keys }),
      ...(options.page !== undefined && { page: options.page }),
      ...(options.cpu !== undefined && { cpu: options.cpu }),
      ...(options.window !== undefined && { window: options.window }),
      ...(top !== undefined && { top }),
      after,
      upTo,
      onProgress: (events) => context.progress.update(events / upTo, () => `${count(events)} events`),
    });
    return {
      json: () => ({ trail, ...report }),
      print(out) {
        const { totals, selection } = report;
        out.line(
          `${out.style.bold(trail!)}: ${trackersName(reader.meta)}, ${counted(totals.writes, 'write')} to ` +
            `${counted(totals.pages, 'page')} in ${nanoseconds(totals.toNs - totals.fromNs)}, windows of ${windowText(report.window)}`,
        );
        const selected = [
          ...(after > 0 || upTo < reader.events ? [`events ${count(selection.from)} to ${count(selection.to)}`] : []),
          ...(selection.page === null ? [] : [`page 0x${selection.page.toString(16)}`]),
          ...(selection.cpu === null ? [] : [`CPU ${selection.cpu}`]),
        ];
        if (selected.length > 0) out.line(out.style.dim(`  of ${selected.join(', ')}`));
        printStatistics(out, report, glyphsFor(context.io.env, options.ascii === true));
      },
    };
  },
});

/** Pages in a list that people are shown. */
const PAGES_SHOWN = 5;

type Definitions = Readonly<Record<StatisticKey, { readonly id: string }>>;

function keysOf(words: readonly string[], definitions: Definitions): StatisticKey[] {
  const entries = Object.entries(definitions) as Array<[StatisticKey, { readonly id: string }]>;
  return words.map((word) => {
    const found = entries.find(([, { id }]) => id === word);
    if (found !== undefined) return found[0];
    const ids = entries.map(([, { id }]) => id);
    const guess = nearest(word, ids);
    throw new UsageError({
      what: `statistic '${word}' is not known`,
      ...(guess !== null && { why: `did you mean '${guess}'?` }),
      mend: `there are ${ids.join(', ')}; without one, all are shown`,
    });
  });
}

async function rangeOf(reader: EventSource, { from, to }: Options): Promise<{ after: number; upTo: number }> {
  const { lastSeqOf, parsePosition, Replayer } = await import('../../replayer/index.js');
  if (from === undefined && to === undefined) return { after: 0, upTo: lastSeqOf(reader) };
  const replayer = Replayer.open(reader);
  const after = from === undefined ? 0 : replayer.seqOf(parsePosition(from));
  const upTo = to === undefined ? replayer.lastSeq : replayer.seqOf(parsePosition(to));
  if (after < upTo) return { after, upTo };
  throw new UsageError({
    what: `there is no event after ${from ?? 'the beginning'} and up to ${to ?? 'the end'}`,
    why: `the first is after event ${after}, the second is event ${upTo}`,
    mend: 'let --from be before --to',
  });
}

function readWindow(text: string): WindowSize {
  const [, word, figure] = /^(epochs?|writes?)(?::(.*))?$/.exec(text) ?? [];
  const size = word === undefined ? amount(text, TIME_UNITS) : figure === undefined ? 1 : parseUnsigned(figure);
  if (size !== null && size >= 1 && Number.isSafeInteger(size))
    return { unit: word === undefined ? 'ns' : word.startsWith('e') ? 'epochs' : 'writes', size };
  throw new UsageError({
    what: `--window '${text}' is not a size of windows`,
    why: 'a window is a time (whole ns), or a number of epochs or writes, and not 0',
    mend: 'for instance --window 100us, --window epoch, --window epochs:5 or --window writes:1000',
  });
}
