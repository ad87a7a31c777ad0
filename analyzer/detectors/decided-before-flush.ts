/**
 * Decisions that rely on a flush which has not come. The order "restrict, flush, then read" is broken here whether or not a CPU happened to write
 * in the meantime, so this needs no unlucky run to be seen; alone it is a risk, and a bug where the page was lost.
 */
import { formatPage } from '../../base/index.js';
import { type EarlyDecision, earlyDecisions } from '../collectors/early-decisions.js';
import { uncapturedWrites } from '../collectors/uncaptured-writes.js';
import { counted, evidence, type Finding, ofWhom } from '../finding.js';
import { type Case, type Detector, FINDINGS_MAX } from './define.js';
import { lostPages, riskOr } from './harm.js';

const ID = 'decided-before-flush';

/** After "while a CPU could still write it,": what was done. */
export const DECISION_WORDS: Readonly<Record<EarlyDecision['what'], string>> = {
  transfer: 'its bytes were transferred',
  'frame-move': 'another frame took its place',
  unmap: 'its frame was given up',
  clean: 'it was declared clean',
  protected: 'it was declared protected',
  gone: 'it was declared gone',
  private: 'it was taken for private',
  copied: 'its contents were read for a copy',
  compared: 'its contents were read to be compared',
  released: 'its report became due',
};

export const decidedBeforeFlush: Detector = {
  id: ID,
  summary: 'bytes were transferred, copied or given up while a TLB still allowed what memory no longer did',
  counts: 'decisions',
  collectors: [earlyDecisions, uncapturedWrites],
  needs: ['pte', 'tlb-fill', 'flush-ack', 'transfer'],
  conclude(about) {
    const { decisions, examples } = about.results.facts(earlyDecisions).all;
    const isLost = lostPages(about);
    const findings = examples.slice(0, FINDINGS_MAX).map((one) => describe(about, one, isLost(one.index)));
    return { count: decisions, findings, total: decisions };
  },
};

function describe({ results }: Case, one: EarlyDecision, isLost: boolean): Finding {
  const { cpu, page, seq, pages, restrictedSeq } = one;
  const who = cpu < 0 ? 'a device' : `cpu ${cpu}`;
  const others = pages > 1 ? ` (and ${counted(pages - 1, 'more page')})` : '';
  const done = DECISION_WORDS[one.what];
  return {
    id: ID,
    severity: riskOr('high', isLost),
    certainty: 'proved',
    page,
    cpu: cpu < 0 ? null : cpu,
    seq,
    summary: `page ${formatPage(page)}${ofWhom(results.end, one.space)}${others}: ${done} at seq ${seq}, while ${who} could still write it unseen`,
    evidence: evidence(
      { seq: restrictedSeq, role: 'restricted the in-memory entry' },
      { seq, role: `${done}, before the flush was acknowledged by ${who}` },
    ),
    rootCause: `decided before the flush: ${who} still held what was taken from the entry ${restrictedSeq > 0 ? `at seq ${restrictedSeq}` : 'before'} when ${done}; a write in between reaches memory without leaving a mark${isLost ? ', and one was lost that way' : ''}`,
    fix: 'restrict the entry, flush it and wait for every CPU, and only then decide',
  };
}
