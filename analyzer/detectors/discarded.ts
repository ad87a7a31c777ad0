/** Writes that went with their frame, as a finding: the frame was given up while the consumer lacked what it held. No end of the trail has to be awaited. */
import { formatPage } from '../../base/index.js';
import type { DiscardedWrites } from '../collectors/uncaptured-writes.js';
import { counted, evidence, type Finding, ofWhom } from '../finding.js';
import type { Case } from './define.js';

/** Findings about these frames. */
export function discardedFindings(
  { results }: Case,
  kind: Pick<Finding, 'id' | 'severity'>,
  discarded: readonly DiscardedWrites[],
): Finding[] {
  return discarded.map(({ space, page, seq, cpu, writes, firstSeq }) => ({
    ...kind,
    certainty: 'proved',
    page,
    cpu: cpu < 0 ? null : cpu,
    seq,
    summary: `page ${formatPage(page)}${ofWhom(results.end, space)}: ${counted(writes, 'write')} went with the frame that was given up at seq ${seq}, and never reached the consumer`,
    evidence: evidence(
      { seq: firstSeq, role: 'the first write that no transfer captured' },
      { seq, role: 'the point of no return: the frame was given up, with its contents and marks' },
    ),
    rootCause: `given up uncaptured: the frame of page ${formatPage(page)} held ${counted(writes, 'write')} since seq ${firstSeq} that the consumer had not read when it was given up at seq ${seq}`,
    fix: 'take the entry out, flush it, and look whether it was dirty before the frame is given up; what is dirty is transferred first, or stays',
  }));
}
