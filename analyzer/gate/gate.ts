/**
 * A gate: rules, and whether a trail keeps them. Judged from what `check` found and what `cost` says, with the figures of a baseline for limits
 * that are relative. For a rule that is broken, the first event that breaks it.
 */
import { gap } from '../../traces/index.js';
import type { EventSource } from '../../replayer/index.js';
import type { CheckResult } from '../check.js';
import { type CostReport, COST_COLLECTORS, cost, costOf } from '../cost/index.js';
import { eventsOf } from '../event-counts.js';
import { type PassOptions, type PassResults, runPass } from '../pass.js';
import { firstBeyond, type Place, placeOf } from './growth.js';
import { isUndecidable, type MetricUnit } from './metrics.js';
import type { LimitRule, NoRule, Rule } from './rules.js';
import { haveSameWrites } from './same-writes.js';

export interface RuleResult {
  /** `no lost-write`, `max faults=+2%`. */
  readonly rule: string;
  readonly kind: Rule['kind'];
  /** Detector id, or the full name of the metric. */
  readonly about: string;
  readonly passed: boolean;
  readonly unit: MetricUnit;
  /** What the trail has; null where that cannot be decided. */
  readonly actual: number | null;
  /** What it may have. */
  readonly limit: number;
  /** The figure of the baseline; null where the rule is not about it. */
  readonly base: number | null;
  /** The first event that breaks the rule; null where it is kept, or no single event breaks it. */
  readonly event: Place | null;
  /** In words, what is wrong, or that nothing is. */
  readonly summary: string;
}

export interface GateResult {
  readonly passed: boolean;
  readonly rules: readonly RuleResult[];
  /** Whether the baseline holds the same writes; null without one. */
  readonly aligned: boolean | null;
  /** The same writes were asked for, and the baseline has others. */
  readonly misaligned: boolean;
  readonly cost: CostReport;
}

export interface GateOptions extends PassOptions {
  readonly baseline?: EventSource;
  /** A baseline with other writes breaks the gate. */
  readonly sameWrites?: boolean;
}

/** Relative rounding that is forgiven: 50 * 1.1 is 55.00000000000001. */
const ROUNDING = 1e-12;

/**
 * @param checked what `check` found in the same trail
 * Throws an `InputError` when a trail cannot be read.
 */
export function gate(
  source: EventSource,
  checked: CheckResult,
  rules: readonly Rule[],
  options: GateOptions = {},
): GateResult {
  const results = runPass(source, COST_COLLECTORS, options);
  const report = costOf(source, results);
  const undecided = results.end.harvesting || eventsOf(source, gap.kind) > 0;
  const { baseline } = options;
  const base = baseline === undefined ? null : cost(baseline);
  const aligned = baseline === undefined ? null : haveSameWrites(source, baseline);
  const judged = rules.map((rule) =>
    rule.kind === 'no'
      ? judgeDetector(rule, checked, source)
      : judgeLimit(rule, report, base, undecided, source, results),
  );
  const misaligned = options.sameWrites === true && aligned === false;
  return {
    passed: judged.every(({ passed }) => passed) && !misaligned,
    rules: judged,
    aligned,
    misaligned,
    cost: report,
  };
}

function judgeDetector({ text, detector }: NoRule, { counts, findings }: CheckResult, source: EventSource): RuleResult {
  const own = findings.filter(({ id }) => id === detector);
  const count = counts[detector] ?? 0;
  const unsettled = count === 0 ? own.find(({ certainty }) => certainty === 'undecidable') : undefined;
  const first = own.filter(({ seq }) => seq !== null).sort((a, b) => a.seq! - b.seq!)[0];
  const passed = count === 0 && own.length === 0;
  return {
    rule: text,
    kind: 'no',
    about: detector,
    passed,
    unit: 'count',
    actual: unsettled === undefined ? count : null,
    limit: 0,
    base: null,
    event: first === undefined ? null : placeOf(source, first.seq!, first.page),
    summary: passed ? 'nothing was found' : ((unsettled ?? first ?? own[0])?.summary ?? `${count} were found`),
  };
}

function judgeLimit(
  rule: LimitRule,
  report: CostReport,
  baseReport: CostReport | null,
  undecided: boolean,
  source: EventSource,
  results: PassResults,
): RuleResult {
  const { metric, limit: stated, kind } = rule;
  const value = metric.valueOf(report);
  const base = stated.kind === 'relative' && baseReport !== null ? metric.valueOf(baseReport) : null;
  const limit = stated.kind === 'absolute' ? stated.value : (base ?? 0) * stated.factor;
  const isOpen = undecided && isUndecidable(metric);
  const slack = limit * ROUNDING;
  const kept = kind === 'max' ? value <= limit + slack : value >= limit - slack;
  const passed = kept && !isOpen;
  return {
    rule: rule.text,
    kind,
    about: metric.name,
    passed,
    unit: metric.unit,
    actual: isOpen ? null : value,
    limit,
    base,
    event:
      passed || isOpen || kind === 'min' || metric.growth === undefined
        ? null
        : firstBeyond(source, metric.growth, limit + slack, results),
    summary: isOpen
      ? `${metric.name} cannot be decided: the trail ends inside a harvest, or its source lost events`
      : `${metric.name} ${kept ? 'keeps' : 'breaks'} its limit`,
  };
}
