/** `diff`: two trails side by side, write by write. How it is printed is in `diff-text.ts`. */
import type { AlignmentMode, PageOrder } from '../../analyzer/index.js';
import { nearest, UsageError } from '../../base/index.js';
import { oneOf, wholeNumber } from '../arguments.js';
import { defineCommand } from '../command.js';
import { labelOf } from '../cost-table.js';
import { printDiff } from '../diff-text.js';
import { count } from '../format.js';
import { COST_FIGURES, exceeding, type Limits } from '../limits.js';
import { openTrail } from '../trail.js';

interface Options {
  readonly events?: boolean;
  readonly writes?: boolean;
  readonly from?: number;
  readonly to?: number;
  readonly limitWrites?: number;
  readonly limitPages?: number;
  readonly by?: PageOrder;
  readonly align?: AlignmentMode | 'auto';
  readonly failOn?: 'divergence';
  readonly limit?: Limits;
  readonly all?: boolean;
}

// The analyzer is loaded when the command runs, so its lists are named here once more; a test compares them.
export const ALIGN = ['auto', 'write', 'page', 'first-touch'] as const;
export const BY = ['cost', 'faults', 'reports', 'transfers', 'bytes', 'lost'] as const;
/** Writes and pages that may be asked for. Chosen: what a JSON object of some 50 MB holds. */
const SHOWN_MAX = 100_000;

export const diff = defineCommand<Options>({
  name: 'diff',
  group: 'Judge',
  summary: 'two trails side by side: costs, divergence, epochs, pages, writes',
  about:
    'Compares two trails write by write; a write is known by its CPU and its position among the writes of that CPU. The first ' +
    'divergence is the first write after which what the consumer was told, or still lacks, differs. Costs are given to the writes that ' +
    'caused them, those of a harvest to the writes it collected. Where the writes are not the same, they are matched by page and order, ' +
    'and what has no counterpart is counted, with the reason. Exit code 1 only where --fail-on or --limit asks for it.',
  examples: [
    { line: 'pagetrail diff a.trail b.trail', about: 'which strategy costs what, and where do they part?' },
    { line: 'pagetrail diff a.trail b.trail --writes --from 1000', about: 'what each write did on either side' },
    {
      line: 'pagetrail diff good.trail new.trail --fail-on divergence --limit overhead=5',
      about: 'a gate: the consumer must learn the same, at no more than 5 % more overhead',
    },
  ],
  configure(command) {
    command
      .argument('<a>', 'the trail to compare with')
      .argument('<b>', 'the trail to compare')
      .option('--writes', 'list the writes that differ: what each did on either side, and its cost')
      .option('--from <n>', 'the first write that may be listed, by position', wholeNumber('--from'))
      .option('--to <n>', 'the last one', wholeNumber('--to'))
      .option('--limit-writes <n>', 'how many are listed (default 20)', atMost('--limit-writes'))
      .option('--by <figure>', `what pages are ordered by: ${BY.join(', ')} (default cost)`, oneOf('--by', BY))
      .option('--limit-pages <n>', 'how many pages are listed (default 20)', atMost('--limit-pages'))
      .option(
        '--align <how>',
        'match writes by write (CPU and order), page (page and order), first-touch (as page, pages by order of first write); auto (the default): write, or page where the writes differ',
        oneOf('--align', ALIGN),
      )
      .option('--events', 'find the first event that differs, too')
      .option(
        '--fail-on <what>',
        'exit with 1 on a divergence (the only thing to fail on)',
        oneOf('--fail-on', ['divergence']),
      )
      .option(
        '--limit <name=percent>',
        `exit with 1 if b has that much more of: ${Object.keys(COST_FIGURES).join(', ')}`,
        readLimit,
      )
      .option('--all', 'show every epoch and every stretch that differs, not only the first');
  },
  async run(context, [a, b], options) {
    const { from = 1, to = Infinity } = options;
    if (from > to) {
      throw new UsageError({
        what: `--from ${count(from)} lies behind --to ${count(to)}`,
        why: 'they are the first and the last write of a stretch',
        mend: 'exchange them',
      });
    }
    const analyzer = await import('../../analyzer/index.js');
    const readers = [await openTrail(context, a!), await openTrail(context, b!)] as const;
    const events = readers[0].events + readers[1].events;
    const { SHOWN } = analyzer;
    const report = analyzer.diff(readers[0], readers[1], {
      names: [a!, b!],
      events: options.events === true,
      align: options.align ?? 'auto',
      writes: { from, to, limit: options.limitWrites ?? SHOWN },
      pages: { by: options.by ?? 'cost', limit: options.limitPages ?? SHOWN },
      onProgress: (done) => context.progress.update(Math.min(1, done / events), () => `${count(done)} events`),
    });
    if (report.alignment.chosen) {
      context.notice(
        'the writes are not the same, so they are matched by page and order (--align page); --align first-touch does it where pages have other numbers',
      );
    }
    const over = exceeding(report.sides[0].cost, report.sides[1].cost, options.limit ?? {});
    for (const { name, before, after, percent } of over) {
      context.notice(`${name} rose from ${count(before)} to ${count(after)}: more than the ${percent} % allowed`);
    }
    if (options.limit !== undefined && !report.aligned) {
      context.notice('the limits compare runs of different writes; add --fail-on divergence to refuse those');
    }
    const refused = options.failOn === 'divergence' && report.verdict !== 'same';
    return {
      json: () => report,
      print: (out) =>
        printDiff(out, report, readers, {
          labels: readers.map(({ meta }) => labelOf(meta)),
          writes: options.writes === true || options.from !== undefined || options.to !== undefined,
          all: options.all === true,
          buckets: analyzer.COST_BUCKETS,
          pages: options.limitPages,
        }),
      exitCode: refused || over.length > 0 ? 1 : 0,
    };
  },
});

/** A number of things to show. */
function atMost(option: string): (text: string) => number {
  const read = wholeNumber(option);
  return (text) => {
    const value = read(text);
    if (value >= 1 && value <= SHOWN_MAX) return value;
    throw new UsageError({
      what: `${option} ${text} is not from 1 to ${count(SHOWN_MAX)}`,
      why: 'they are held in memory, and shown at once',
      mend: option === '--limit-writes' ? 'go through longer stretches with --from and --to' : 'give a smaller number',
    });
  };
}

function readLimit(text: string, previous: Limits = {}): Limits {
  const [, name, figure] = /^([^=]+)=([0-9]+(?:\.[0-9]+)?)$/.exec(text) ?? [];
  if (name !== undefined && figure !== undefined && Object.hasOwn(COST_FIGURES, name))
    return { ...previous, [name]: Number(figure) };
  const names = Object.keys(COST_FIGURES);
  const guess = name === undefined ? null : nearest(name, names);
  throw new UsageError({
    what: `--limit '${text}' is not NAME=PERCENT`,
    ...(guess !== null && guess !== name && { why: `did you mean '${guess}'?` }),
    mend: `for instance --limit overhead=5; the names are ${names.join(', ')}`,
  });
}
