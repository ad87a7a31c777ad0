/** Entries of a dirty ring that were given back before they had been read: the reset overtook the harvest, and the next page takes their place. */
import { formatPage } from '../../base/index.js';
import { type RingEntry, ringEntries } from '../collectors/ring-entries.js';
import { evidence, type Finding, ofWhom } from '../finding.js';
import { type Detector, FINDINGS_MAX } from './define.js';

const ID = 'reordered';

export const reordered: Detector = {
  id: ID,
  summary: 'an entry of a dirty ring was reset before its page had been reported or noted elsewhere',
  counts: 'entries',
  collectors: [ringEntries],
  needs: ['mark', 'report'],
  conclude({ results }) {
    const { entries, examples } = results.facts(ringEntries).unread;
    const describe = ({ page, space, cpu, pushSeq, takenSeq }: RingEntry): Finding => ({
      id: ID,
      severity: 'high',
      certainty: 'proved',
      page,
      cpu: cpu < 0 ? null : cpu,
      seq: takenSeq,
      summary: `page ${formatPage(page)}${ofWhom(results.end, space)}: its entry of the ring was reset at seq ${takenSeq}, and nobody had noted the page`,
      evidence: evidence(
        { seq: pushSeq, role: `put page ${formatPage(page)} into the ring` },
        { seq: takenSeq, role: 'reset the entry: no report had named the page, and no other carrier has it' },
      ),
      rootCause: `reset before it was harvested: what the entry of seq ${pushSeq} said went with it at seq ${takenSeq}`,
      fix: 'give an entry back only after the page in it has been read, with release on one side and acquire on the other',
    });
    return { count: entries, findings: examples.slice(0, FINDINGS_MAX).map(describe), total: entries };
  },
};
