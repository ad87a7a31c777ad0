/** Faults on entries that permitted the access: the CPU's cached copy was behind. They cost a trap and change nothing. */
import { faults } from '../collectors/faults.js';
import { counted, evidence } from '../finding.js';
import type { Detector } from './define.js';

const ID = 'spurious-fault';
/** Share of all faults from which they are worth a look (`low`); below, a by-product of sharing (`info`). Chosen, not measured. */
const SHARE_WORTH_A_LOOK = 0.1;

export const spuriousFault: Detector = {
  id: ID,
  summary: 'faults on entries that already permitted the access',
  counts: 'faults',
  collectors: [faults],
  needs: ['fault', 'pte'],
  isExcess: true,
  conclude({ results }) {
    const { total, spurious, spuriousCostNs, examples } = results.facts(faults);
    const first = examples[0];
    if (first === undefined) return { count: 0, findings: [] };
    return {
      count: spurious,
      findings: [
        {
          id: ID,
          severity: spurious / total > SHARE_WORTH_A_LOOK ? 'low' : 'info',
          certainty: 'proved',
          page: first.page,
          cpu: first.cpu,
          seq: first.seq,
          summary: `${spurious} of ${counted(total, 'fault')} found an entry that already permitted the access; they cost ${spuriousCostNs} ns`,
          evidence: evidence(
            ...examples.map(({ seq, cpu }) => ({
              seq,
              role: `a fault of cpu ${cpu} on an entry that permits the access`,
            })),
          ),
          rootCause: 'a CPU held a TLB entry from before the entry was upgraded, by itself or by another CPU',
          fix: 'none is needed where they are rare; otherwise upgrade entries before they are shared, or flush on upgrade',
        },
      ],
    };
  },
};
