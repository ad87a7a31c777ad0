/** CPUs that fault on a page for ever: the handler returns without having changed what the CPU faults for, and the access is tried again. */
import { formatPage } from '../../base/index.js';
import { type FaultStreak, faultStreaks } from '../collectors/fault-streaks.js';
import { evidence, type Finding } from '../finding.js';
import { type Detector, FINDINGS_MAX } from './define.js';

const ID = 'fault-livelock';

export const faultLivelock: Detector = {
  id: ID,
  summary: 'a CPU faults on a page again and again, and its handler changes nothing',
  counts: 'livelocks',
  collectors: [faultStreaks],
  needs: ['fault', 'pte', 'write'],
  conclude({ results }) {
    const { streaks, examples } = results.facts(faultStreaks);
    const describe = ({ cpu, page, faults, seqs, lastSeq }: FaultStreak): Finding => ({
      id: ID,
      severity: 'high',
      certainty: 'proved',
      page,
      cpu: cpu < 0 ? null : cpu,
      seq: seqs[0]!,
      summary: `page ${formatPage(page)}: cpu ${cpu} faulted ${faults} times in a row, and neither its entry changed nor did a write get through`,
      evidence: evidence(
        ...seqs.map((seq, i) => ({ seq, role: i === 0 ? 'the first of these faults' : 'the same fault again' })),
        lastSeq > seqs.at(-1)! ? { seq: lastSeq, role: 'the last of them' } : null,
      ),
      rootCause: `the handler takes the fault at seq ${seqs[0]!} for settled and leaves the entry as it is, which refuses the access again`,
      fix: 'let the handler decide by the entry in memory, under the page-table lock, and give it what the access needs or end the access',
    });
    return { count: streaks, findings: examples.slice(0, FINDINGS_MAX).map(describe), total: streaks };
  },
};
