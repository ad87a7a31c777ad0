/**
 * JUnit XML as Jenkins and GitLab read it: a test case for each rule of the gate and each detector, a failure where it makes the answer no.
 * No times, so that equal trails give equal files.
 */
import { type CheckReport, counts } from './check-report.js';
import { eventText, ruleText } from './gate-text.js';

interface TestCase {
  readonly suite: string;
  readonly name: string;
  readonly failure?: { readonly message: string; readonly text: string };
  /** Why it was not decided. */
  readonly skipped?: string;
}

export function junitOf(report: CheckReport): string {
  const cases = [...ruleCases(report), ...detectorCases(report)];
  const suites = [...new Set(cases.map(({ suite }) => suite))].map((suite) => suiteXml(suite, cases, report.trail));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="pagetrail check ${attribute(report.trail)}" ${totals(cases)}>`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}

function ruleCases(report: CheckReport): TestCase[] {
  const { gate, events } = report;
  if (gate === null) return [];
  const same: TestCase[] = gate.misaligned
    ? [{ suite: 'gate', name: 'same writes', failure: { message: 'the baseline holds other writes', text: '' } }]
    : [];
  return [
    ...gate.rules.map((rule): TestCase => {
      const base = { suite: 'gate', name: rule.rule };
      if (rule.passed) return base;
      return {
        ...base,
        failure: { message: ruleText(rule), text: `${rule.summary}\nfirst: ${eventText(rule, events)}` },
      };
    }),
    ...same,
  ];
}

function detectorCases(report: CheckReport): TestCase[] {
  return report.detectors.map(({ id, summary }): TestCase => {
    const base = { suite: 'detectors', name: id };
    const findings = report.result.findings.filter((finding) => finding.id === id);
    const grave = findings.filter(({ severity }) => counts(report, severity));
    if (grave.length > 0) {
      const text = grave.map((finding) => `${finding.summary}\ncause: ${finding.rootCause}\nfix: ${finding.fix}`);
      return { ...base, failure: { message: grave[0]!.summary, text: text.join('\n\n') } };
    }
    const unsettled = findings.find(({ certainty }) => certainty === 'undecidable');
    return unsettled === undefined ? base : { ...base, skipped: `${summary}: ${unsettled.summary}` };
  });
}

function suiteXml(suite: string, all: readonly TestCase[], trail: string): string {
  const cases = all.filter((one) => one.suite === suite);
  const lines = cases.map(({ name, failure, skipped }) => {
    const head = `    <testcase classname="${attribute(`pagetrail.${suite}`)}" name="${attribute(name)}" file="${attribute(trail)}"`;
    if (failure !== undefined)
      return `${head}>\n      <failure message="${attribute(failure.message)}" type="${attribute(suite)}">${content(failure.text)}</failure>\n    </testcase>`;
    if (skipped !== undefined) return `${head}>\n      <skipped message="${attribute(skipped)}"/>\n    </testcase>`;
    return `${head}/>`;
  });
  return [`  <testsuite name="${attribute(suite)}" ${totals(cases)}>`, ...lines, '  </testsuite>'].join('\n');
}

function totals(cases: readonly TestCase[]): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const skipped = cases.filter((one) => one.skipped !== undefined).length;
  return `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}"`;
}

/** What XML 1.0 cannot hold, even escaped: control characters, halves of surrogate pairs, two that are no characters. */
const NOT_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

function content(text: string): string {
  return text.replace(NOT_XML, '\ufffd').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Line ends would be read back as spaces. */
function attribute(text: string): string {
  return content(text)
    .replaceAll('"', '&quot;')
    .replace(/[\t\n\r]/g, (space) => `&#${space.charCodeAt(0)};`);
}
