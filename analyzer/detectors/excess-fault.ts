/** Write faults on pages that the consumer would have come for anyway: they cost a trap, and leave a mark that is there. */
import { faultsOnDirty } from '../collectors/faults-on-dirty.js';
import { counted, percent } from '../finding.js';
import type { Detector } from './define.js';
import { excessConclusion } from './excess.js';

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
    return excessConclusion({
      id: ID,
      count: excess,
      examples,
      role: ({ cpu }) => `a write-protect fault of cpu ${cpu} on a page whose mark was set`,
      words: {
        summary: `${excess} of ${counted(total, 'write-protect fault')} (${percent(excess, total)}) came to a page that was marked already; they cost ${excessCostNs} ns`,
        rootCause:
          'an entry was protected while its page was dirty, or the frame is mapped by another entry through which it was written',
        fix: 'protect only what is clean, and make entries writable that are made for a page known to be dirty',
      },
    });
  },
};
