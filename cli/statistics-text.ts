/** Statistics as people look at them: a printer for each, by its key in the answer. */
import type { StatisticKey, StatisticsReport } from '../analyzer/index.js';
import { formatPage } from '../base/index.js';
import { bytes, count, counted, nanoseconds, ratio } from './format.js';
import { printSpread } from './histogram.js';
import type { Output } from './output.js';
import { bar, type Glyphs, maxOf, sparkline } from './plot.js';
import { columns, table } from './table.js';

/** Characters of a bar in a table, at the most. */
const BAR_WIDTH = 32;
/** Columns of a line of values, at the most. */
const LINE_WIDTH = 64;

type Printer<Key extends StatisticKey> = (
  out: Output,
  result: NonNullable<StatisticsReport[Key]>,
  report: StatisticsReport,
  glyphs: Glyphs,
) => void;

const PRINTERS: { readonly [Key in StatisticKey]: Printer<Key> } = {
  dirtyRate(out, { pagesDirtied, bytesWritten, writes, perMs, windows, epochs }, report, glyphs) {
    out.line(
      `  ${counted(pagesDirtied, 'dirtying')} (${rateText(perMs.pagesDirtied)} a ms), ` +
        `${counted(writes, 'write')} of ${bytes(bytesWritten)} (${bytes(Math.round(perMs.bytesWritten))} a ms)`,
    );
    const size = windowText(report.window);
    printLine(out, `pages dirtied, by ${size}`, values(windows, 'pagesDirtied'), count, glyphs);
    printLine(out, `bytes written, by ${size}`, values(windows, 'bytesWritten'), bytes, glyphs);
    if (report.window.unit === 'epochs' && report.window.size === 1) return;
    printLine(out, 'pages dirtied, by epoch', values(epochs, 'pagesDirtied'), count, glyphs);
    printLine(out, 'bytes written, by epoch', values(epochs, 'bytesWritten'), bytes, glyphs);
  },
  workingSet(out, { pages, windows, epochs, curve }, report, glyphs) {
    out.line(`  ${counted(pages, 'page')} written in all`);
    printLine(out, `pages, by ${windowText(report.window)}`, values(windows, 'pages'), count, glyphs);
    if (report.window.unit !== 'epochs' || report.window.size !== 1)
      printLine(out, 'pages, by epoch', values(epochs, 'pages'), count, glyphs);
    if (pages === 0) return;
    const max = maxOf(curve.map(({ meanPages }) => meanPages));
    const rows = curve.map(({ windowNs, windows: number, meanPages, maxPages }) => [
      nanoseconds(windowNs),
      count(number),
      ratio(meanPages),
      count(maxPages),
      out.style.cyan(bar(meanPages, max, barWidth(out, 44), glyphs)),
    ]);
    out.line(table(columns('window>', 'windows>', 'pages, mean>', 'max>', ''), rows, out.style, 4));
  },
  redirty(out, { onceOnly, interval, epochs }, _report, glyphs) {
    out.line(`  ${counted(onceOnly, 'page')} dirtied once only`);
    const none = 'no page was dirtied twice';
    printSpread(out, 'from one dirtying of a page to its next', interval, glyphs, none);
    if (epochs.count > 0) printSpread(out, 'the same', epochs, glyphs, none);
  },
  reuseDistance(out, { first, distance }, _report, glyphs) {
    out.line(
      `  ${counted(first, 'write')} ${first === 1 ? 'was' : 'were'} the first to ${first === 1 ? 'its' : 'their'} page`,
    );
    printSpread(out, 'other pages since the page was written', distance, glyphs, 'no page was written twice');
  },
  faults(out, { count: total, byHandler, latency, interArrival }, _report, glyphs) {
    const kinds = Object.entries(byHandler).map(([handler, faults]) => `${count(faults)} ${handler}`);
    out.line(`  ${counted(total, 'fault')}${kinds.length === 0 ? '' : `: ${kinds.join(', ')}`}`);
    if (total === 0) return;
    printSpread(out, 'what a fault took its CPU', latency, glyphs, 'no fault');
    printSpread(out, 'from one fault to the next', interArrival, glyphs, 'no second fault');
  },
  stalls(out, { writes, waited, totalNs, wait }, _report, glyphs) {
    out.line(`  ${count(waited)} of ${counted(writes, 'write')} waited for tracking, ${nanoseconds(totalNs)} in all`);
    if (waited > 0) printSpread(out, 'what they waited', wait, glyphs, 'none waited');
  },
  harvests(out, { count: total, interval, duration, pages }, _report, glyphs) {
    out.line(`  ${counted(total, 'harvest')}`);
    if (total === 0) return;
    printSpread(out, 'from one to the next', interval, glyphs, 'no second harvest');
    printSpread(out, 'how long each lasted', duration, glyphs, 'none was completed');
    printSpread(out, 'pages that each reported', pages, glyphs, 'none was completed');
  },
  pages(out, rankings, _report, glyphs) {
    const several = Object.values(rankings).some(({ top }) => top.some(({ space }) => space !== 0));
    for (const [key, label] of PAGE_LABELS) {
      const { total, pages, top } = rankings[key];
      if (total === 0) continue;
      out.line(`  ${label}: ${count(total)} over ${counted(pages, 'page')}`);
      if (top.length === 0) continue;
      const rows = top.map(({ space, page, count: times, share }) => [
        ...(several ? [space] : []),
        formatPage(page),
        count(times),
        `${(100 * share).toFixed(1)} %`,
        out.style.cyan(bar(times, top[0]!.count, barWidth(out, 50), glyphs)),
      ]);
      out.line(table(columns(...(several ? ['space>'] : []), 'page', 'count>', 'share>', ''), rows, out.style, 4));
    }
    if (PAGE_LABELS.every(([key]) => rankings[key].total === 0)) out.line('  no page');
  },
  cpus(out, shares, _report, glyphs) {
    const most = maxOf(shares.map(({ writes }) => writes));
    const rows = shares.map((share) => [
      share.cpu < 0 ? 'device' : share.cpu,
      count(share.writes),
      bytes(share.bytesWritten),
      count(share.pagesDirtied),
      count(share.faults),
      nanoseconds(share.overheadNs),
      out.style.cyan(bar(share.writes, most, Math.min(16, barWidth(out, 66)), glyphs)),
    ]);
    if (rows.length === 0) out.line('  no CPU did anything');
    else
      out.line(
        table(columns('CPU>', 'writes>', 'bytes>', 'dirtyings>', 'faults>', 'overhead>', 'writes'), rows, out.style, 2),
      );
  },
};

