/** What `diff` prints for people: the verdict, both costs, where the consumers part, whose costs those are, pages, writes, epochs. */
import type { Both, CostBucket, DifferingWrite, DiffReport, FoundWrite, Meeting } from '../analyzer/index.js';
import { formatPage } from '../base/index.js';
import type { TrailReader } from '../traces/index.js';
import { costTable } from './cost-table.js';
import { bytes, count, counted, nanoseconds, wrapped } from './format.js';
import type { Output } from './output.js';
import type { Style } from './style.js';
import { columns, table } from './table.js';
import { eventsAt } from './trail-events.js';

export interface DiffTextOptions {
  readonly labels: readonly string[];
  /** Lists the writes that differ. */
  readonly writes: boolean;
  /** Shows every epoch and stretch. */
  readonly all: boolean;
  /** What each bucket of costs holds. */
  readonly buckets: Readonly<Record<CostBucket, string>>;
  /** Pages asked for; undefined where none were. */
  readonly pages: number | undefined;
}

/** What people are shown unless they ask for more. */
const EPOCHS = 10;
const STRETCHES = 5;
const PAGES_NAMED = 8;
const PAGES = 8;
const DEAREST = 3;
/** Columns that a line of text keeps within, whatever the terminal. */
const WIDTH_MIN = 60;
/** Characters of a setting's value. */
const SETTING = 48;

const VERDICTS: Readonly<Record<DiffReport['verdict'], string>> = {
  same: 'same: both consumers were told the same, and lack the same',
  diverged: 'diverged: the consumers were told different things',
  undecided: 'undecided: no divergence was found, but not everything could be compared',
};

export async function printDiff(
  out: Output,
  report: DiffReport,
  readers: readonly TrailReader[],
  options: DiffTextOptions,
): Promise<void> {
  const { style } = out;
  const [a, b] = report.sides;
  const paint = report.verdict === 'same' ? style.green : style.yellow;
  out.line(`${style.bold('a')} ${a.trail}\n${style.bold('b')} ${b.trail}`);
  out.line(paint(VERDICTS[report.verdict]));
  if (!report.aligned) out.line(style.yellow(misalignmentText(report)));
  if (options.writes) {
    // Who asks for writes has seen the rest.
    printDivergence(out, report, options.all);
    printAlignment(out, report);
    printWrites(out, report, true);
  } else {
    out.line();
    out.line(
      costTable(
        report.sides.map(({ cost }, i) => ({ label: `${'ab'[i]}: ${options.labels[i]}`, cost })),
        style,
      ),
    );
    printDivergence(out, report, options.all);
    printAlignment(out, report);
    printAttribution(out, report, options.buckets);
    printWrites(out, report, false);
    printPages(out, report, options.pages ?? PAGES);
    printEpochs(out, report, options.all ? Infinity : EPOCHS);
    printSettings(out, report);
  }
  if (report.firstEvent !== undefined) await printFirstEvent(out, report.firstEvent?.seq ?? null, readers);
}

function misalignmentText({ misalignment }: DiffReport): string {
  const note = 'the writes are not the same';
  if (misalignment === null) return note;
  const [inA, inB] = misalignment.seqs.map((seq) => (seq === null ? 'absent' : `event ${count(seq)}`));
  return `${note}: first at write ${count(misalignment.ordinal)} of CPU ${misalignment.cpu} (a: ${inA}, b: ${inB})`;
}

function printDivergence(out: Output, report: DiffReport, all: boolean): void {
  const { firstDivergence, reconverges, divergences } = report;
  if (firstDivergence === null) return;
  const { write, seqs, epoch, reportedOnlyIn, reportedOnlyInTotal, staleOnlyIn, staleOnlyInTotal } = firstDivergence;
  out.line(out.style.bold(`\nfirst divergence: after write ${count(write)}, in epoch ${epoch}`));
  out.line(`  event ${count(seqs[0])} of a, event ${count(seqs[1])} of b`);
  for (const [side, name] of ['a', 'b'].entries()) {
    const [reported, stale] = [reportedOnlyIn[side]!, staleOnlyIn[side]!];
    if (reported.length > 0) out.line(`  reported in ${name} only: ${pagesText(reported, reportedOnlyInTotal[side]!)}`);
    if (stale.length > 0) out.line(`  stale in ${name} only: ${pagesText(stale, staleOnlyInTotal[side]!)}`);
  }
  out.line(
    reconverges === null
      ? '  they do not meet again'
      : `  they meet again after write ${count(reconverges.write)}, ${harvestsText(reconverges)}`,
  );
  if (divergences.total < 2) return;
  const shown = divergences.stretches.slice(0, all ? Infinity : STRETCHES);
  out.line(`  ${counted(divergences.total, 'stretch', 'stretches')} of divergence:`);
  const rows = shown.map(({ from, to }) => [
    count(from.write),
    to === null ? 'the end' : count(to.write),
    to === null ? '' : count(to.write - from.write),
  ]);
  out.line(table(columns('after write>', 'until>', 'writes>'), rows, out.style, 4));
  if (divergences.total > shown.length) {
    const more = count(divergences.total - shown.length);
    out.line(out.style.dim(`    ... ${more} more${all ? '' : '; --all shows the first 64'}`));
  }
}

