/** `diff`: two trails of the same writes side by side. */
import type { DiffReport } from '../../analyzer/index.js';
import { formatPage, nearest, UsageError } from '../../base/index.js';
import type { TrailReader } from '../../traces/index.js';
import { oneOf } from '../arguments.js';
import { defineCommand } from '../command.js';
import { costTable, labelOf } from '../cost-table.js';
import { COST_FIGURES, exceeding, type Limits } from '../limits.js';
import { bytes, count, counted, nanoseconds } from '../format.js';
import type { Output } from '../output.js';
import { columns, table } from '../table.js';
import { openTrail } from '../trail.js';
import { eventsAt } from '../trail-events.js';

interface Options {
  readonly events?: boolean;
  readonly failOn?: 'divergence';
  readonly limit?: Limits;
  readonly all?: boolean;
}

/** Epochs and pages that people are shown unless they ask for all. */
const EPOCHS = 10;
const PAGES = 8;

export const diff = defineCommand<Options>({
  name: 'diff',
  group: 'Judge',
  summary: 'two trails of the same writes: costs, first divergence, epochs',
  about:
    'Compares two trails write by write; a write is known by its CPU and its position among the writes of that CPU. The first ' +
    'divergence is the first write after which what the consumer was told, or still lacks, differs. Exit code 1 only where ' +
    '--fail-on or --limit asks for it.',
  examples: [
    { line: 'pagetrail diff a.trail b.trail', about: 'which strategy costs what, and where do they part?' },
    {
      line: 'pagetrail diff good.trail new.trail --fail-on divergence',
      about: 'a gate: the consumer must learn the same',
    },
    { line: 'pagetrail diff good.trail new.trail --limit overhead=5', about: 'a gate: at most 5 % more overhead' },
  ],
  configure(command) {
    command
      .argument('<a>', 'the trail to compare with')
      .argument('<b>', 'the trail to compare')
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
      .option('--all', `show every epoch that differs, not the first ${EPOCHS}`);
  },
  async run(context, [a, b], options) {
    const analyzer = await import('../../analyzer/index.js');
    const readers = [await openTrail(context, a!), await openTrail(context, b!)] as const;
    const events = readers[0].events + readers[1].events;
    const report = analyzer.diff(readers[0], readers[1], {
      names: [a!, b!],
      events: options.events === true,
      onProgress: (done) => context.progress.update(done / events, () => `${count(done)} events`),
    });
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
      async print(out) {
        print(
          out,
          report,
          readers.map(({ meta }) => labelOf(meta)),
          options.all === true ? Infinity : EPOCHS,
        );
        if (report.firstEvent !== undefined) await printFirstEvent(out, report.firstEvent?.seq ?? null, readers);
      },
      exitCode: refused || over.length > 0 ? 1 : 0,
    };
  },
});

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

const VERDICTS: Readonly<Record<DiffReport['verdict'], string>> = {
  same: 'both consumers were told the same, and lack the same',
  diverged: 'the consumers were told different things',
  undecided: 'no divergence was found, but not everything could be compared',
};

function print(out: Output, report: DiffReport, labels: readonly string[], limit: number): void {
  const { style } = out;
  const [a, b] = report.sides;
  const paint = report.verdict === 'same' ? style.green : style.yellow;
  out.line(`${style.bold('a')} ${a.trail}\n${style.bold('b')} ${b.trail}`);
  out.line(paint(VERDICTS[report.verdict]));
  if (!report.aligned) out.line(style.yellow(misalignmentText(report)));
  out.line();
  out.line(
    costTable(
      report.sides.map(({ cost }, i) => ({ label: `${'ab'[i]}: ${labels[i]}`, cost })),
      style,
    ),
  );
  printDivergence(out, report);
  printEpochs(out, report, limit);
  if (report.settings.length > 0) {
    out.line(style.bold('\nrecorded with'));
    const rows = report.settings.map(({ name, values }) => [name, ...values.map((value) => JSON.stringify(value))]);
    out.line(table(columns('', 'a', 'b'), rows, style, 2));
  }
}

function misalignmentText({ misalignment }: DiffReport): string {
  const note = 'the writes are not the same, so epochs are compared by number only where they match';
  if (misalignment === null) return note;
  const [inA, inB] = misalignment.seqs.map((seq) => (seq === null ? 'absent' : `event ${count(seq)}`));
  return `${note}; first at write ${count(misalignment.ordinal)} of CPU ${misalignment.cpu} (a: ${inA}, b: ${inB})`;
}

function printDivergence(out: Output, { firstDivergence }: DiffReport): void {
  if (firstDivergence === null) return;
  const { write, seqs, epoch, reportedOnlyIn, staleOnlyIn } = firstDivergence;
  out.line(out.style.bold(`\nfirst divergence: after write ${count(write)}, in epoch ${epoch}`));
  out.line(`  event ${count(seqs[0])} of a, event ${count(seqs[1])} of b`);
  for (const [side, name] of ['a', 'b'].entries()) {
    const reported = reportedOnlyIn[side]!;
    const stale = staleOnlyIn[side]!;
    if (reported.length > 0) out.line(`  reported in ${name} only: ${pagesText(reported)}`);
    if (stale.length > 0) out.line(`  stale in ${name} only: ${pagesText(stale)}`);
  }
}

function pagesText(pages: readonly number[]): string {
  const named = pages.slice(0, PAGES).map(formatPage).join(' ');
  return pages.length > PAGES ? `${named} ... (${counted(pages.length, 'page')} listed)` : named;
}

function printEpochs(out: Output, { epochs, epochCounts, epochsComparable }: DiffReport, limit: number): void {
  const differing = epochs.filter(({ onlyInTotal }) => onlyInTotal[0] + onlyInTotal[1] > 0);
  const { style } = out;
  out.line(
    style.bold(
      `\nepochs: ${counted(differing.length, 'epoch')} of ${count(epochs.length)} compared differ in the pages reported`,
    ),
  );
  if (!epochsComparable || epochCounts[0] !== epochCounts[1]) {
    out.line(
      `  a closed ${count(epochCounts[0])}, b ${count(epochCounts[1])}; only those closed after the same writes are compared`,
    );
  }
  if (differing.length === 0) return;
  const rows = differing
    .slice(0, limit)
    .map(({ epoch, pages, onlyInTotal, faults, bytesTransferred, overheadNs }) => [
      epoch,
      pages.map(count).join(' / '),
      onlyInTotal.map(count).join(' / '),
      faults.map(count).join(' / '),
      bytesTransferred.map(bytes).join(' / '),
      overheadNs.map(nanoseconds).join(' / '),
    ]);
  out.line(
    table(columns('epoch>', 'pages a / b>', 'only in>', 'faults>', 'transferred>', 'overhead>'), rows, style, 2),
  );
  if (differing.length > limit) out.line(style.dim(`  ... ${count(differing.length - limit)} more; --all shows them`));
}

async function printFirstEvent(out: Output, seq: number | null, readers: readonly TrailReader[]): Promise<void> {
  if (seq === null) {
    out.line('\nevery event is the same');
    return;
  }
  out.line(out.style.bold(`\nfirst event that differs: ${count(seq)}`));
  for (const [side, reader] of readers.entries()) {
    const event = (await eventsAt(reader, [seq])).get(seq);
    const text =
      event === undefined
        ? 'no such event'
        : `${nanoseconds(event.timeNs)}  cpu ${event.cpu}  ${event.kind}  ${event.text}`;
    out.line(`  ${'ab'[side]}  ${text}`);
  }
}
