/** Flushes of what no CPU held with more than memory has. They cost an interrupt and the misses that follow, and protect nothing. */
import { flushWorth } from '../collectors/flush-worth.js';
import { counted, percent } from '../finding.js';
import type { Detector } from './define.js';
import { excessConclusion } from './excess.js';

const ID = 'excess-flush';

export const excessFlush: Detector = {
  id: ID,
  summary: 'a CPU flushed a range of which it held nothing that memory did not allow',
  counts: 'acknowledgements',
  collectors: [flushWorth],
  needs: ['pte', 'tlb-fill', 'flush-ack'],
  isExcess: true,
  conclude({ results }) {
    const { acks, excess, excessCostNs, examples } = results.facts(flushWorth);
    return excessConclusion({
      id: ID,
      count: excess,
      examples,
      role: ({ cpu, pages, reason }) =>
        `cpu ${cpu} flushed ${counted(pages, 'page')} (${reason}), and held none of them with more than memory`,
      words: {
        summary: `${excess} of ${counted(acks, 'flush acknowledgement')} (${percent(excess, acks)}) removed nothing that memory did not allow; they cost ${excessCostNs} ns`,
        rootCause: 'the sender cannot see what other CPUs hold: it flushes where an entry might have been cached',
        fix: 'flush a range once and not entry by entry, leave entries alone that need no change, and send flushes only to CPUs that ran the space',
      },
    });
  },
};
