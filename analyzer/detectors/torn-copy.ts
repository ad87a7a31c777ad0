/**
 * Bytes that were transferred in the middle of a write: the consumer has one half of an access that crosses a page border, and not the other. A later
 * transfer mends it; until then, and for whoever keeps the copy of that epoch, the two do not fit together.
 */
import { formatPage } from '../../base/index.js';
import { type TornCopy, tornCopies } from '../collectors/torn-copies.js';
import { evidence, type Finding, ofWhom } from '../finding.js';
import { type Detector, FINDINGS_MAX } from './define.js';

const ID = 'torn-copy';

export const tornCopy: Detector = {
  id: ID,
  summary: 'bytes were transferred between the two halves of an access that crosses a page border',
  counts: 'copies',
  collectors: [tornCopies],
  needs: ['write', 'transfer'],
  conclude({ results }) {
    const { end } = results;
    const { copies, examples } = results.facts(tornCopies);
    const describe = ({ page, index, space, cpu, firstSeq, transferSeq, secondSeq }: TornCopy): Finding => {
      const isTorn = index >= 0 && end.isStale(index);
      return {
        id: ID,
        severity: isTorn ? 'medium' : 'info',
        certainty: 'proved',
        page,
        cpu: cpu < 0 ? null : cpu,
        seq: transferSeq,
        summary: `pages ${formatPage(page - 1)} and ${formatPage(page)}${ofWhom(end, space)}: transferred at seq ${transferSeq} in the middle of one access of cpu ${cpu}${isTorn ? ', and still torn at the end' : ', and mended by a later transfer'}`,
        evidence: evidence(
          { seq: firstSeq, role: `the first half of the access, up to the end of page ${formatPage(page - 1)}` },
          { seq: transferSeq, role: 'the bytes were transferred' },
          {
            seq: secondSeq,
            role: `the second half of the same access, from the beginning of page ${formatPage(page)}`,
          },
        ),
        rootCause:
          'the consumer read while the program was writing: nothing keeps pages stable while they are transferred',
        fix: 'stop or block writers while the bytes are read (stable pages), or treat only the last of several rounds as a snapshot',
      };
    };
    return { count: copies, findings: examples.slice(0, FINDINGS_MAX).map(describe), total: copies };
  },
};
