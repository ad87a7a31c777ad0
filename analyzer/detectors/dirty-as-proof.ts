/**
 * A page taken for private because it is dirty: D says that somebody wrote through the entry, not that a copy was made for it before. Whoever
 * drops the copy in between (MADV_DONTNEED) leaves the entry of the shared frame, and what is written then reaches all who share it.
 */
import { formatPage } from '../../base/index.js';
import { type PrivateClaim, privateClaims } from '../collectors/private-claims.js';
import { evidence, type Finding } from '../finding.js';
import { type Detector, FINDINGS_MAX } from './define.js';

const ID = 'dirty-as-proof';

export const dirtyAsProof: Detector = {
  id: ID,
  summary: 'a page was taken for private while it was on the frame it was mapped on, which others share',
  counts: 'claims',
  collectors: [privateClaims],
  needs: ['map', 'pte', 'frame-move', 'declare'],
  conclude({ source, results }) {
    const { claims, examples } = results.facts(privateClaims);
    const describe = ({ page, cpu, claim, mapSeq, dirtySeq }: PrivateClaim): Finding => {
      const who = source.meta.actors[claim.actor] ?? 'an actor';
      const because = dirtySeq > mapSeq ? `D of seq ${dirtySeq} says that it was written` : 'something says so';
      return {
        id: ID,
        severity: 'critical',
        certainty: 'proved',
        page,
        cpu: cpu < 0 ? null : cpu,
        seq: claim.seq,
        summary: `page ${formatPage(page)}: taken for private at seq ${claim.seq}, on the frame that it was mapped on at seq ${mapSeq}`,
        evidence: evidence(
          { seq: mapSeq, role: 'mapped the page on the frame that it still has' },
          dirtySeq > mapSeq ? { seq: dirtySeq, role: 'set D in its entry' } : null,
          { seq: claim.seq, role: `${who} relies from here on on nobody else having the frame` },
        ),
        rootCause: `no copy has taken the place of the frame since seq ${mapSeq}; ${because}, which proves nothing about whose frame it is`,
        fix: 'remember the copy where it was made (a flag of its own, or the frame itself), and look at that under the page-table lock',
      };
    };
    return { count: claims, findings: examples.slice(0, FINDINGS_MAX).map(describe), total: claims };
  },
};
