/** Bits that the walker or another actor set in an entry, and a plain store wrote over: a read-modify-write of an entry that is not atomic. */
import { formatPage } from '../../base/index.js';
import { type OverwrittenBit, overwrittenBits } from '../collectors/overwritten-bits.js';
import { uncapturedWrites } from '../collectors/uncaptured-writes.js';
import { evidence, type Finding, ofWhom } from '../finding.js';
import { type Detector, FINDINGS_MAX } from './define.js';
import { lostPages, riskOr } from './harm.js';

const ID = 'clobbered-dirty';

export const clobberedDirty: Detector = {
  id: ID,
  summary: 'an entry was stored back over a D or W that had been set since it was loaded',
  counts: 'stores',
  collectors: [overwrittenBits, uncapturedWrites],
  needs: ['pte', 'mark'],
  conclude(about) {
    const { results, source } = about;
    const { stores, examples } = results.facts(overwrittenBits);
    const isLost = lostPages(about);
    const describe = (one: OverwrittenBit): Finding => {
      const { page, cpu, seq, setSeq, beforeSeq, bit, matters } = one;
      const lost = isLost(one.index);
      const who = source.meta.actors[one.actor] ?? 'an actor';
      return {
        id: ID,
        severity: matters || lost ? riskOr('critical', lost) : 'info',
        // That nobody noted D is in the trail; whether a W was there when the entry was loaded is not.
        certainty: bit === 'D' && matters ? 'proved' : 'possible',
        page,
        cpu: cpu < 0 ? null : cpu,
        seq,
        summary: `page ${formatPage(page)}${ofWhom(results.end, one.space)}: a plain store at seq ${seq} took the ${bit} that was set at seq ${setSeq}`,
        evidence: evidence(
          { seq: beforeSeq, role: `the last thing that ${who} did before: the entry was loaded after this` },
          { seq: setSeq, role: `set ${bit} in the entry` },
          {
            seq,
            role: `${who} stored the entry as computed from what it had loaded; ${bit} is gone, and nothing notes it`,
          },
        ),
        rootCause: `non-atomic read-modify-write: ${bit} was set at seq ${setSeq}, between the load and the store (seq ${seq}) of an entry, and the stored value lacks it${matters ? '' : '; the consumer of this page does not go by it'}`,
        fix: 'change the entry atomically (exchange, compare-and-swap or and-not) and decide on the value that the update returns',
      };
    };
    return { count: stores, findings: examples.slice(0, FINDINGS_MAX).map(describe), total: stores };
  },
};
