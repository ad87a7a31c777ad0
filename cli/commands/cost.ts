/** `cost`: what tracking cost in a trail. */
import type { CostReport } from '../../analyzer/index.js';
import { defineCommand } from '../command.js';
import { costTable, labelOf, type Side } from '../cost-table.js';
import { bytes, count, counted, nanoseconds, ratio } from '../format.js';
import type { Output } from '../output.js';
import { type Cell, columns, table } from '../table.js';
import { openTrail } from '../trail.js';

export const cost = defineCommand({
  name: 'cost',
  group: 'Judge',
  summary: 'what tracking cost: faults, flushes, scans, copies, stalls',
  about:
    'Prices the tracking overhead of a trail by the cost profile that it was recorded with. Times are simulated and summed over ' +
    'CPUs; slowdown is (program + overhead) / program.',
  examples: [
    { line: 'pagetrail cost a.trail', about: 'a table for people' },
    { line: 'pagetrail cost full.trail hw.trail pfn.trail', about: 'several, side by side' },
    {
      line: 'pagetrail cost a.trail --json | jq .slowdown',
      about: 'one figure, for a script; several trails give {"sides":[{"trail","cost"}]}',
    },
  ],
  configure(command) {
    command.argument('<trail...>', 'the trail to price; several are shown side by side');
  },
  async run(context, args) {
    const analyzer = await import('../../analyzer/index.js');
    const sides: Array<Side & { readonly trail: string }> = [];
    for (const trail of args) {
      const reader = await openTrail(context, trail);
      const report = analyzer.cost(reader, {
        onProgress: (events) =>
          context.progress.update(events / reader.events, () => `${trail}: ${count(events)} events`),
      });
      sides.push({ trail, label: labelOf(reader.meta), cost: report });
    }
    if (sides.length > 1)
      return {
        json: () => ({ sides: sides.map((side) => ({ trail: side.trail, cost: side.cost })) }),
        print: (out) => printSides(out, sides),
      };
    const only = sides[0]!;
    return { json: () => only.cost, print: (out) => print(out, only.trail, only) };
  },
});

function printSides(out: Output, sides: readonly Side[]): void {
  out.line(costTable(sides, out.style));
  const assumptions = new Set(
    sides.flatMap((side) => [`cost profile ${side.cost.costProfile}`, ...side.cost.assumptions]),
  );
  out.line();
  for (const assumption of assumptions) out.line(out.style.dim(`  ${assumption}`));
}

function print(out: Output, path: string, { label, cost: report }: Side): void {
  const { style } = out;
  out.line(`${style.bold(path)}: ${label}, ${counted(report.writes, 'write')} in ${counted(report.epochs, 'epoch')}`);
  out.line();
  out.line(table(columns('overhead', 'time>', 'share>', '  for'), overheadRows(report), style, 2));
  out.line();
  const { stallNs } = report;
  const { faults } = report;
  const told: Array<readonly [string, string]> = [
    [
      'slowdown',
      `${ratio(report.slowdown)} (${nanoseconds(report.ns.program)} of program, ${nanoseconds(report.ns.overhead)} of overhead)`,
    ],
    [
      'a write waited',
      `${nanoseconds(stallNs.p50)} in the median, ${nanoseconds(stallNs.p99)} at p99, ${nanoseconds(stallNs.max)} at most`,
    ],
    [
      'faults',
      `${count(faults.total)}: ${count(faults.writeProtect)} write-protect, ${count(faults.notPresent)} not-present, ${count(faults.spurious)} spurious${faults.dirtyTrap > 0 ? `, ${count(faults.dirtyTrap)} traps for D` : ''}`,
    ],
    ['pages reported', `${count(report.pagesReported)}, ${count(report.falseDirtyPages)} of them without a new write`],
    ['bytes', `${bytes(report.bytesTransferred)} transferred for ${bytes(report.bytesWritten)} written`],
    ['lost', lostText(out, report)],
  ];
  for (const [name, value] of told) out.line(`  ${name.padEnd(15)} ${value}`);
  out.line();
  out.line(style.dim(`  cost profile ${report.costProfile}`));
  for (const assumption of report.assumptions) out.line(style.dim(`  ${assumption}`));
}

function lostText({ style }: Output, { lostWrites, lostPages }: CostReport): string {
  if (lostWrites === 0) return style.green('nothing');
  return style.red(`${counted(lostWrites, 'write')} on ${counted(lostPages, 'page')}; \`pagetrail check\` tells why`);
}

function exitsText(report: CostReport): string {
  const total = counted(report.exits, 'VM exit');
  const reasons = Object.entries(report.exitsByReason).filter(([, exits]) => exits > 0);
  return reasons.length === 0
    ? total
    : `${total}: ${reasons.map(([reason, exits]) => `${count(exits)} ${reason}`).join(', ')}`;
}

function overheadRows(report: CostReport): Cell[][] {
  const { ns } = report;
  const parts: ReadonlyArray<readonly [string, number, string]> = [
    ['fault', ns.fault, counted(report.faults.total, 'fault')],
    ['flush', ns.flush, `${counted(report.flushes, 'flush', 'flushes')}, ${counted(report.ipis, 'IPI')}`],
    ['scan', ns.scan, `${counted(report.ptesScanned, 'entry', 'entries')} scanned`],
    ['copy', ns.copy, `${counted(report.transfers, 'transfer')}`],
    ['walker', ns.walker, 'hardware setting A and D'],
    ['exit', ns.exit, exitsText(report)],
    ['cache', ns.cache, `CPU caches written back ${counted(report.cacheFlushes, 'time')}`],
  ];
  const share = (part: number): string => (ns.overhead === 0 ? '-' : `${((100 * part) / ns.overhead).toFixed(1)} %`);
  return [
    ...parts
      .filter(([, part]) => part > 0)
      .map(([name, part, what]) => [name, nanoseconds(part), share(part), `  ${what}`]),
    ['total', nanoseconds(ns.overhead), share(ns.overhead), ''],
  ];
}
