/**
 * Writes through a TLB entry that allowed more than memory did. Real kernels permit them between a restriction and its flush, so those
 * are a count. They do harm once the page was declared settled before the flush: then each such page is a finding.
 */
import { formatPage } from '../../base/index.js';
import { staleWrites, type LateStaleWrite } from '../collectors/stale-writes.js';
import { EXCESS_WORDS } from '../entry-permissions.js';
import { counted, evidence, type Finding } from '../finding.js';
import { type Detector, FINDINGS_MAX } from './define.js';

const ID = 'stale-tlb-write';
const FIX = 'flush the entry on every CPU that may cache it before its bytes are transferred, declared clean or freed';

export const staleTlbWrite: Detector = {
  id: ID,
  summary: 'writes through a TLB entry that allows what the in-memory entry no longer does',
  counts: 'writes',
  collectors: [staleWrites],
  needs: ['write', 'pte', 'tlb-fill', 'flush-ack'],
  conclude({ results }) {
    const { byExcess, late } = results.facts(staleWrites);
    const counts: Finding[] = byExcess.map(({ excess, writes, first }) => ({
      id: ID,
      severity: 'info',
      certainty: 'proved',
      page: first.page,
      cpu: first.cpu,
      seq: first.seq,
      summary: `${counted(writes, 'write')} through a TLB entry that ${EXCESS_WORDS[excess]}, the first to page ${formatPage(first.page)} on cpu ${first.cpu}`,
      evidence: evidence(
        { seq: first.restrictedSeq, role: 'restricted the in-memory entry' },
        { seq: first.seq, role: 'the first write through the TLB entry left over' },
      ),
      rootCause:
        'between a change of an entry and the acknowledgement of its flush a CPU still writes as it cached the entry',
      fix: 'none is needed as long as bytes are transferred only after the flush',
    }));
    const harmful = late.examples.slice(0, FINDINGS_MAX - counts.length).map(describe);
    return {
      count: byExcess.reduce((sum, { writes }) => sum + writes, 0),
      findings: [...harmful, ...counts],
      total: late.pages + counts.length,
    };
  },
};

const SETTLED_WORDS: Readonly<Record<LateStaleWrite['settledBy'], string>> = {
  transfer: 'its bytes had been transferred',
  mark: 'its mark had been cleared',
  unmap: 'it had been unmapped',
  'harvest-end': 'the harvest that restricted it was over',
};

function describe(write: LateStaleWrite & { readonly writes: number }): Finding {
  const settled = SETTLED_WORDS[write.settledBy];
  return {
    id: ID,
    severity: 'high',
    certainty: 'proved',
    page: write.page,
    cpu: write.cpu,
    seq: write.seq,
    summary: `page ${formatPage(write.page)}: ${counted(write.writes, 'write')} through a TLB entry that ${EXCESS_WORDS[write.excess]}, after ${settled}`,
    evidence: evidence(
      { seq: write.restrictedSeq, role: 'restricted the in-memory entry' },
      { seq: write.settledSeq, role: `by this event ${settled}` },
      { seq: write.seq, role: `the first write through the entry that cpu ${write.cpu} kept` },
    ),
    rootCause: `cpu ${write.cpu} still held the entry restricted at seq ${write.restrictedSeq} when ${settled} (seq ${write.settledSeq}): no flush had reached it`,
    fix: FIX,
  };
}
