/** Entries of a dirty ring that were read before what is in them had been published: the consumer sees the flag of the new entry and the page of an old one. */
import { formatPage } from '../../base/index.js';
import { type RingEntry, ringEntries } from '../collectors/ring-entries.js';
import { evidence, type Finding, ofWhom } from '../finding.js';
import { type Detector, FINDINGS_MAX } from './define.js';

const ID = 'unpublished';

export const unpublished: Detector = {
  id: ID,
  summary: 'an entry of a dirty ring was read as another page than the one that was put into it',
  counts: 'entries',
  collectors: [ringEntries],
  needs: ['mark'],
  conclude({ results }) {
    const { entries, examples } = results.facts(ringEntries).misread;
    const describe = ({ page, space, cpu, pushSeq, takenSeq, instead, insteadSeq }: RingEntry): Finding => ({
      id: ID,
      severity: 'high',
      certainty: 'proved',
      page,
      cpu: cpu < 0 ? null : cpu,
      seq: insteadSeq,
      summary: `page ${formatPage(page)}${ofWhom(results.end, space)}: its entry of the ring was taken at seq ${takenSeq}, and page ${formatPage(instead)} noted for it`,
      evidence: evidence(
        { seq: pushSeq, role: `put page ${formatPage(page)} into the ring` },
        { seq: takenSeq, role: 'the consumer gave that entry back' },
        { seq: insteadSeq, role: `and noted page ${formatPage(instead)}, which was in the entry before` },
      ),
      rootCause:
        'the flag of the entry was seen before the page in it: the two stores, or the two loads, are not ordered',
      fix: 'publish with release and read with acquire: the page before the flag on one side, the flag before the page on the other',
    });
    return { count: entries, findings: examples.slice(0, FINDINGS_MAX).map(describe), total: entries };
  },
};