function harvestsText({ epochs: [a, b] }: Meeting): string {
  if (a === b) return `at the end of epoch ${a}`;
  return `at the end of epoch ${a ?? '-'} of a, ${b ?? '-'} of b`;
}

function pagesText(pages: readonly number[], total: number): string {
  const named = pages.slice(0, PAGES_NAMED).map(formatPage).join(' ');
  return total > PAGES_NAMED ? `${named} ... (${counted(total, 'page')})` : named;
}

function printAlignment(out: Output, { aligned, alignment, pageTotals }: DiffReport): void {
  if (aligned && alignment.by === 'write') return;
  const { by, writes, matched, compared, unmatched, reasons } = alignment;
  const how = { write: 'CPU and order', page: 'page and order', 'first-touch': 'order of first touch and order' }[by];
  out.line(out.style.bold(`\nwrites matched by ${how}`));
  const rows: Array<readonly [string, string, string]> = [
    ['matched', count(matched), count(matched)],
    ...reasons.map(({ about, writes: [inA, inB] }) => [`unmatched: ${about}`, count(inA), count(inB)] as const),
    ['writes', count(writes[0]), count(writes[1])],
  ];
  out.line(table(columns('', 'a>', 'b>'), rows, out.style, 2));
  if (compared < matched)
    out.line(`  ${counted(matched - compared, 'matched write')} lay too far apart to be compared in what they did`);
  if (unmatched[0] + unmatched[1] > 0) {
    for (const { examples } of reasons)
      for (const [side, list] of examples.entries())
        for (const write of list.slice(0, 2))
          out.line(out.style.dim(`  for instance in ${'ab'[side]}: ${placeText(write)}`));
  }
  if (by === 'write') return;
  const { faults, reports, transfers } = pageTotals.events;
  const others = { faults, 'pages reported': reports, 'pages transferred': transfers };
  const more = Object.entries(others).map(([name, { matched: both, unmatched: only }]) => [
    name,
    count(both),
    only.map(count).join(' / '),
  ]);
  out.line(table(columns('of the same pages', 'matched>', 'only in a / b>'), more, out.style, 2));
}

function placeText({ seq, cpu, ordinal, space, page, offset, size }: FoundWrite): string {
  const where = `${space === 0 ? '' : `space ${space} `}${formatPage(page)}+${offset}`;
  return `event ${count(seq)}, write ${count(ordinal)} of CPU ${cpu}: ${size} bytes at ${where}`;
}

function printAttribution(out: Output, { sides }: DiffReport, buckets: DiffTextOptions['buckets']): void {
  const names = Object.keys(buckets) as CostBucket[];
  const of = (name: CostBucket) => sides.map(({ attribution }) => attribution[name].total) as [number, number];
  const rows = names
    .filter((name) => of(name).some((ns) => ns > 0))
    .map((name) => [buckets[name], ...of(name).map(nanoseconds), difference(of(name), out.style)]);
  if (rows.length === 0) return;
  out.line(out.style.bold('\nwhose overhead it is'));
  out.line(table(columns('', 'a>', 'b>', 'b - a>'), rows, out.style, 2));
}

/** The second less the first, with its sign. */
function difference([a, b]: Both<number>, style: Style): string {
  const by = b - a;
  if (by === 0) return '0 ns';
  return by > 0 ? style.yellow(`+${nanoseconds(by)}`) : style.green(`-${nanoseconds(-by)}`);
}

function printWrites(out: Output, report: DiffReport, isListed: boolean): void {
  const { writeTotals: totals, alignment, writes, topWrites } = report;
  const { style } = out;
  out.line(
    style.bold(`\nwrites: ${count(totals.differ)} of ${count(alignment.compared)} differ`) +
      (totals.differ === 0
        ? ''
        : ` (${count(totals.did)} in what they did, ${count(totals.cost)} in cost, ${count(totals.stall)} in stall)`),
  );
  if (totals.differ === 0) return;
  if (isListed) {
    for (const write of writes) printWrite(out, write);
    const more = totals.inStretch - writes.length;
    if (more > 0)
      out.line(
        style.dim(`  ... ${count(more)} more; --from ${writes.at(-1)!.write + 1} goes on, --limit-writes shows more`),
      );
    return;
  }
  if (topWrites.length > 0) out.line('  costs furthest apart:');
  for (const write of topWrites.slice(0, DEAREST)) printWrite(out, write);
  out.line(style.dim('  --writes lists them in order'));
}

