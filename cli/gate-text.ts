/** A gate as people read it: a line for each rule, and the first bad event of each that is broken. */
import type { GateResult, RuleResult } from '../analyzer/index.js';
import type { CheckReport } from './check-report.js';
import { bytes, count, counted, nanoseconds, wrapped } from './format.js';
import type { Output } from './output.js';
import { table } from './table.js';

/** A figure of a rule in its unit. */
export function figureText(unit: RuleResult['unit'], value: number): string {
  switch (unit) {
    case 'ns':
      return nanoseconds(value);
    case 'bytes':
      return bytes(value);
    case 'ratio':
      return value.toPrecision(4);
    default:
      return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
  }
}

/** What a rule says beside its verdict: "371, at most 360.06 (+2% of 353)". */
export function ruleText({ kind, unit, actual, limit, base }: RuleResult): string {
  if (actual === null) return 'cannot be decided';
  const figure = figureText(unit, actual);
  if (kind === 'no') return actual === 0 ? 'none' : `${figure} found`;
  const told = figureText(unit, limit);
  // Where rounding hides the difference, the figures themselves are told.
  const same = told === figure && actual !== limit;
  const bound = `${kind === 'max' ? 'at most' : 'at least'} ${same ? limit : told}`;
  const of = base === null ? '' : `; the baseline has ${figureText(unit, base)}`;
  return `${same ? actual : figure}, ${bound}${of}`;
}

/** The first bad event of a rule, after its position: what it is, or why there is none. */
export function eventText(rule: RuleResult, events: CheckReport['events']): string {
  const { event, kind } = rule;
  if (event !== null) return events.get(event.seq) ?? `event ${event.seq}`;
  if (rule.actual === null) return rule.summary;
  if (kind === 'min') return 'no event: too little happened';
  return 'no single event brings it about';
}

export function printGate(out: Output, gate: GateResult, report: CheckReport): void {
  const { style } = out;
  const broken = gate.rules.filter(({ passed }) => !passed);
  out.line();
  out.line(
    gate.passed
      ? `${style.bold('gate')}: ${style.green('passed')}, ${counted(gate.rules.length, 'rule')}`
      : `${style.bold('gate')}: ${style.red('failed')}, ${count(broken.length)} of ${counted(gate.rules.length, 'rule')} broken`,
  );
  if (gate.misaligned) out.line(wrapped(style.red('the baseline holds other writes'), out.columns, '  '));
  const rows = gate.rules.map((rule) => [
    rule.passed ? style.green('kept') : style.red('BROKEN'),
    rule.rule,
    ruleText(rule),
  ]);
  if (rows.length > 0) out.line(table([{ title: '' }, { title: 'rule' }, { title: '' }], rows, style, 2));
  for (const rule of broken) {
    out.line();
    out.line(`  ${style.red(rule.rule)}`);
    out.line(wrapped(`first: ${eventText(rule, report.events)}`, out.columns, '    '));
    if (rule.kind === 'no') out.line(style.dim(wrapped(rule.summary, out.columns, '    ')));
  }
}
