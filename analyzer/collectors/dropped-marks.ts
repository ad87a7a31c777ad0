/**
 * Pages that were dirty before something was done to their entry (taken out, exchanged, split, stored anew, protected), and are not after it, with
 * nothing transferred in between. Marks may be carried over in a few steps, so "after" is when the actor has let go: it releases a lock, its
 * harvest ends, or it begins something else.
 */
import { operation, PTE_CAUSES, unmap, type EventBatch, type PteCause } from '../../traces/index.js';
import { type Fold, seqOf } from '../../replayer/index.js';
import type { CollectorDefinition, EventHandler } from '../pass.js';
import { blockOf } from '../watched.js';
import { CAUSE, entryChanges } from './entry-changes.js';

/** Pages that are named. */
const EXAMPLES = 20;
const TRANSFORMS: ReadonlySet<number> = new Set(
  (['unmap', 'exchange', 'split', 'store', 'protect', 'copy'] as const).map((cause) => CAUSE[cause]),
);

export interface DroppedMark {
  readonly space: number;
  readonly page: number;
  readonly index: number;
  readonly cpu: number;
  readonly cause: PteCause;
  /** The transform, and the event by which no carrier had been set. */
  readonly seq: number;
  settledSeq: number;
}

export interface DroppedMarks {
  readonly transforms: number;
  readonly examples: readonly DroppedMark[];
}

interface Pending extends DroppedMark {
  readonly actor: number;
}

export const droppedMarks: CollectorDefinition<DroppedMarks> = {
  id: 'dropped-marks',
  create({ meta, ending }, peers) {
    const change = peers.of(entryChanges);
    /** By page. */
    const pending = new Map<number, Pending>();
    const examples: DroppedMark[] = [];
    let transforms = 0;
    const isFine = meta.interleave === 'fine';

    const settle = (fold: Fold, page: number, one: Pending, seq: number) => {
      pending.delete(page);
      if (!fold.isStale(page) || fold.isMarked(page) || fold.readsOf(one.space) === 0) return;
      transforms++;
      if (examples.length < EXAMPLES) examples.push({ ...one, settledSeq: seq });
    };
    const settleAll = (fold: Fold, seq: number, actor: number) => {
      for (const [page, one] of pending) if (actor < 0 || one.actor === actor) settle(fold, page, one, seq);
    };
    /** The actor lets go; where operations run to completion, everybody has. */
    const letsGo: EventHandler = (batch, row, fold) => {
      if (pending.size > 0) settleAll(fold, seqOf(batch, row), isFine ? batch.actor[row]! : -1);
    };
    const note = (batch: EventBatch, row: number, fold: Fold, page: number) => {
      if (pending.has(page) || !fold.isStale(page) || !fold.isMarked(page)) return;
      const seq = seqOf(batch, row);
      pending.set(page, {
        space: batch.space[row]!,
        page: fold.pages.page[page]!,
        index: page,
        cpu: batch.cpu[row]!,
        actor: batch.actor[row]!,
        cause: PTE_CAUSES[change.cause] ?? 'observed',
        seq,
        settledSeq: seq,
      });
    };

    return {
      on: {
        pte(batch, row, fold, page) {
          if (page < 0 || !TRANSFORMS.has(change.cause)) return;
          if (!change.isHuge) return note(batch, row, fold, page);
          const { from, to } = blockOf(batch.page[row]!);
          fold.pages.forRange(batch.space[row]!, from, to - from, (index) => note(batch, row, fold, index));
        },
        'frame-move'(batch, row, fold, page) {
          const one = pending.get(page);
          if (one !== undefined) settle(fold, page, one, seqOf(batch, row));
        },
        // What is given up with its marks is a loss of its own kind.
        [unmap.kind]: (_batch, _row, _fold, page) => void pending.delete(page),
        unlock: letsGo,
        'harvest-begin': letsGo,
        'harvest-end': letsGo,
        [operation.kind]: letsGo,
      },
      finish(end) {
        if (ending?.complete === true && !end.harvesting) settleAll(end, end.seq, -1);
        return { transforms, examples };
      },
    };
  },
};
