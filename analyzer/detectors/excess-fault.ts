/** Write faults on pages that the consumer would have come for anyway: they cost a trap, and leave a mark that is there. */
import { faultsOnDirty } from '../collectors/faults-on-dirty.js';
import { counted, evidence, percent } from '../finding.js';
import type { Detector } from './define.js';

const ID = 'excess-fault';

export const excessFault: Detector = {
  id: ID,
  summary: 'write faults that changed nothing but W, on a page that was marked for its consumer already',
  counts: 'faults',
  collectors: [faultsOnDirty],
  needs: ['fault', 'pte', 'mark'],
  isExcess: true,
  conclude({ results }) {
    const { total, excess, excessCostNs, examples } = results.facts(faultsOnDirty);
    const first = examples[0];
    if (first === undefined) return { count: 0, findings: [] };
    return {
      count: excess,
      findings: [
        {
          id: ID,
          severity: 'info',
          certainty: 'proved',
          page: first.page,
          cpu: first.cpu < 0 ? null : first.cpu,
          seq: first.seq,
          summary: `${excess} of ${counted(total, 'write-protect fault')} (${percent(excess, total)}) came to a page that was marked already; they cost ${excessCostNs} ns`,
          evidence: evidence(
            ...examples.map(({ seq, cpu }) => ({
              seq,
              role: `a write-protect fault of cpu ${cpu} on a page whose mark was set`,
            })),
          ),
          rootCause:
            'an entry was protected while its page was dirty, or the frame is mapped by another entry through which it was written',
          fix: 'protect only what is clean, and make entries writable that are made for a page known to be dirty',
        },
      ],
    };
  },
};