function printWrite(out: Output, write: DifferingWrite): void {
  const { style } = out;
  const { cpu, n, space, page, offset, size, differenceNs, sides } = write;
  const where = `${space === 0 ? '' : `space ${space} `}${formatPage(page)}+${offset}`;
  const apart = differenceNs === 0 ? '' : `  ${difference([0, differenceNs], style)}`;
  out.line(`  write ${count(write.write)}: ${size} bytes at ${where}, write ${count(n)} of CPU ${cpu}${apart}`);
  for (const [i, side] of sides.entries()) {
    const stall = side.stallNs > 0 ? `, waited ${nanoseconds(side.stallNs)}` : '';
    const shared = side.collectedNs > 0 ? ` (${nanoseconds(side.collectedNs)} to collect it)` : '';
    const elsewhere =
      side.page === undefined || side.page === page ? '' : ` at ${formatPage(side.page)}+${side.offset}`;
    const did = side.did.length === 0 ? 'nothing else' : side.did.join(', ');
    const text = `${'ab'[i]}  event ${count(side.seq)}${elsewhere}: ${nanoseconds(side.costNs)}${shared}${stall}: ${did}`;
    out.line(wrapped(text, Math.max(WIDTH_MIN, out.columns), '    '));
  }
}

function printPages(out: Output, { pages, pageTotals }: DiffReport, limit: number): void {
  const { style } = out;
  out.line(style.bold(`\npages: ${count(pageTotals.differ)} of ${count(pageTotals.total)} differ`));
  if (pages.length === 0) return;
  const withLost = pages.some(({ sides }) => sides[0].lostWrites + sides[1].lostWrites > 0);
  const rows = pages.slice(0, limit).map(({ space, page, pageIn, sides: [a, b] }) => {
    const both = (figure: keyof typeof a, format: (value: number) => string) =>
      `${format(a[figure])} / ${format(b[figure])}`;
    const name =
      pageIn === undefined ? formatPage(page) : pageIn.map((at) => (at === null ? '-' : formatPage(at))).join(' / ');
    return [
      space === 0 ? name : `${space}:${name}`,
      a.writes === b.writes ? count(a.writes) : both('writes', count),
      both('faults', count),
      both('reports', count),
      both('bytes', bytes),
      both('costNs', nanoseconds),
      ...(withLost ? [both('lostWrites', count)] : []),
    ];
  });
  const titles = ['page', 'writes>', 'faults a / b>', 'reported>', 'transferred>', 'cost>'];
  out.line(table(columns(...titles, ...(withLost ? ['lost>'] : [])), rows, style, 2));
  const more = pageTotals.differ - rows.length;
  if (more > 0)
    out.line(style.dim(`  ... ${count(more)} more, by ${pageTotals.by}; --limit-pages shows more, --by orders them`));
}

function printEpochs(out: Output, { epochs, epochCounts, epochsComparable }: DiffReport, limit: number): void {
  const differing = epochs.filter(({ differs }) => differs);
  const { style } = out;
  out.line(style.bold(`\nepochs: ${count(differing.length)} of ${count(epochs.length)} compared differ`));
  if (!epochsComparable || epochCounts[0] !== epochCounts[1]) {
    out.line(
      `  a closed ${count(epochCounts[0])}, b ${count(epochCounts[1])}; those closed after the same writes are compared, with all since the last such`,
    );
  }
  if (differing.length === 0) return;
  const rows = differing
    .slice(0, limit)
    .map(({ epochIn: [a, b], writes, pages, onlyInTotal, staleOnlyInTotal, faults, bytesTransferred, overheadNs }) => [
      a === b ? count(a) : `${count(a)} / ${count(b)}`,
      count(writes),
      pages.map(count).join(' / '),
      onlyInTotal.map(count).join(' / '),
      staleOnlyInTotal.map(count).join(' / '),
      faults.map(count).join(' / '),
      bytesTransferred.map(bytes).join(' / '),
      overheadNs.map(nanoseconds).join(' / '),
    ]);
  const titles = ['epoch>', 'after write>', 'pages a / b>', 'only in>', 'stale only in>', 'faults>', 'transferred>'];
  out.line(table(columns(...titles, 'overhead>'), rows, style, 2));
  if (differing.length > limit) out.line(style.dim(`  ... ${count(differing.length - limit)} more; --all shows them`));
}

function printSettings(out: Output, { settings }: DiffReport): void {
  if (settings.length === 0) return;
  out.line(out.style.bold('\nrecorded with'));
  const rows = settings.flatMap(({ name, values: [a, b] }) => settingRows(name, a, b));
  out.line(table(columns('', 'a', 'b'), rows, out.style, 2));
}

/** What differs of a setting: of one that has parts, those parts. */
function settingRows(name: string, a: unknown, b: unknown): string[][] {
  if (isRecord(a) && isRecord(b)) {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return keys.flatMap((key) => settingRows(`${name}.${key}`, a[key], b[key]));
  }
  const texts = [a, b].map((value) => (value === undefined ? '-' : JSON.stringify(value)));
  if (texts[0] === texts[1]) return [];
  return [[name, ...texts.map((text) => (text.length > SETTING ? `${text.slice(0, SETTING)} ...` : text))]];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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
