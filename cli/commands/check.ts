/** `check`: was a write lost, a report false, a flush missing? With evidence, cause and fix. */
import type { CheckResult, Detector, Finding, Waste } from '../../analyzer/index.js';
import { oneOf } from '../arguments.js';
import { type Answer, defineCommand } from '../command.js';
import { bytes, count, counted, nanoseconds, ratio, wrapped } from '../format.js';
import { gated } from '../gated-check.js';
import { addGateOptions, type GateOptions, readRules } from '../gate-options.js';
import type { Output } from '../output.js';
import type { Style } from '../style.js';
import { columns, table } from '../table.js';
import { openTrail } from '../trail.js';
import { eventsAt, type EventText } from '../trail-events.js';

interface Options extends GateOptions {
  readonly strict?: boolean;
  readonly all?: boolean;
  readonly lag?: '0' | '1';
}

/** Findings of one detector that people are told of in a line, after the first one, which they are shown in full. */
const MENTIONED = 4;

export const check = defineCommand<Options>({
  name: 'check',
  group: 'Judge',
  summary: 'find lost writes and waste, with evidence, cause and fix',
  about:
    'Looks for writes that the consumer can no longer learn of, or learnt of too late, for steps that rely on a flush that has not come, for missing ' +
    'flushes and marks, and for waste. A broken rule that did no harm in this run is a risk (medium); `pagetrail list detectors` tells what each one ' +
    'means. Exit code 1 if there is a finding of critical or high severity, or if a rule of the gate is broken: --no, --max, --min, ' +
    '--gate. A metric is any figure of `pagetrail cost --json` by its name: faults, bytesTransferred, overhead, ns.flush.',
  examples: [
    { line: 'pagetrail check a.trail', about: 'a report for people' },
    { line: 'pagetrail check a.trail --strict', about: 'waste (false dirty, spurious faults) is refused too' },
    {
      line: 'pagetrail check a.trail --baseline base.trail --no lost-write --max faults=+2% --junit check.xml',
      about: 'a gate for CI: what may not be found, and what it may cost',
    },
  ],
  configure(command) {
    command
      .argument('<trail>', 'the trail to check')
      .option('--strict', 'exit with 1 for anything above severity info')
      .option('--all', 'show every finding in full, not only the first of each kind, and every detector')
      .option('--lag <0|1>', 'harvests that a report may come late (default: 1)', oneOf('--lag', ['0', '1']));
    addGateOptions(command);
  },
  async run(context, args, options) {
    const analyzer = await import('../../analyzer/index.js');
    const rules = readRules(analyzer, options, context.json);
    const reader = await openTrail(context, args[0]!);
    const result = analyzer.check(reader, {
      strict: options.strict === true,
      ...(options.lag !== undefined && { settings: { lagEpochs: Number(options.lag) } }),
      onProgress: (events) => context.progress.update(events / reader.events, () => `${count(events)} events`),
    });
    const answer: Answer = {
      json: () => result,
      async print(out) {
        const all = options.all === true;
        printVerdict(out, reader.path, result, analyzer.DETECTORS, all);
        const isAside = ({ severity }: Finding) => !all && severity === 'info';
        const shown = result.findings.filter((finding) => !isAside(finding));
        for (const id of new Set(shown.map((finding) => finding.id))) {
          const findings = shown.filter((finding) => finding.id === id);
          const full = all ? findings : findings.slice(0, 1);
          const events = await eventsAt(
            reader,
            full.flatMap(({ evidence }) => evidence.map(({ seq }) => seq)),
          );
          for (const finding of full) printFinding(out, finding, events);
          printRest(out, findings.slice(full.length));
        }
        printAsides(out, result.findings.filter(isAside));
        if (result.waste !== undefined) printWaste(out, result.waste);
        if (result.notes.length > 0) out.line();
        for (const note of result.notes) out.line(out.style.dim(`note: ${note}`));
      },
      exitCode: result.verdict === 'findings' ? 1 : 0,
    };
    return gated(context, { analyzer, reader, result, strict: options.strict === true }, rules, options, answer);
  },
});

