/** `check` as a gate: the plain answer, with rules judged beside it and reports for other programs written. */
import type { CheckResult, GateResult, Rule } from '../analyzer/index.js';
import type { TrailReader } from '../traces/index.js';
import type { Answer, Context } from './command.js';
import { type CheckReport, isRefused } from './check-report.js';
import { count, nanoseconds } from './format.js';
import type { GateOptions } from './gate-options.js';
import { printGate } from './gate-text.js';
import { junitOf } from './junit.js';
import type { Output } from './output.js';
import { writeWhole } from './report-file.js';
import { sarifOf } from './sarif.js';
import { openTrail } from './trail.js';
import { eventsAt } from './trail-events.js';
import { version } from './version.js';

type Analyzer = typeof import('../analyzer/index.js');

interface Checked {
  readonly analyzer: Analyzer;
  readonly reader: TrailReader;
  readonly result: CheckResult;
  readonly strict: boolean;
}

/** The answer of `check` with what the options of a gate add to it; the answer itself where they add nothing. */
export async function gated(
  context: Context,
  { analyzer, reader, result, strict }: Checked,
  rules: readonly Rule[],
  options: GateOptions,
  plain: Answer,
): Promise<Answer> {
  const { baseline, junit, sarif } = options;
  const hasGate = rules.length > 0 || options.sameWrites === true;
  if (!hasGate && junit === undefined && sarif === undefined) return plain;
  const gate = hasGate ? await judge(context, analyzer, reader, result, rules, options) : null;
  const report: CheckReport = {
    trail: reader.path,
    result,
    detectors: analyzer.DETECTORS,
    strict,
    gate,
    onlyGate: options.onlyGate === true,
    baseline: baseline ?? null,
    events: await wordsOf(reader, gate),
  };
  const files = [
    [junit, () => junitOf(report)],
    [sarif, () => sarifOf(report, version(), process.cwd())],
  ] as const;
  let onStdout: string | null = null;
  for (const [path, write] of files) {
    if (path === '-') onStdout = write();
    else if (path !== undefined) writeWhole(path, write());
  }
  const print = async (out: Output): Promise<void> => {
    await plain.print(out);
    if (gate !== null) printGate(out, gate, report);
  };
  return {
    json: () => ({ ...result, ...(gate !== null && { gate: gateJson(gate, report) }) }),
    async print(out) {
      if (onStdout === null) return print(out);
      await print(context.stderr);
      out.text(onStdout);
    },
    exitCode: isRefused(report) ? 1 : 0,
  };
}

async function judge(
  context: Context,
  analyzer: Analyzer,
  reader: TrailReader,
  result: CheckResult,
  rules: readonly Rule[],
  { baseline, sameWrites }: GateOptions,
): Promise<GateResult> {
  const base = baseline === undefined ? undefined : await openTrail(context, baseline);
  const gate = analyzer.gate(reader, result, rules, {
    ...(base !== undefined && { baseline: base }),
    sameWrites: sameWrites === true,
    onProgress: (events) => context.progress.update(events / reader.events, () => `gate: ${count(events)} events`),
  });
  if (gate.aligned === false && sameWrites !== true)
    context.notice(
      `${baseline} holds other writes, so its figures are those of another run; --same-writes refuses that`,
    );
  const pricedAlike =
    base === undefined || JSON.stringify(base.meta.costProfile) === JSON.stringify(reader.meta.costProfile);
  if (!pricedAlike && gate.rules.some(({ base: figure, unit }) => figure !== null && unit === 'ns'))
    context.notice(`${baseline} is priced by other costs, so limits on times compare prices too`);
  return gate;
}

/** The events of broken rules in words, by seq. */
async function wordsOf(reader: TrailReader, gate: GateResult | null): Promise<Map<number, string>> {
  const places = (gate?.rules ?? []).flatMap(({ event }) => event ?? []);
  const events = await eventsAt(
    reader,
    places.map(({ seq }) => seq),
  );
  return new Map(
    [...events.values()].map(({ seq, timeNs, cpu, kind, text }) => [
      seq,
      `seq ${seq}, ${nanoseconds(timeNs)}, ${cpu < 0 ? 'device' : `cpu ${cpu}`}: ${kind}${text === '' ? '' : ` ${text}`}`,
    ]),
  );
}

function gateJson({ passed, rules, aligned, misaligned }: GateResult, { events, baseline }: CheckReport) {
  return {
    passed,
    baseline,
    aligned,
    misaligned,
    rules: rules.map(({ event, ...rule }) => ({
      ...rule,
      event: event === null ? null : { ...event, text: events.get(event.seq) ?? null },
    })),
  };
}
