/**
 * Atomic updates of entries, and those among them that need not have been: no bit of the entry could change by itself. The walker sets A of an entry that
 * is present, and D of one that is writable, where the hardware does that at all; an entry that has both, or may not be written and has A, stands still.
 */
import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { seqOf } from '../../replayer/index.js';
import type { CollectorDefinition } from '../pass.js';
import { CAUSE, entryChanges } from './entry-changes.js';

/** Updates that are named. */
const EXAMPLES = 5;
const ATOMIC: ReadonlySet<number> = new Set([CAUSE.clean, CAUSE.protect, CAUSE.exchange]);

export interface IdleAtomic {
  readonly seq: number;
  readonly cpu: number;
  readonly space: number;
  readonly page: number;
}

export interface UpdateKinds {
  readonly atomic: number;
  /** Those of an entry in which no bit is volatile. */
  readonly idle: number;
  readonly examples: readonly IdleAtomic[];
}

export const updateKinds: CollectorDefinition<UpdateKinds> = {
  id: 'update-kinds',
  create(_source, peers) {
    const change = peers.of(entryChanges);
    const examples: IdleAtomic[] = [];
    let atomic = 0;
    let idle = 0;
    return {
      on: {
        pte(batch, row) {
          if (!ATOMIC.has(change.cause)) return;
          atomic++;
          const { before } = change;
          const mayGetAccessed = (before & (PTE_PRESENT | PTE_ACCESSED)) === PTE_PRESENT;
          const mayGetDirty =
            (before & PTE_PRESENT) !== 0 && (before & PTE_WRITABLE) !== 0 && (before & PTE_DIRTY) === 0;
          if (mayGetAccessed || mayGetDirty) return;
          idle++;
          if (examples.length === EXAMPLES) return;
          const seq = seqOf(batch, row);
          examples.push({ seq, cpu: batch.cpu[row]!, space: batch.space[row]!, page: batch.page[row]! });
        },
      },
      finish: () => ({ atomic, idle, examples }),
    };
  },
};
