/**
 * A lock over entries that is released before what was restricted under it is flushed: from then on others take the entry as it is in memory, and CPUs
 * as it was. Not always wrong, as with an outer lock that keeps the others out, or one flush for a whole range; so it is a count, and a risk where
 * another actor did decide on the entry in the meantime, or the flush could have come first at no price.
 */
import { formatPage } from '../../base/index.js';
import { type EarlyUnlock, earlyUnlocks } from '../collectors/early-unlocks.js';
import { counted, evidence, type Finding, ofWhom } from '../finding.js';
import { type Case, type Detector, FINDINGS_MAX } from './define.js';

const ID = 'unlock-before-flush';

export const unlockBeforeFlush: Detector = {
  id: ID,
  summary: 'a lock over entries was released while a CPU still had what was taken from them under it',
  counts: 'unlocks',
  collectors: [earlyUnlocks],
  needs: ['lock', 'unlock', 'pte', 'tlb-fill', 'flush-ack'],
  conclude(about) {
    const { unlocks, risks, riskExamples, example } = about.results.facts(earlyUnlocks);
    const others = example === null || unlocks === risks ? [] : [harmless(about, example, unlocks - risks)];
    const findings = riskExamples.slice(0, FINDINGS_MAX - 1).map((one) => describe(about, one));
    return { count: unlocks, findings: [...findings, ...others], total: risks + others.length };
  },
};

function describe(about: Case, one: EarlyUnlock): Finding {
  const page = `page ${formatPage(one.page)}${ofWhom(about.results.end, one.space)}`;
  return {
    ...common(about, one),
    severity: 'medium',
    summary: `${page}: the ${one.lock} lock was released at seq ${one.seq}, before cpu ${one.cpu} had flushed what was taken from the entry at seq ${one.restrictedSeq}`,
    rootCause: `the lock was dropped before the flush: whoever takes it next goes by the entry as it is in memory, and cpu ${one.cpu} went on as it had cached it${one.riskBy === one.actor ? '' : `; ${about.source.meta.actors[one.riskBy] ?? 'another actor'} decided on the page at seq ${one.riskSeq}`}`,
    fix: 'flush and wait inside the lock, or leave a marker that a flush is pending for whoever takes the lock next',
  };
}

/** The first of those that did no harm and came of a flush for more. */
function harmless(about: Case, one: EarlyUnlock, unlocks: number): Finding {
  const behind = one.behind === null ? '' : `, the first behind another lock that was still held (${one.behind})`;
  return {
    ...common(about, one),
    severity: 'info',
    summary: `${counted(unlocks, 'release')} of a lock over entries before the flush of their range, and nobody else decided on one until it was acknowledged${behind}`,
    rootCause:
      'one flush for a whole range comes after the locks over its entries; what keeps others out until then must be another lock',
    fix: 'none is needed if everybody who decides on these entries takes an outer lock, or flushes too',
  };
}

function common({ source }: Case, one: EarlyUnlock) {
  const { page, cpu, seq, actor, lock, lockedSeq, restrictedSeq, riskSeq, riskBy } = one;
  const nameOf = (of: number) => source.meta.actors[of] ?? 'an actor';
  return {
    id: ID,
    certainty: 'proved',
    page,
    cpu: cpu < 0 ? null : cpu,
    seq,
    evidence: evidence(
      { seq: lockedSeq, role: `${nameOf(actor)} took the ${lock} lock` },
      { seq: restrictedSeq, role: 'restricted the in-memory entry' },
      { seq, role: 'released the lock, before the flush was acknowledged' },
      {
        seq: riskSeq,
        role:
          riskBy === actor
            ? 'and sent the flush of that one entry right after: it could have come before the unlock'
            : `${nameOf(riskBy)} decided on the page, by what memory said`,
      },
    ),
  } as const;
}
