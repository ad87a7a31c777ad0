/**
 * Claims that a page is private, on a frame that it was mapped on and has kept. What is mapped may be somebody else's too; only a copy that has
 * taken the frame's place is surely the page's own.
 */
import { declare, PTE_DIRTY } from '../../traces/index.js';
import { PageTable, seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import type { CollectorDefinition } from '../pass.js';
import { newFlags, oldFlags } from '../rows.js';
import { aboutClaims, forClaimed, type StandingClaim } from './claims.js';

/** Pages that are named. */
const EXAMPLES = 20;

export interface PrivateClaim {
  readonly space: number;
  readonly page: number;
  readonly cpu: number;
  readonly claim: StandingClaim;
  /** The page got the frame that it still has. */
  readonly mapSeq: number;
  /** The last event that set D in its entry; 0 where none did. */
  readonly dirtySeq: number;
}

export interface PrivateClaims {
  readonly claims: number;
  readonly examples: readonly PrivateClaim[];
}

export const privateClaims: CollectorDefinition<PrivateClaims> = {
  id: 'private-claims',
  create: (source) =>
    aboutClaims<PrivateClaims>(source, { claims: 0, examples: [] }, () => {
      // A page is mapped before the fold knows of it.
      const table = new PageTable();
      const mapSeq = new NumberColumn();
      const replaced = new NumberColumn();
      const dirtySeq = new NumberColumn();
      const examples: PrivateClaim[] = [];
      let claims = 0;
      return {
        on: {
          map(batch, row) {
            const at = table.ensure(batch.space[row]!, batch.page[row]!);
            mapSeq.set(at, seqOf(batch, row));
            replaced.set(at, 0);
          },
          'frame-move'(batch, row) {
            replaced.set(table.ensure(batch.space[row]!, batch.page[row]!), 1);
          },
          pte(batch, row, fold) {
            if ((newFlags(batch, row, fold) & ~oldFlags(batch, row, fold) & PTE_DIRTY) === 0) return;
            dirtySeq.set(table.ensure(batch.space[row]!, batch.page[row]!), seqOf(batch, row));
          },
          [declare.kind](batch, row, fold) {
            forClaimed(batch, row, fold, ['private'], (index, claim) => {
              const space = fold.pages.space[index]!;
              const page = fold.pages.page[index]!;
              const at = table.find(space, page);
              if (at < 0 || !fold.isMapped(index) || mapSeq.get(at) === 0 || replaced.get(at) === 1) return;
              claims++;
              if (examples.length >= EXAMPLES) return;
              const seqs = { mapSeq: mapSeq.get(at), dirtySeq: dirtySeq.get(at) };
              examples.push({ space, page, cpu: batch.cpu[row]!, claim, ...seqs });
            });
          },
        },
        finish: () => ({ claims, examples }),
      };
    }),
};
