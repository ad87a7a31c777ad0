/**
 * Steps that cannot be taken back (bytes transferred, contents copied, a frame replaced or given up, a page declared settled) while some TLB still
 * allowed more than memory: whoever takes one relies on a flush that has not come. Nothing need be lost by it in this very run.
 */
import { type Claim, transfer, type EventBatch } from '../../traces/index.js';
import { type Fold, seqOf } from '../../replayer/index.js';
import { WITHOUT_ENTRIES } from '../entry-permissions.js';
import type { CollectorDefinition } from '../pass.js';
import { forClaimed } from './claims.js';
import { staleEntries } from './stale-entries.js';

/** Decisions that are named. */
const EXAMPLES = 20;
const CLAIMED: readonly Claim[] = ['clean', 'protected', 'gone', 'copied', 'compared'];

export interface EarlyDecision {
  /** What was done, or claimed. */
  readonly what: 'transfer' | 'frame-move' | 'unmap' | Claim;
  readonly seq: number;
  readonly actor: number;
  /** Pages that it was about, of those for which some TLB allowed more than memory. */
  pages: number;
  /** The first of them: the page that was decided on, by index too, the CPU with the TLB entry, and what restricted its entry in memory. */
  readonly space: number;
  readonly page: number;
  readonly index: number;
  readonly cpu: number;
  readonly restrictedSeq: number;
  readonly restrictedBy: number;
}

export interface DecisionList {
  readonly decisions: number;
  readonly examples: readonly EarlyDecision[];
}

export interface EarlyDecisions {
  readonly all: DecisionList;
  /** Those where the flush was owed by another actor. */
  readonly owedByOthers: DecisionList;
}

export const earlyDecisions: CollectorDefinition<EarlyDecisions> = {
  id: 'early-decisions',
  create(_source, peers) {
    const stale = peers.of(staleEntries);
    const all = { decisions: 0, examples: [] as EarlyDecision[] };
    const owedByOthers = { decisions: 0, examples: [] as EarlyDecision[] };
    /** The event that was looked at last, if it was such a decision. */
    let current: EarlyDecision | null = null;
    let currentSeq = 0;

    const look = (batch: EventBatch, row: number, fold: Fold, page: number, what: EarlyDecision['what']) => {
      if (!stale.find(fold, page)) return;
      const seq = seqOf(batch, row);
      if (currentSeq === seq) {
        if (current !== null) current.pages++;
        return;
      }
      currentSeq = seq;
      current = null;
      const actor = batch.actor[row]!;
      const isOwedByOther = stale.restrictedSeq > 0 && stale.restrictedBy !== actor;
      all.decisions++;
      if (isOwedByOther) owedByOthers.decisions++;
      if (all.examples.length === EXAMPLES && !(isOwedByOther && owedByOthers.examples.length < EXAMPLES)) return;
      const { cpu, restrictedSeq, restrictedBy } = stale;
      const place = { space: fold.pages.space[page]!, page: fold.pages.page[page]!, index: page };
      current = { what, seq, actor, pages: 1, ...place, cpu, restrictedSeq, restrictedBy };
      if (all.examples.length < EXAMPLES) all.examples.push(current);
      if (isOwedByOther && owedByOthers.examples.length < EXAMPLES) owedByOthers.examples.push(current);
    };

    return {
      on: {
        transfer(batch, row, fold) {
          const space = batch.space[row]!;
          // Such a consumer relies on no flush.
          if (fold.readsOf(space) & WITHOUT_ENTRIES) return;
          fold.pages.forRange(space, batch.page[row]!, batch.slots[transfer.slot.pages]![row]!, (page) =>
            look(batch, row, fold, page, 'transfer'),
          );
        },
        declare(batch, row, fold) {
          forClaimed(batch, row, fold, CLAIMED, (page, { claim }) => look(batch, row, fold, page, claim));
        },
        'frame-move'(batch, row, fold, page) {
          if (page >= 0) look(batch, row, fold, page, 'frame-move');
        },
        unmap(batch, row, fold, page) {
          if (page >= 0) look(batch, row, fold, page, 'unmap');
        },
      },
      finish: () => ({ all, owedByOthers }),
    };
  },
};
