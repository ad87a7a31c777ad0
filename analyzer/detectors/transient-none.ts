/**
 * Pages that were discarded while their entry happened to be out. Somebody took it out for a moment, to change it; whoever discards the range
 * finds nothing there, passes it over and says that it is gone; then the entry comes back, with the old contents.
 */
import { formatPage } from '../../base/index.js';
import { type ReturnedEntry, returnedEntries } from '../collectors/returned-entries.js';
import { evidence, type Finding } from '../finding.js';
import { type Detector, FINDINGS_MAX } from './define.js';

const ID = 'transient-none';

export const transientNone: Detector = {
  id: ID,
  summary: 'an entry that was out for a moment comes back with contents that had been declared gone',
  counts: 'entries',
  collectors: [returnedEntries],
  needs: ['pte', 'declare'],
  conclude({ source, results }) {
    const { entries, examples } = results.facts(returnedEntries);
    const describe = ({ page, cpu, claim, outSeq, backSeq }: ReturnedEntry): Finding => {
      const who = source.meta.actors[claim.actor] ?? 'an actor';
      return {
        id: ID,
        severity: 'high',
        certainty: 'proved',
        page,
        cpu: cpu < 0 ? null : cpu,
        seq: backSeq,
        summary: `page ${formatPage(page)}: declared gone at seq ${claim.seq}, and its entry was put back at seq ${backSeq}, by no fault`,
        evidence: evidence(
          { seq: outSeq, role: 'took the entry out' },
          { seq: claim.seq, role: `${who} relies from here on on the page being gone` },
          { seq: backSeq, role: 'put the entry back: the contents that were discarded are there again' },
        ),
        rootCause: `the entry was out between seq ${outSeq} and seq ${backSeq}, so ${who} took the page for one that was never mapped, and discarded nothing`,
        fix: 'change entries in place, or hold the page-table lock (or the mmap lock) from taking an entry out until it is back',
      };
    };
    return { count: entries, findings: examples.slice(0, FINDINGS_MAX).map(describe), total: entries };
  },
};
