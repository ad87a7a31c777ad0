/**
 * `check`: all detectors over one pass, and their findings as one answer. A detector that throws becomes a finding of its own, so that
 * a check that could not be made never looks like a check that was passed.
 */
import { gap } from '../traces/index.js';
import type { EventSource } from '../replayer/index.js';
import {
  type Case,
  type Conclusion,
  DEFAULT_SETTINGS,
  type Detector,
  DETECTORS,
  type DetectorSettings,
} from './detectors/index.js';
import { eventsOf } from './event-counts.js';
import { type Finding, SEVERITIES, type Verdict, verdictOf } from './finding.js';
import { type PassOptions, type PassResults, runPass } from './pass.js';
import { storiesOf } from './page-stories.js';
import { type Waste, WASTE_COLLECTORS, wasteOf } from './waste.js';

export interface CheckResult {
  readonly verdict: Verdict;
  /** By detector id, every detector; see `Detector.counts` for the unit. */
  readonly counts: Readonly<Record<string, number>>;
  /** The gravest first. */
  readonly findings: readonly Finding[];
  /** What the lists leave out, and what could not be asked. */
  readonly notes: readonly string[];
  /** What was for nothing, as ratios; absent where only some detectors were asked. */
  readonly waste?: Waste;
}

export interface CheckOptions extends PassOptions {
  /** Anything above `info` makes the verdict `findings`. */
  readonly strict?: boolean;
  /** The detectors to run; all of them if left out. */
  readonly detectors?: readonly Detector[];
  readonly settings?: Partial<DetectorSettings>;
}

/** Runs the detectors. Throws an `InputError` when the trail cannot be read. */
export function check(source: EventSource, options: CheckOptions = {}): CheckResult {
  const detectors = options.detectors ?? DETECTORS;
  const results = runPass(
    source,
    [
      ...detectors.flatMap(({ collectors }) => collectors),
      ...(options.detectors === undefined ? WASTE_COLLECTORS : []),
    ],
    options,
  );
  const about: Case = {
    source,
    results,
    settings: { ...DEFAULT_SETTINGS, ...options.settings },
    gaps: eventsOf(source, gap.kind),
    endsInHarvest: results.end.harvesting,
    stories(pages) {
      const definition = storiesOf(pages, results.end);
      return runPass(source, [definition]).facts(definition);
    },
  };
  const counts: Record<string, number> = {};
  const findings: Finding[] = [];
  const notes: string[] = [];
  for (const detector of detectors) {
    const conclusion = concludeSafely(detector, about);
    counts[detector.id] = conclusion.count;
    findings.push(...conclusion.findings.map((finding) => doubt(finding, about)));
    const left = (conclusion.total ?? 0) - conclusion.findings.length;
    if (left > 0)
      notes.push(`${detector.id}: ${conclusion.findings.length} of ${conclusion.total} findings are listed`);
  }
  if (source.ending === null)
    notes.push('the trail has no ending: it is still being recorded, or its recorder was stopped');
  findings.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  return {
    verdict: verdictOf(findings, options.strict),
    counts,
    findings,
    notes,
    ...wasteSafely(options, results),
  };
}

function concludeSafely(detector: Detector, about: Case): Conclusion {
  const missing =
    about.source.meta.mode === 'observed' ? detector.needs.filter((kind) => eventsOf(about.source, kind) === 0) : [];
  if (missing.length > 0) return { count: 0, findings: [unanswered(detector.id, missing)] };
  try {
    return detector.conclude(about);
  } catch (error) {
    return { count: 0, findings: [failed(detector.id, error)] };
  }
}

/** A collector that failed is told of by its detector. */
function wasteSafely({ detectors }: CheckOptions, results: PassResults): { waste?: Waste } {
  if (detectors !== undefined) return {};
  try {
    return { waste: wasteOf(results) };
  } catch {
    return {};
  }
}

/** Where the source lost events, nothing is proved. */
function doubt(finding: Finding, about: Case): Finding {
  return about.gaps > 0 && finding.certainty === 'proved' ? { ...finding, certainty: 'possible' } : finding;
}

function unanswered(id: string, missing: readonly string[]): Finding {
  return {
    id,
    severity: 'info',
    certainty: 'undecidable',
    page: null,
    cpu: null,
    seq: null,
    summary: `${id} cannot be decided: the source recorded no ${missing.join(', ')} events`,
    evidence: [],
    rootCause: 'an observed trail holds only what its source could see',
    fix: 'record the missing events, or play the writes under a strategy with `pagetrail replay`',
  };
}

function failed(id: string, error: unknown): Finding {
  return {
    id,
    severity: 'high',
    certainty: 'undecidable',
    page: null,
    cpu: null,
    seq: null,
    summary: `${id} could not be checked: the detector failed (${error instanceof Error ? error.message : String(error)})`,
    evidence: [],
    rootCause: 'this is a bug in pagetrail, not in what was recorded',
    fix: 'please report it with the command that shows it',
  };
}
