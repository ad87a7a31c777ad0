/**
 * SARIF 2.1.0, as code scanning reads it (OASIS, "Static Analysis Results Interchange Format"): detectors and rules of the gate are its
 * rules, findings and broken rules its results. The artifact is the trail; where in it is told by logical locations.
 */
import { createHash } from 'node:crypto';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Finding, RuleResult, Severity } from '../analyzer/index.js';
import { formatPage } from '../base/index.js';
import { type CheckReport, isRefused } from './check-report.js';
import { eventText, ruleText } from './gate-text.js';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

type Level = 'error' | 'warning' | 'note';

const LEVELS: Readonly<Record<Severity, Level>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'warning',
  info: 'note',
};

/** @param folder what paths are relative to */
export function sarifOf(report: CheckReport, version: string, folder: string): string {
  const rules = rulesOf(report);
  const indexOf = new Map(rules.map(({ id }, index) => [id, index]));
  const artifact = artifactOf(report.trail, folder);
  const result = (ruleId: string, level: Level, text: string, where: Where, print: string) => ({
    ruleId,
    ruleIndex: indexOf.get(ruleId),
    level,
    message: { text },
    locations: [
      {
        physicalLocation: { artifactLocation: artifact, region: { startLine: 1 } },
        logicalLocations: logicalLocations(where),
      },
    ],
    partialFingerprints: { 'pagetrail/v1': createHash('sha256').update(print).digest('hex').slice(0, 32) },
  });
  const broken = (report.gate?.rules ?? []).filter(({ passed }) => !passed);
  const results = [
    ...broken.map((rule) => {
      const text = `${rule.rule}: ${ruleText(rule)}. First: ${eventText(rule, report.events)}.`;
      return result(gateId(rule), 'error', text, rule.event ?? {}, gateId(rule));
    }),
    ...(report.gate?.misaligned === true
      ? [result(SAME_WRITES, 'error', 'The baseline holds other writes.', {}, SAME_WRITES)]
      : []),
    ...report.result.findings.map((finding) => {
      const text = `${finding.summary}. Cause: ${finding.rootCause}. Fix: ${finding.fix}.`;
      return result(finding.id, LEVELS[finding.severity], text, whereOf(finding), fingerprint(finding));
    }),
  ];
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'pagetrail', version, semanticVersion: version, rules } },
        invocations: [{ executionSuccessful: true, exitCode: isRefused(report) ? 1 : 0 }],
        artifacts: [{ location: artifact, roles: ['analysisTarget'] }],
        columnKind: 'utf16CodeUnits',
        results,
      },
    ],
  };
  // Halves of surrogate pairs, which a file name may hold, are not UTF-8.
  return `${JSON.stringify(log, (_, value: unknown) => (typeof value === 'string' ? wellFormed(value) : value), 2)}\n`;
}

/** Without halves of surrogate pairs. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

const SAME_WRITES = 'gate/same-writes';

const gateId = ({ kind, about }: RuleResult): string => `gate/${kind}/${about}`;

function rulesOf({ detectors, gate }: CheckReport) {
  const of = (id: string, text: string, level: Level) => ({
    id,
    name: id
      .split(/[^A-Za-z0-9]+/)
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
      .join(''),
    shortDescription: { text },
    defaultConfiguration: { level },
  });
  const rules = [...new Map((gate?.rules ?? []).map((rule) => [gateId(rule), rule.rule]))];
  return [
    ...rules.map(([id, rule]) => of(id, `a rule of the gate: ${rule}`, 'error')),
    ...(gate?.misaligned === true
      ? [of(SAME_WRITES, 'a rule of the gate: the baseline holds the same writes', 'error')]
      : []),
    ...detectors.map(({ id, summary }) => of(id, summary, 'warning')),
  ];
}

/** A path below the folder is relative to the root of the sources; another is absolute. */
function artifactOf(trail: string, folder: string): { readonly uri: string; readonly uriBaseId?: string } {
  const inside = relative(folder, resolve(folder, trail));
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside))
    return { uri: pathToFileURL(resolve(folder, trail)).href };
  const uri = inside
    .split(sep)
    .map((part) => encodeURIComponent(wellFormed(part)))
    .join('/');
  return { uri, uriBaseId: '%SRCROOT%' };
}

interface Where {
  readonly seq?: number | null;
  readonly page?: number | null;
  readonly cpu?: number | null;
}

const whereOf = ({ seq, page, cpu }: Finding): Where => ({ seq, page, cpu });

function logicalLocations({ seq, page, cpu }: Where) {
  const named: ReadonlyArray<readonly [kind: string, name: string | null]> = [
    ['page', typeof page === 'number' ? formatPage(page) : null],
    ['cpu', typeof cpu === 'number' ? (cpu < 0 ? 'device' : String(cpu)) : null],
    ['event', typeof seq === 'number' ? String(seq) : null],
  ];
  return named
    .filter(([, name]) => name !== null)
    .map(([kind, name]) => ({ name, kind, fullyQualifiedName: `${kind} ${name}` }));
}

/** What a finding is known by in another run: positions and counts may move. */
function fingerprint({ id, page, rootCause }: Finding): string {
  return JSON.stringify([id, page, rootCause.replace(/\d+/g, '#')]);
}
