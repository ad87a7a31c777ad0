/**
 * Entries that come back after somebody declared their page gone. A fault may map the page anew, with nothing in it; whoever puts back
 * an entry that it had taken out for a moment brings back what was to be discarded.
 */
import { declare, pte, PTE_CAUSES, PTE_PRESENT, type PteCause } from '../../traces/index.js';
import { seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import type { CollectorDefinition } from '../pass.js';
import { newFlags, oldFlags } from '../rows.js';
import { aboutClaims, forClaimed, type StandingClaim } from './claims.js';

/** Pages that are named. */
const EXAMPLES = 20;
/** A page appears by a fault of its own, or one does not know by what. */
const ANEW: ReadonlySet<PteCause | undefined> = new Set(['map', 'fault', 'walker', 'monitor', 'observed', undefined]);

export interface ReturnedEntry {
  readonly space: number;
  readonly page: number;
  readonly cpu: number;
  readonly claim: StandingClaim;
  /** The entry was taken out and put back; 0 where the trail does not have it. */
  readonly outSeq: number;
  readonly backSeq: number;
}

export interface ReturnedEntries {
  readonly entries: number;
  readonly examples: readonly ReturnedEntry[];
}

export const returnedEntries: CollectorDefinition<ReturnedEntries> = {
  id: 'returned-entries',
  create: (source) =>
    aboutClaims<ReturnedEntries>(source, { entries: 0, examples: [] }, () => {
      const gone = new Map<number, StandingClaim>();
      const outSeq = new NumberColumn();
      /** When an entry that is present was put back; 0 where it is not, or a fault has mapped it. */
      const backSeq = new NumberColumn();
      const examples: ReturnedEntry[] = [];
      let entries = 0;
      const found = (entry: ReturnedEntry) => {
        entries++;
        if (examples.length < EXAMPLES) examples.push(entry);
      };
      return {
        on: {
          [declare.kind](batch, row, fold) {
            forClaimed(batch, row, fold, ['gone'], (index, claim) => {
              if ((fold.pteFlags(index) & PTE_PRESENT) === 0) gone.set(index, claim);
              else if (backSeq.get(index) > 0) {
                // It was put back while the range was still on its way to be gone.
                const place = { space: fold.pages.space[index]!, page: fold.pages.page[index]!, cpu: batch.cpu[row]! };
                found({ ...place, claim, outSeq: outSeq.get(index), backSeq: backSeq.get(index) });
              }
            });
          },
          pte(batch, row, fold, page) {
            if (page < 0) return;
            const was = oldFlags(batch, row, fold) & PTE_PRESENT;
            const is = newFlags(batch, row, fold) & PTE_PRESENT;
            if (was === is) return;
            const seq = seqOf(batch, row);
            if (is === 0) {
              outSeq.set(page, seq);
              return;
            }
            const anew = ANEW.has(PTE_CAUSES[batch.slots[pte.slot.cause]![row]!]);
            backSeq.set(page, anew ? 0 : seq);
            const claim = gone.get(page);
            gone.delete(page);
            if (anew || claim === undefined) return;
            const place = { space: batch.space[row]!, page: batch.page[row]!, cpu: batch.cpu[row]! };
            found({ ...place, claim, outSeq: outSeq.get(page), backSeq: seq });
          },
        },
        finish: () => ({ entries, examples }),
      };
    }),
};
