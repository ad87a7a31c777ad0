/**
 * TLB entries that were granted what an in-memory entry for the page does not have. The walker reads W and D from the entry, so on bare hardware there are
 * none; where a monitor keeps a shadow of a guest's entries, a grant beyond the guest's own says that the shadow and the entry differ.
 */
import {
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_WRITABLE,
  TLB_DIRTY,
  TLB_WRITABLE,
  tlbFill,
  tlbUpdate,
} from '../../traces/index.js';
import { type Fold, seqOf } from '../../replayer/index.js';
import type { CollectorDefinition } from '../pass.js';
import { NumberColumn } from '../columns.js';

/** Pages that are named. */
const EXAMPLES = 20;

export interface DivergedGrant {
  readonly seq: number;
  readonly cpu: number;
  readonly space: number;
  readonly page: number;
  readonly index: number;
  /** What was granted and the entry lacks. */
  readonly bit: 'W' | 'D' | 'P';
}

export interface DivergedGrants {
  readonly grants: number;
  readonly pages: number;
  readonly examples: readonly DivergedGrant[];
}

export const divergedGrants: CollectorDefinition<DivergedGrants> = {
  id: 'diverged-grants',
  create({ meta }) {
    const facts = { grants: 0, pages: 0, examples: [] as DivergedGrant[] };
    // On bare hardware the entry is the only thing to read; a trail of observed or simulated fills has them right.
    if (!meta.spaces.some(({ kind }) => kind === 'second-stage')) return { finish: () => facts };
    const known = new NumberColumn();
    const look = (fold: Fold, page: number, flags: number, seq: number, cpu: number) => {
      if ((flags & TLB_WRITABLE) === 0) return;
      const memory = fold.pteFlags(page);
      const bit =
        (memory & PTE_PRESENT) === 0
          ? 'P'
          : (memory & PTE_WRITABLE) === 0
            ? 'W'
            : flags & TLB_DIRTY && (memory & PTE_DIRTY) === 0
              ? 'D'
              : null;
      if (bit === null) return;
      facts.grants++;
      if (known.get(page) === 1) return;
      known.set(page, 1);
      facts.pages++;
      if (facts.examples.length === EXAMPLES) return;
      const { pages } = fold;
      facts.examples.push({ seq, cpu, space: pages.space[page]!, page: pages.page[page]!, index: page, bit });
    };
    return {
      on: {
        'tlb-fill'(batch, row, fold, page) {
          if (page >= 0) look(fold, page, batch.slots[tlbFill.slot.flags]![row]!, seqOf(batch, row), batch.cpu[row]!);
        },
        'tlb-update'(batch, row, fold) {
          const cpu = batch.cpu[row]!;
          const page = fold.tlb(cpu)?.page[batch.slots[tlbUpdate.slot.slot]![row]!] ?? -1;
          if (page >= 0) look(fold, page, batch.slots[tlbUpdate.slot.flags]![row]!, seqOf(batch, row), cpu);
        },
      },
      finish: () => facts,
    };
  },
};
