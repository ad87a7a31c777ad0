/** Pages that were left neither marked nor protected: their mark was consumed, and the next write has nothing to trip over. */
import { formatPage } from '../../base/index.js';
import { type UnarmedPage, unarmedPages } from '../collectors/unarmed-pages.js';
import { uncapturedWrites } from '../collectors/uncaptured-writes.js';
import { evidence, type Finding, ofWhom } from '../finding.js';
import { type Detector, FINDINGS_MAX } from './define.js';
import { lostPages, riskOr } from './harm.js';

const ID = 'missing-rearm';

const BY_WORDS: Readonly<Record<UnarmedPage['by'], string>> = {
  transfer: 'its bytes were transferred',
  'harvest-end': 'the harvest was over',
  end: 'the trail ended',
};

export const missingRearm: Detector = {
  id: ID,
  summary: 'a mark was cleared while an entry went on permitting writes that leave no new one',
  counts: 'pages',
  collectors: [unarmedPages, uncapturedWrites],
  needs: ['pte', 'mark', 'transfer'],
  conclude(about) {
    const { results } = about;
    const { pages, examples } = results.facts(unarmedPages);
    const isLost = lostPages(about);
    const describe = (one: UnarmedPage): Finding => {
      const { page, cpu, seq, clearedSeq, space } = one;
      const lost = isLost(one.index);
      const when = BY_WORDS[one.by];
      return {
        id: ID,
        severity: riskOr('critical', lost),
        certainty: 'proved',
        page,
        cpu: cpu < 0 ? null : cpu,
        seq: clearedSeq,
        summary: `page ${formatPage(page)}${ofWhom(results.end, space)}: its mark was cleared at seq ${clearedSeq}, and it was neither marked nor protected when ${when}`,
        evidence: evidence(
          { seq: clearedSeq, role: 'cleared the last mark of the page' },
          { seq, role: `by this event ${when}, with an entry that permits writes and leaves no mark` },
        ),
        rootCause: `not armed: the mark went at seq ${clearedSeq} and the entry stayed writable, so no later write has a reason to set a carrier that the consumer reads`,
        fix: 'whenever a mark is cleared, clean or protect the entries that could set it, and flush them, before the bytes are read',
      };
    };
    return { count: pages, findings: examples.slice(0, FINDINGS_MAX).map(describe), total: pages };
  },
};
