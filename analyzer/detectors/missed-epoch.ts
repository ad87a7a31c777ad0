/**
 * Writes that the consumer was told of too late, or never. A write of epoch k is due at harvest k; interfaces such as KVM's dirty log allow it to come one
 * harvest later, which is told as a count. What never comes at all, and never will, is a lost write, and is told there.
 */
import { formatPage } from '../../base/index.js';
import { LAG_MAX, type LateReport, reportLags } from '../collectors/report-lags.js';
import { uncapturedWrites } from '../collectors/uncaptured-writes.js';
import { counted, evidence, type Finding, ofWhom } from '../finding.js';
import { type Case, type Detector, FINDINGS_MAX } from './define.js';
import { lostPages } from './harm.js';

const ID = 'missed-epoch';

export const missedEpoch: Detector = {
  id: ID,
  summary: 'writes that were not reported at the harvest of their epoch, nor within the lag allowed',
  counts: 'pages times epochs',
  collectors: [reportLags, uncapturedWrites],
  needs: ['write', 'report', 'transfer', 'harvest-end'],
  conclude(about) {
    // The harvest that is under way, or what the source lost, may have come for them.
    if (about.endsInHarvest || about.gaps > 0) return { count: 0, findings: [] };
    const { stretches, examples } = about.results.facts(reportLags);
    const allowed = about.settings.lagEpochs;
    const isLost = lostPages(about);
    const missed = stretches.slice(allowed + 1).reduce((sum, count) => sum + count, 0);
    const named = examples.slice(allowed + 1).flat();
    const others = named
      .filter(({ index, reported }) => reported || !isLost(index))
      .sort((a, b) => a.writeSeq - b.writeSeq);
    const findings: Finding[] = others.slice(0, FINDINGS_MAX - 2).map((one) => describe(about, one));
    // Those of a lost page are told there, each with its story.
    const lost = named.find(({ index, reported }) => !reported && isLost(index));
    if (lost !== undefined) findings.push(neverTold(lost));
    const late = examples[1]!.find(({ reported }) => reported);
    if (allowed >= 1 && late !== undefined) findings.push(lateAsAllowed(late, stretches[1]!));
    return { count: missed, findings };
  },
};

function describe({ results, settings }: Case, one: LateReport): Finding {
  const { page, space, epoch, writeSeq, dueSeq, seq, reported, lag } = one;
  const waited = counted(lag, 'harvest');
  const more = lag >= LAG_MAX ? ' (or more)' : '';
  return {
    id: ID,
    severity: 'critical',
    certainty: 'proved',
    page,
    cpu: null,
    seq: writeSeq,
    summary: reported
      ? `page ${formatPage(page)}${ofWhom(results.end, space)}: written in epoch ${epoch}, and reported ${waited}${more} late`
      : `page ${formatPage(page)}${ofWhom(results.end, space)}: written in epoch ${epoch}, and not reported by any of the ${waited} since`,
    evidence: evidence(
      { seq: writeSeq, role: `the first write of epoch ${epoch} that the consumer was not told of in time` },
      { seq: dueSeq, role: `the end of harvest ${epoch}, at which it was due` },
      {
        seq,
        role: reported
          ? 'the consumer was told, or read the bytes, only here'
          : 'the end of the last harvest, which did not bring it either',
      },
    ),
    rootCause: `missed epoch: a consumer that acts on harvest ${epoch + settings.lagEpochs} takes the bytes before the write at seq ${writeSeq} for the last ones of epoch ${epoch}`,
    fix: 'arm the page before its mark is consumed, and keep a mark that is set while a round is under way for the next one',
  };
}

function neverTold({ page, writeSeq, dueSeq, epoch }: LateReport): Finding {
  return {
    id: ID,
    severity: 'info',
    certainty: 'proved',
    page,
    cpu: null,
    seq: writeSeq,
    summary: 'the epochs of pages that are lost for good are counted here; see lost-write for each of them',
    evidence: evidence(
      { seq: writeSeq, role: `the first of them, in epoch ${epoch}` },
      { seq: dueSeq, role: `the end of harvest ${epoch}, at which it was due` },
    ),
    rootCause: 'the same as that of the loss',
    fix: 'see lost-write',
  };
}

function lateAsAllowed({ page, writeSeq, dueSeq, seq, epoch }: LateReport, late: number): Finding {
  return {
    id: ID,
    severity: 'info',
    certainty: 'proved',
    page,
    cpu: null,
    seq: writeSeq,
    summary: `${counted(late, 'page report')} came one harvest late, which is allowed; the first of page ${formatPage(page)}, written in epoch ${epoch}`,
    evidence: evidence(
      { seq: writeSeq, role: `written in epoch ${epoch}` },
      { seq: dueSeq, role: `the end of harvest ${epoch}, without it` },
      { seq, role: 'the consumer was told, or read the bytes, one harvest later' },
    ),
    rootCause: 'the write came while the round was under way, after its page had been passed',
    fix: 'none is needed where the consumer reckons with it; a closed snapshot (writers stopped or blocked) has none',
  };
}
