/**
 * Writes to pages after somebody was told that nobody can write them any more: mprotect or munmap has returned, and a CPU still had the
 * translation. Between the change of an entry and its flush such writes are in order; the claim says that the flush is over.
 */
import { formatPage } from '../../base/index.js';
import { type RevokedWrite, revokedWrites } from '../collectors/revoked-writes.js';
import { counted, evidence, type Finding, ofWhom } from '../finding.js';
import { type Detector, FINDINGS_MAX } from './define.js';

const ID = 'write-after-revoke';

const CLAIM_WORDS: Readonly<Record<string, string>> = {
  protected: 'declared protected',
  gone: 'declared gone',
};

export const writeAfterRevoke: Detector = {
  id: ID,
  summary: 'writes to pages that had been declared protected or gone, through a translation that was left',
  counts: 'writes',
  collectors: [revokedWrites],
  needs: ['write', 'pte', 'tlb-fill', 'flush-ack', 'declare'],
  conclude({ source, results }) {
    const { writes, pages, examples } = results.facts(revokedWrites);
    const describe = ({ space, page, claim, restrictedSeq, seq, cpu, writes: toPage }: RevokedWrite): Finding => {
      const said = CLAIM_WORDS[claim.claim]!;
      const who = source.meta.actors[claim.actor] ?? 'an actor';
      return {
        id: ID,
        severity: 'high',
        certainty: 'proved',
        page,
        cpu,
        seq,
        summary: `page ${formatPage(page)}${ofWhom(results.end, space)}: ${counted(toPage, 'write')} on cpu ${cpu} after it was ${said} at seq ${claim.seq}`,
        evidence: evidence(
          { seq: restrictedSeq, role: 'took the right to write from the in-memory entry' },
          { seq: claim.seq, role: `${who} relies from here on on the page being ${claim.claim}` },
          { seq, role: `the first write through the TLB entry that cpu ${cpu} kept` },
        ),
        rootCause: `${said} too early: at seq ${claim.seq}, while cpu ${cpu} still held a TLB entry that permits writes; no flush had reached it`,
        fix: 'wait until every CPU that may cache the entry has acknowledged its flush, also where another actor changed the entry and owes the flush',
      };
    };
    return { count: writes, findings: examples.slice(0, FINDINGS_MAX).map(describe), total: pages };
  },
};