/** The findings of one detector that are not shown in full. */
function printRest(out: Output, findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  out.line();
  for (const { summary } of findings.slice(0, MENTIONED)) out.line(wrapped(`also: ${summary}`, out.columns, '  '));
  const left = findings.length - MENTIONED;
  if (left > 0) out.line(out.style.dim(`  ... ${count(left)} more; --all shows them`));
}

function printVerdict(
  out: Output,
  path: string,
  { verdict, counts }: CheckResult,
  detectors: readonly Detector[],
  all: boolean,
): void {
  const { style } = out;
  out.line(`${style.bold(path)}: ${verdict === 'ok' ? style.green('ok') : style.red('findings')}`);
  const shown = all ? detectors : detectors.filter(({ id }) => (counts[id] ?? 0) > 0);
  const rows = shown.map(({ id, counts: unit }) => [id, count(counts[id] ?? 0), unit]);
  if (rows.length > 0) out.line(table(columns('detector', 'found>', ''), rows, style, 2));
  const silent = detectors.length - shown.length;
  if (silent > 0) out.line(style.dim(`  ${counted(silent, 'detector')} found nothing; --all lists them`));
}

/** What is no more than worth knowing, in a line each. */
function printAsides(out: Output, findings: readonly Finding[]): void {
  if (findings.length > 0) out.line();
  for (const { id, severity, certainty, summary } of findings) {
    const how = certainty === 'proved' ? severity : `${severity}, ${certainty}`;
    out.line(wrapped(`${severityColour(out.style, severity)(id)} (${how}): ${summary}`, out.columns, '  '));
  }
}

/** What was for nothing, in a small table. */
function printWaste(
  out: Output,
  { falseDirty, excessFlushes, excessFaults, spuriousFaults, amplification }: Waste,
): void {
  const shares = (
    [
      ['pages reported without a new write', falseDirty],
      ['flushes that removed nothing', excessFlushes],
      ['faults on marked pages', excessFaults],
      ['spurious faults', spuriousFaults],
    ] as const
  ).filter(([, { of }]) => of > 0);
  const rows = shares.map(([what, { wasted, of, ratio: part }]) => [
    what,
    `${count(wasted)} of ${count(of)}`,
    `${(100 * part).toFixed(1)} %`,
  ]);
  for (const { granularityBytes, bytesWritten, ratio: times } of amplification.by)
    if (times !== null && amplification.bytesTransferred > 0)
      rows.push([
        `transferred per byte written, by ${bytes(granularityBytes)}`,
        `${bytes(amplification.bytesTransferred)} / ${bytes(bytesWritten)}`,
        ratio(times),
      ]);
  if (rows.length === 0) return;
  out.line();
  out.line(table(columns('waste', '>', '>'), rows, out.style, 2));
}

function printFinding(out: Output, finding: Finding, events: ReadonlyMap<number, EventText>): void {
  const { style } = out;
  const paint = severityColour(style, finding.severity);
  out.line();
  out.line(`${paint(finding.id)} (${finding.severity}, ${finding.certainty})`);
  out.line(wrapped(finding.summary, out.columns, '  '));
  for (const { seq, role } of finding.evidence) {
    const event = events.get(seq);
    const cpu = event === undefined ? '' : event.cpu < 0 ? 'device' : `cpu ${event.cpu}`;
    const when =
      event === undefined
        ? ''
        : `${nanoseconds(event.timeNs).padStart(9)}  ${cpu}  ${event.kind.padEnd(10)} ${event.text}`;
    out.line(`  ${`seq ${seq}`.padStart(14)}  ${when}`);
    out.line(style.dim(wrapped(role, out.columns, ' '.repeat(18))));
  }
  out.line(wrapped(`cause: ${finding.rootCause}`, out.columns, '  '));
  out.line(wrapped(`fix:   ${finding.fix}`, out.columns, '  '));
}

function severityColour(style: Style, severity: Finding['severity']): (text: string) => string {
  switch (severity) {
    case 'critical':
    case 'high':
      return style.red;
    case 'medium':
    case 'low':
      return style.yellow;
    case 'info':
      return style.cyan;
  }
}
