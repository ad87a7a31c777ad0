/**
 * Lost writes that the consumer was told of as another page: in the same harvest a page was reported that nobody had written, and the one that was
 * written was not. Either alone is something else: a false report is waste, a lost write has a cause of its own, as one through a stale translation has.
 */
import { formatPage } from '../../base/index.js';
import { attribution, type EmptyReport } from '../collectors/attribution.js';
import { missedPages, uncapturedWrites } from '../collectors/uncaptured-writes.js';
import { evidence, type Finding, ofWhom } from '../finding.js';
import { type Detector, FINDINGS_MAX } from './define.js';

const ID = 'misattributed';

export const misattributed: Detector = {
  id: ID,
  summary: 'a page was reported that nobody had written, and the one that was written is lost',
  counts: 'pages',
  collectors: [uncapturedWrites, attribution],
  needs: ['write', 'report', 'transfer', 'harvest-end'],
  conclude({ source, results, endsInHarvest, gaps }) {
    const { end } = results;
    const uncaptured = results.facts(uncapturedWrites);
    const { reportedSeq, isUnasked, emptyReportAfter } = results.facts(attribution);
    // The harvest that is under way, or what the source lost, may have come for them.
    if (endsInHarvest || gaps > 0) return { count: 0, findings: [] };
    const lost = missedPages(end, uncaptured).lost.pages.flatMap((index) => {
      const frame = end.pages.frame[index]!;
      const seq = uncaptured.firstSeq(frame);
      const instead =
        isUnasked(frame) || reportedSeq(index) > seq ? undefined : emptyReportAfter(end.pages.space[index]!, seq);
      return instead === undefined ? [] : [{ index, seq, instead }];
    });
    lost.sort((a, b) => a.seq - b.seq);
    const describe = ({ index, seq, instead }: { index: number; seq: number; instead: EmptyReport }): Finding => {
      const page = end.pages.page[index]!;
      const named = formatPage(instead.page);
      return {
        id: ID,
        severity: 'critical',
        certainty: source.ending === null ? 'possible' : 'proved',
        page,
        cpu: null,
        seq,
        summary: `page ${formatPage(page)}${ofWhom(end, end.pages.space[index]!)}: written at seq ${seq} and never reported; harvest ${instead.harvest} reported page ${named}, which held nothing new`,
        evidence: evidence(
          { seq, role: 'the first write that the consumer was not told of' },
          { seq: instead.seq, role: `reported page ${named}, which nobody had written since it was captured` },
        ),
        rootCause: `the wrong page was marked: what was written was page ${formatPage(page)}, and what the consumer heard of was page ${named}`,
        fix: 'compute the page of a mark from the address that was written, in the object that it belongs to, at the time of the write',
      };
    };
    return { count: lost.length, findings: lost.slice(0, FINDINGS_MAX).map(describe), total: lost.length };
  },
};
