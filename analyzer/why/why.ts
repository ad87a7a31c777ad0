/** `why`: from a finding, a page or an event back to its causes. */
import { formatPage, UsageError } from '../../base/index.js';
import { type EventSource, type Position, Replayer } from '../../replayer/index.js';
import { check, type CheckResult } from '../check.js';
import { type Detector, DETECTORS } from '../detectors/index.js';
import { SEVERITIES } from '../finding.js';
import type { PassOptions } from '../pass.js';
import type { Chain } from './chain.js';
import { chainOfEvent } from './event-chain.js';
import { chainOfFinding } from './finding-chain.js';
import { chainOfPage } from './page-chain.js';
import type { WhyTarget } from './target.js';
import { TrailEvents } from './trail-events.js';

export interface WhyOptions extends PassOptions {
  /** For a page: when. Default: the end. */
  readonly at?: Position;
}

/** null where there is nothing to explain: no finding. @throws UsageError for a target that the trail does not have */
export function why(source: EventSource, target: WhyTarget, options: WhyOptions = {}): Chain | null {
  switch (target.kind) {
    case 'event':
      return ofEvent(source, target.seq);
    case 'page': {
      const seq = Replayer.open(source).seqOf(options.at ?? { kind: 'end' });
      return chainOfPage(source, `page ${formatPage(target.page)} after event ${seq}`, target.page, seq);
    }
    case 'finding':
      return ofFinding(source, target, findingsFor(source, target, options));
  }
}

/** Findings of as few detectors as it takes. */
function findingsFor(
  source: EventSource,
  { detector, nth }: Extract<WhyTarget, { kind: 'finding' }>,
  options: PassOptions,
): CheckResult {
  const { onProgress } = options;
  const asked = (detectors: readonly Detector[]) =>
    check(source, { detectors, ...(onProgress !== undefined && { onProgress }) });
  if (detector !== null) return asked(DETECTORS.filter(({ id }) => id === detector));
  if (nth === 1) {
    // The first of the list is the gravest there is: what it proves nobody else exceeds.
    const first = asked(DETECTORS.slice(0, 1));
    if (first.findings[0]?.severity === SEVERITIES[0]) return first;
  }
  return asked(DETECTORS);
}

function ofEvent(source: EventSource, seq: number): Chain {
  const events = new TrailEvents(source);
  const event = events.at(seq);
  if (event === null)
    throw new UsageError({
      what: `event ${seq} is not in the trail`,
      why: `its events: 1 to ${events.lastSeq}`,
      mend: 'give one of these',
    });
  return chainOfEvent(events, `event ${seq}`, event);
}

/** @param result of a check of the same trail */
export function ofFinding(
  source: EventSource,
  { detector, nth }: Extract<WhyTarget, { kind: 'finding' }>,
  { findings, counts }: Pick<CheckResult, 'findings' | 'counts'>,
): Chain | null {
  const listed = findings.filter(({ id }) => detector === null || id === detector);
  // What was for nothing has no cause worth asking for, unless it is asked for by name.
  const asked = detector === null && nth === 1 ? listed.filter(({ id }) => !isExcess(id)) : listed;
  const finding = asked[nth - 1];
  if (finding === undefined) {
    if (detector === null && nth === 1) return null;
    const what = detector ?? 'any detector';
    throw new UsageError({
      what: `there is no finding ${nth} of ${what}`,
      why:
        listed.length === 0
          ? 'it found nothing'
          : `${listed.length} of ${detector === null ? listed.length : counts[detector]} are listed`,
      mend: 'see `pagetrail check TRAIL`; findings are counted from 1, the gravest first',
    });
  }
  const number = findings.filter(({ id }) => id === finding.id).indexOf(finding) + 1;
  return chainOfFinding(source, new TrailEvents(source), `${finding.id}:${number}`, finding);
}

function isExcess(id: string): boolean {
  return DETECTORS.some((detector) => detector.id === id && detector.isExcess === true);
}
