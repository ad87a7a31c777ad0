/** Entries that were restricted while a CPU cached them with more, and no flush removed that TLB entry until the harvest was over. */
import { formatPage } from '../../base/index.js';
import { unflushedRestrictions, type UnflushedHarvest } from '../collectors/unflushed-restrictions.js';
import { counted, evidence, type Finding } from '../finding.js';
import { type Detector, FINDINGS_MAX } from './define.js';

const ID = 'elided-flush';

export const elidedFlush: Detector = {
  id: ID,
  summary: 'an entry was restricted while a TLB held more, and no flush followed',
  counts: 'harvests',
  collectors: [unflushedRestrictions],
  needs: ['pte', 'tlb-fill', 'flush-ack', 'harvest-end'],
  conclude({ results }) {
    const { harvests, examples } = results.facts(unflushedRestrictions);
    return { count: harvests, findings: examples.slice(0, FINDINGS_MAX).map(describe), total: harvests };
  },
};

function describe(harvest: UnflushedHarvest): Finding {
  const { first, ackSeqBefore } = harvest;
  const where = harvest.harvest === null ? 'after the last harvest' : `in harvest ${harvest.harvest}`;
  return {
    id: ID,
    severity: 'high',
    certainty: 'proved',
    page: first.page,
    cpu: first.cpu,
    seq: first.seq,
    summary: `${counted(harvest.pages, 'page')} restricted ${where} with ${counted(harvest.entries, 'more permissive TLB entry', 'more permissive TLB entries')} left behind, the first page ${formatPage(first.page)} on cpu ${first.cpu}`,
    evidence: evidence(
      { seq: first.fillSeq, role: `filled the TLB entry that cpu ${first.cpu} kept` },
      { seq: ackSeqBefore, role: 'the last flush of the harvest, too early for this entry' },
      { seq: first.seq, role: 'restricted the in-memory entry' },
      {
        seq: harvest.seq,
        role:
          harvest.harvest === null
            ? 'the end of the trail, without a flush'
            : 'the end of the harvest, without a flush',
      },
    ),
    rootCause:
      ackSeqBefore > 0
        ? `the flush (seq ${ackSeqBefore}) came before the entry was restricted (seq ${first.seq}), and none came after`
        : `the entry was restricted at seq ${first.seq} and no flush was acknowledged for it on cpu ${first.cpu}`,
    fix: 'flush the range on every CPU that may cache it, after its entries have changed and before the harvest goes on',
  };
}