const TITLES: Readonly<Record<StatisticKey, string>> = {
  dirtyRate: 'dirty rate',
  workingSet: 'working set',
  redirty: 're-dirty interval',
  reuseDistance: 'reuse distance of writes',
  faults: 'faults',
  stalls: 'stalls',
  harvests: 'harvests',
  pages: 'pages',
  cpus: 'CPUs',
};

const PAGE_LABELS = [
  ['writes', 'most writes'],
  ['faults', 'most faults'],
  ['reports', 'most reports'],
  ['transfers', 'most transfers'],
  ['falseReports', 'most reports without a new write'],
] as const;

/** Prints those statistics that the report holds. */
export function printStatistics(out: Output, report: StatisticsReport, glyphs: Glyphs): void {
  for (const key of Object.keys(PRINTERS) as StatisticKey[]) {
    const result = report[key];
    if (result === undefined) continue;
    out.line();
    out.line(out.style.bold(TITLES[key]));
    (PRINTERS[key] as Printer<StatisticKey>)(out, result as never, report, glyphs);
  }
}

/** A line of values under its name, with the least, the mean and the most of them. */
function printLine(
  out: Output,
  name: string,
  series: readonly number[],
  text: (value: number) => string,
  glyphs: Glyphs,
): void {
  if (series.length < 2) return;
  const max = maxOf(series);
  const mean = series.reduce((sum, value) => sum + value, 0) / series.length;
  const width = Math.min(LINE_WIDTH, out.columns - 6);
  const each = series.length > width ? '; each column is the most of several' : '';
  out.line(
    `  ${name} ${out.style.dim(`(${count(series.length)}, mean ${text(Math.round(mean))}, max ${text(max)}${each})`)}`,
  );
  out.line(`    ${out.style.cyan(sparkline(series, width, glyphs, max))}`.trimEnd());
}

function values<Row>(rows: readonly Row[], key: keyof Row): number[] {
  return rows.map((row) => row[key] as number);
}

function barWidth(out: Output, besides: number): number {
  return Math.max(4, Math.min(BAR_WIDTH, out.columns - besides));
}

function rateText(perMs: number): string {
  return perMs >= 100 ? count(Math.round(perMs)) : ratio(perMs);
}

/** "100 us", "1 epoch", "1,000 writes". */
export function windowText({ unit, size }: StatisticsReport['window']): string {
  if (unit === 'ns') return nanoseconds(size).replace(/\.0+(?= )/, '');
  return counted(size, unit.replace(/s$/, ''));
}
