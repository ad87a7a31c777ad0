/**
 * Write faults that change nothing but W: their page was known to be dirty to its consumer, so the fault tells nobody anything. A frame that is mapped
 * twice, or a page that was protected while its mark was still set, has them.
 */
import { fault, FAULT_HANDLERS, FAULT_WRITE } from '../../traces/index.js';
import { seqOf } from '../../replayer/index.js';
import type { CollectorDefinition } from '../pass.js';

/** Faults that are named. */
const EXAMPLES = 5;
const WRITE_PROTECT = FAULT_HANDLERS.indexOf('write-protect');

export interface FaultOnDirty {
  readonly seq: number;
  readonly cpu: number;
  readonly space: number;
  readonly page: number;
}

export interface FaultsOnDirty {
  /** Write-protect faults, and those of a page that was marked already. */
  readonly total: number;
  readonly excess: number;
  /** What these cost, ns. */
  readonly excessCostNs: number;
  readonly examples: readonly FaultOnDirty[];
}

export const faultsOnDirty: CollectorDefinition<FaultsOnDirty> = {
  id: 'faults-on-dirty',
  create() {
    const examples: FaultOnDirty[] = [];
    let total = 0;
    let excess = 0;
    let excessCostNs = 0;
    return {
      on: {
        fault(batch, row, fold, page) {
          const { slots } = batch;
          if (slots[fault.slot.handler]![row] !== WRITE_PROTECT || (slots[fault.slot.error]![row]! & FAULT_WRITE) === 0)
            return;
          total++;
          if (page < 0 || !fold.isMapped(page) || !fold.isMarked(page)) return;
          excess++;
          excessCostNs += slots[fault.slot.cost]![row]!;
          if (examples.length === EXAMPLES) return;
          const seq = seqOf(batch, row);
          examples.push({ seq, cpu: batch.cpu[row]!, space: batch.space[row]!, page: batch.page[row]! });
        },
      },
      finish: () => ({ total, excess, excessCostNs, examples }),
    };
  },
};
