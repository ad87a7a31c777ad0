/** Faults, and those among them that the in-memory entry gave no reason for: it permitted the access already. */
import { FAULT_HANDLERS, FAULT_WRITE, fault, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { seqOf } from '../../replayer/index.js';
import type { CollectorDefinition } from '../pass.js';

/** Faults that are named. */
const EXAMPLES = 5;
const SPURIOUS = FAULT_HANDLERS.indexOf('spurious');
/** A writable, clean entry where no hardware sets D: W permits the store, and D still has to be set. */
const DIRTY_TRAP = FAULT_HANDLERS.indexOf('dirty-trap');

export interface SpuriousFault {
  readonly seq: number;
  readonly cpu: number;
  readonly space: number;
  readonly page: number;
}

export interface Faults {
  readonly total: number;
  readonly spurious: number;
  /** What the spurious ones cost, ns. */
  readonly spuriousCostNs: number;
  /** The first spurious ones. */
  readonly examples: readonly SpuriousFault[];
}

export const faults: CollectorDefinition<Faults> = {
  id: 'faults',
  create() {
    const examples: SpuriousFault[] = [];
    let total = 0;
    let spurious = 0;
    let spuriousCostNs = 0;
    return {
      on: {
        fault(batch, row, fold, page) {
          total++;
          const error = batch.slots[fault.slot.error]![row]!;
          const needed = PTE_PRESENT | (error & FAULT_WRITE ? PTE_WRITABLE : 0);
          const handler = batch.slots[fault.slot.handler]![row]!;
          const permitted = page >= 0 && (fold.pteFlags(page) & needed) === needed;
          if (handler === DIRTY_TRAP || (!permitted && handler !== SPURIOUS)) return;
          spurious++;
          spuriousCostNs += batch.slots[fault.slot.cost]![row]!;
          if (examples.length < EXAMPLES) {
            examples.push({
              seq: seqOf(batch, row),
              cpu: batch.cpu[row]!,
              space: batch.space[row]!,
              page: batch.page[row]!,
            });
          }
        },
      },
      finish: () => ({ total, spurious, spuriousCostNs, examples }),
    };
  },
};
