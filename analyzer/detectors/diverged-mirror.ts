/**
 * Two records of one thing that should agree and do not, at a step that relies on it: the entry of a guest, and what the hardware was given in its place. A
 * monitor that lets the hardware write where the guest's entry has no D never gets to set it.
 */
import { formatPage } from '../../base/index.js';
import { type DivergedGrant, divergedGrants } from '../collectors/diverged-grants.js';
import { uncapturedWrites } from '../collectors/uncaptured-writes.js';
import { evidence, type Finding, ofWhom } from '../finding.js';
import { type Detector, FINDINGS_MAX } from './define.js';
import { lostPages, riskOr } from './harm.js';

const ID = 'diverged-mirror';

const LACKS: Readonly<Record<DivergedGrant['bit'], string>> = {
  P: 'is not present',
  W: 'has no W',
  D: 'has no D',
};

export const divergedMirror: Detector = {
  id: ID,
  summary: 'a TLB was granted W or D that the entry of the guest does not have: the shadow and the entry differ',
  counts: 'grants',
  collectors: [divergedGrants, uncapturedWrites],
  needs: ['pte', 'tlb-fill'],
  conclude(about) {
    const { results } = about;
    const { grants, pages, examples } = results.facts(divergedGrants);
    const isLost = lostPages(about);
    const describe = ({ page, cpu, seq, space, bit, index }: DivergedGrant): Finding => ({
      id: ID,
      severity: riskOr('high', isLost(index)),
      certainty: 'proved',
      page,
      cpu: cpu < 0 ? null : cpu,
      seq,
      summary: `page ${formatPage(page)}${ofWhom(results.end, space)}: cpu ${cpu} was granted ${bit === 'D' ? 'W and D' : 'W'} at seq ${seq}, and its entry in memory ${LACKS[bit]}`,
      evidence: evidence({
        seq,
        role: `what the hardware walks lets the CPU write, and the entry of the page ${LACKS[bit]}`,
      }),
      rootCause: `the mirror diverged: the table that the hardware walks and the entry that it stands for disagree about ${bit}, so the write that follows sets nothing in the entry`,
      fix: 'derive what the hardware is given from the entry each time: without W while the entry has no D, so that the first write exits and D can be set',
    });
    return {
      count: grants,
      findings: examples.slice(0, FINDINGS_MAX).map(describe),
      total: pages,
    };
  },
};
