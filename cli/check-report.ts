/** What `check` has to say, once, for all the forms in which it says it: text, JSON, JUnit, SARIF. */
import type { CheckResult, Detector, GateResult } from '../analyzer/index.js';

export interface CheckReport {
  /** The trail as it was named. */
  readonly trail: string;
  readonly result: CheckResult;
  readonly detectors: readonly Detector[];
  /** Findings above `info` count. */
  readonly strict: boolean;
  /** Null where there are no rules. */
  readonly gate: GateResult | null;
  /** Only the rules decide. */
  readonly onlyGate: boolean;
  /** The baseline as it was named; null without one. */
  readonly baseline: string | null;
  /** Where in the trail the events of broken rules are, in words, by seq. */
  readonly events: ReadonlyMap<number, string>;
}

/** Whether the answer is no. */
export function isRefused({ result, gate, onlyGate }: CheckReport): boolean {
  return (!onlyGate && result.verdict === 'findings') || gate?.passed === false;
}

/** Whether findings of that severity make the answer no. */
export function counts(report: CheckReport, severity: string): boolean {
  const grave = report.strict ? ['critical', 'high', 'medium', 'low'] : ['critical', 'high'];
  return !report.onlyGate && grave.includes(severity);
}
