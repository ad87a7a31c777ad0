/**
 * Writes of CPUs to pages that an actor had declared protected, or gone: it relies on no CPU having a translation left by which that could be done.
 * A claim stands until the in-memory entry permits writes again.
 */
import { declare, PTE_HUGE, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { type Fold, seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import { restrictedBy } from '../entry-permissions.js';
import { blockOf } from '../watched.js';
import type { CollectorDefinition } from '../pass.js';
import { newFlags, oldFlags } from '../rows.js';
import { aboutClaims, forClaimed, type StandingClaim } from './claims.js';

/** Pages that are named. */
const EXAMPLES = 20;
const STORABLE = PTE_PRESENT | PTE_WRITABLE;

export interface RevokedWrite {
  /** The page that the claim is about: that of the write, or the host's behind it. */
  readonly space: number;
  readonly page: number;
  readonly claim: StandingClaim;
  /** What took the right to write from the in-memory entry last; 0 where the trail has none. */
  readonly restrictedSeq: number;
  /** The first write after the claim. */
  readonly seq: number;
  readonly cpu: number;
  readonly writes: number;
}

export interface RevokedWrites {
  readonly writes: number;
  readonly pages: number;
  readonly examples: readonly RevokedWrite[];
}

export const revokedWrites: CollectorDefinition<RevokedWrites> = {
  id: 'revoked-writes',
  create: (source) =>
    aboutClaims<RevokedWrites>(source, { writes: 0, pages: 0, examples: [] }, () => {
      const claims = new Map<number, StandingClaim>();
      const restrictedSeq = new NumberColumn();
      /** By page that a claim is about. */
      const found = new Map<number, { -readonly [K in keyof RevokedWrite]: RevokedWrite[K] }>();
      let pages = 0;
      let writes = 0;

      const broken = (fold: Fold, page: number, claim: StandingClaim, seq: number, cpu: number, count: number) => {
        writes += count;
        const known = found.get(page);
        if (known !== undefined) {
          known.writes += count;
          return;
        }
        pages++;
        if (found.size >= EXAMPLES) return;
        const entry = fold.governing(page);
        found.set(page, {
          space: fold.pages.space[page]!,
          page: fold.pages.page[page]!,
          claim,
          restrictedSeq: Math.max(restrictedSeq.get(page), restrictedSeq.get(entry)),
          seq,
          cpu,
          writes: count,
        });
      };

      return {
        on: {
          [declare.kind](batch, row, fold) {
            forClaimed(batch, row, fold, ['protected', 'gone'], (page, claim) => claims.set(page, claim));
          },
          pte(batch, row, fold, page) {
            if (page < 0) return;
            const after = newFlags(batch, row, fold);
            if (restrictedBy(oldFlags(batch, row, fold), after) & STORABLE) restrictedSeq.set(page, seqOf(batch, row));
            if ((after & STORABLE) !== STORABLE) return;
            claims.delete(page);
            if ((after & PTE_HUGE) === 0) return;
            const { from, to } = blockOf(batch.page[row]!);
            fold.pages.forRange(batch.space[row]!, from, to - from, (index) => claims.delete(index));
          },
        },
        writes(batch, from, to, fold, page, frame, slot) {
          const cpu = batch.cpu[from]!;
          if (claims.size === 0 || cpu < 0 || slot < 0) return;
          for (const at of [page, fold.backing(frame)]) {
            const claim = claims.get(at);
            if (claim !== undefined && (fold.pteFlags(at) & STORABLE) !== STORABLE)
              broken(fold, at, claim, seqOf(batch, from), cpu, to - from);
          }
        },
        finish: () => ({ writes, pages, examples: [...found.values()] }),
      };
    }),
};
