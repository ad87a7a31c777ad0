/**
 * Decisions that rely on a restriction which somebody else made and has not flushed yet. The entry looks as if nothing were left to do, so the actor
 * goes on without a flush of its own (mprotect beside reclaim, two zaps of one range).
 */
import { formatPage } from '../../base/index.js';
import { earlyDecisions } from '../collectors/early-decisions.js';
import { uncapturedWrites } from '../collectors/uncaptured-writes.js';
import { evidence, type Finding, ofWhom } from '../finding.js';
import { DECISION_WORDS } from './decided-before-flush.js';
import { type Detector, FINDINGS_MAX } from './define.js';
import { lostPages, riskOr } from './harm.js';

const ID = 'skipped-flush';

export const skippedFlush: Detector = {
  id: ID,
  summary: 'an actor relied on a restriction whose flush another actor still owed, and did not flush itself',
  counts: 'decisions',
  collectors: [earlyDecisions, uncapturedWrites],
  needs: ['pte', 'tlb-fill', 'flush-ack', 'declare'],
  conclude(about) {
    const { source, results } = about;
    const { decisions, examples } = results.facts(earlyDecisions).owedByOthers;
    const isLost = lostPages(about);
    const nameOf = (actor: number) => source.meta.actors[actor] ?? `actor ${actor}`;
    const findings = examples.slice(0, FINDINGS_MAX).map((one): Finding => {
      const { cpu, page, seq, restrictedSeq } = one;
      const [by, owing] = [nameOf(one.actor), nameOf(one.restrictedBy)];
      const who = cpu < 0 ? 'a device' : `cpu ${cpu}`;
      const done = DECISION_WORDS[one.what];
      return {
        id: ID,
        severity: riskOr('high', isLost(one.index)),
        certainty: 'proved',
        page,
        cpu: cpu < 0 ? null : cpu,
        seq,
        summary: `page ${formatPage(page)}${ofWhom(results.end, one.space)}: ${done} at seq ${seq} by ${by}, which skipped the flush that ${owing} owed`,
        evidence: evidence(
          { seq: restrictedSeq, role: `${owing} restricted the in-memory entry, and owes the flush` },
          { seq, role: `${done}: ${by} relies on the entry as it is in memory, and ${who} has it as it was` },
        ),
        rootCause: `skipped flush: ${by} found the entry restricted already (by ${owing}, at seq ${restrictedSeq}) and took its flush for done; ${who} had not acknowledged it at seq ${seq}`,
        fix: 'flush under the lock that the entry is restricted under, or leave a marker that a flush is pending and let whoever finds one flush',
      };
    });
    return { count: decisions, findings, total: decisions };
  },
};
