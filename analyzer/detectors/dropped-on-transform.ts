/**
 * Dirtiness that went when its page was unmapped, moved, split, protected or stored anew. For every transform, what was dirty before must be dirty after,
 * in whatever carrier, unless it was transferred in between; that is checked at each of them, and needs no loss to be seen.
 */
import { formatPage } from '../../base/index.js';
import { type DroppedMark, droppedMarks } from '../collectors/dropped-marks.js';
import { uncapturedWrites } from '../collectors/uncaptured-writes.js';
import { evidence, type Finding, ofWhom } from '../finding.js';
import { type Detector, FINDINGS_MAX } from './define.js';
import { lostPages, riskOr } from './harm.js';

const ID = 'dropped-on-transform';

/** After "dirty before": what was done to the entry. */
const DONE: Partial<Record<DroppedMark['cause'], string>> = {
  unmap: 'its entry was taken out',
  exchange: 'its entry was exchanged',
  split: 'its huge entry was split',
  store: 'its entry was stored anew',
  protect: 'its entry was protected',
  copy: 'its entry was copied',
};

export const droppedOnTransform: Detector = {
  id: ID,
  summary: 'a page was dirty before its entry was taken out, exchanged, split or protected, and not after it',
  counts: 'pages',
  collectors: [droppedMarks, uncapturedWrites],
  needs: ['write', 'pte', 'mark', 'transfer'],
  conclude(about) {
    const { results } = about;
    const { transforms, examples } = results.facts(droppedMarks);
    const isLost = lostPages(about);
    const describe = (one: DroppedMark): Finding => {
      const { page, cpu, seq, settledSeq, space } = one;
      const done = DONE[one.cause] ?? 'its entry changed';
      const lost = isLost(one.index);
      return {
        id: ID,
        severity: riskOr('critical', lost),
        certainty: 'proved',
        page,
        cpu: cpu < 0 ? null : cpu,
        seq,
        summary: `page ${formatPage(page)}${ofWhom(results.end, space)}: dirty until ${done} at seq ${seq}, and in no carrier after it`,
        evidence: evidence(
          { seq, role: `${done}, and what said that it was dirty went with it` },
          { seq: settledSeq, role: 'by this event no carrier that the consumer reads had been set for it' },
        ),
        rootCause: `dropped on a transform: ${done} at seq ${seq}; the page held writes that the consumer lacks, and nothing was set in place of the mark${lost ? '' : '. A later write marked it again, which need not have come'}`,
        fix: 'take the old value from the update that replaces the entry, and carry its dirtiness over: to the page, the bitmap, the swap entry or the small entries, before the lock is released',
      };
    };
    return { count: transforms, findings: examples.slice(0, FINDINGS_MAX).map(describe), total: transforms };
  },
};
