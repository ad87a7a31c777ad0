/** Flushes of what no CPU held with more than memory has. They cost an interrupt and the misses that follow, and protect nothing. */
import { flushWorth } from '../collectors/flush-worth.js';
import { counted, evidence, percent } from '../finding.js';
import type { Detector } from './define.js';

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
    const first = examples[0];
    if (first === undefined) return { count: 0, findings: [] };
    return {
      count: excess,
      findings: [
        {
          id: ID,
          severity: 'info',
          certainty: 'proved',
          page: first.page < 0 ? null : first.page,
          cpu: first.cpu < 0 ? null : first.cpu,
          seq: first.seq,
          summary: `${excess} of ${counted(acks, 'flush acknowledgement')} (${percent(excess, acks)}) removed nothing that memory did not allow; they cost ${excessCostNs} ns`,
          evidence: evidence(
            ...examples.map(({ seq, cpu, pages, reason }) => ({
              seq,
              role: `cpu ${cpu} flushed ${counted(pages, 'page')} (${reason}), and held none of them with more than memory`,
            })),
          ),
          rootCause: 'the sender cannot see what other CPUs hold: it flushes where an entry might have been cached',
          fix: 'flush a range once and not entry by entry, leave entries alone that need no change, and send flushes only to CPUs that ran the space',
        },
      ],
    };
  },
};
