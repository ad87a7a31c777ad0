/** What the pte event that is being handled does, decoded once for all collectors that look at it. Its facts are nothing; it is there to be read. */
import { pte, PTE_CAUSES, PTE_HUGE, type PteCause } from '../../traces/index.js';
import { restrictedBy } from '../entry-permissions.js';
import type { CollectorDefinition } from '../pass.js';
import { newFlags, oldFlags } from '../rows.js';

export interface EntryChange {
  /** Logical flags of the entry before and after. */
  before: number;
  after: number;
  /** Those taken away that permit something: P, W, D. */
  restricted: number;
  /** Index into PTE_CAUSES; a later version may know more. */
  cause: number;
  /** The entry is, or was, of a huge page. */
  isHuge: boolean;
}

/** Code of a cause. */
export const CAUSE = Object.fromEntries(PTE_CAUSES.map((cause, code) => [cause, code])) as Readonly<
  Record<PteCause, number>
>;

export const entryChanges: CollectorDefinition<null, Readonly<EntryChange>> = {
  id: 'entry-changes',
  create() {
    const change: EntryChange = { before: 0, after: 0, restricted: 0, cause: 0, isHuge: false };
    return {
      on: {
        pte(batch, row, fold) {
          const before = oldFlags(batch, row, fold);
          const after = newFlags(batch, row, fold);
          change.before = before;
          change.after = after;
          change.restricted = restrictedBy(before, after);
          change.cause = batch.slots[pte.slot.cause]![row]!;
          change.isHuge = ((before | after) & PTE_HUGE) !== 0;
        },
      },
      finish: () => null,
      live: change,
    };
  },
};
