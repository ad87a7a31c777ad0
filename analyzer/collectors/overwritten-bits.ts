/**
 * Bits of an entry that somebody set and another's plain store took away again. A store writes what was computed from an earlier load, and a trail has no
 * loads; what it has is the last thing that the storing actor did before. A bit that was set after that was not there when the actor last looked, or
 * appeared in the few steps between its lock and its load; in the second case it knows of the bit, and leaves a mark for it right after the store.
 */
import { carrierMask, mark, PTE_DIRTY, PTE_WRITABLE, type EventBatch } from '../../traces/index.js';
import { type Fold, seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import type { CollectorDefinition, EventHandler } from '../pass.js';
import { CAUSE, entryChanges } from './entry-changes.js';

/** Pages that are named. */
const EXAMPLES = 20;
const BITS = PTE_DIRTY | PTE_WRITABLE;
/** Who reads one of these relies on D: on the bit, or on the walker's setting it. */
const BY_DIRTY = carrierMask(['pte-dirty', 'pml-buffer']);

export interface OverwrittenBit {
  readonly space: number;
  readonly page: number;
  readonly index: number;
  readonly cpu: number;
  readonly actor: number;
  /** What the actor did before; the bit was set; the store. */
  readonly beforeSeq: number;
  readonly setSeq: number;
  readonly seq: number;
  readonly bit: 'D' | 'W';
  /** The consumer of the page learns of writes by D. */
  readonly matters: boolean;
}

export interface OverwrittenBits {
  readonly stores: number;
  readonly examples: readonly OverwrittenBit[];
}

export const overwrittenBits: CollectorDefinition<OverwrittenBits> = {
  id: 'overwritten-bits',
  create(_source, peers) {
    const change = peers.of(entryChanges);
    /** By page: the last event that set D or W, and who did it, on which CPU. */
    const setSeq = new NumberColumn();
    const setBy = new NumberColumn();
    const setOn = new NumberColumn();
    /** By actor. */
    const lastSeq = new NumberColumn();
    const suspended: Array<OverwrittenBit | undefined> = [];
    const examples: OverwrittenBit[] = [];
    let stores = 0;

    const settle = (actor: number) => {
      const found = suspended[actor];
      if (found === undefined) return;
      suspended[actor] = undefined;
      stores++;
      if (examples.length < EXAMPLES) examples.push(found);
    };
    const acts: EventHandler = (batch, row) => {
      const actor = batch.actor[row]!;
      settle(actor);
      lastSeq.set(actor, seqOf(batch, row));
    };
    const stored = (batch: EventBatch, row: number, fold: Fold, page: number) => {
      const taken = change.before & ~change.after & BITS;
      const actor = batch.actor[row]!;
      const cpu = batch.cpu[row]!;
      const when = setSeq.get(page);
      if (taken === 0 || when <= lastSeq.get(actor) || (setBy.get(page) === actor && setOn.get(page) === cpu)) return;
      const isDirty = (taken & PTE_DIRTY) !== 0;
      suspended[actor] = {
        space: batch.space[row]!,
        page: batch.page[row]!,
        index: page,
        cpu,
        actor,
        beforeSeq: lastSeq.get(actor),
        setSeq: when,
        seq: seqOf(batch, row),
        bit: isDirty ? 'D' : 'W',
        matters: isDirty && (fold.readsOf(batch.space[row]!) & BY_DIRTY) !== 0,
      };
    };

    return {
      on: {
        pte(batch, row, fold, page) {
          if (page < 0) return;
          const actor = batch.actor[row]!;
          if (suspended[actor] !== undefined) settle(actor);
          if (change.cause === CAUSE.store) stored(batch, row, fold, page);
          lastSeq.set(actor, seqOf(batch, row));
          if ((change.after & ~change.before & BITS) === 0) return;
          setSeq.set(page, seqOf(batch, row));
          setBy.set(page, actor);
          setOn.set(page, batch.cpu[row]!);
        },
        mark(batch, row) {
          const actor = batch.actor[row]!;
          const found = suspended[actor];
          if (found !== undefined) {
            const first = batch.page[row]!;
            const isIts = found.page >= first && found.page < first + batch.slots[mark.slot.pages]![row]!;
            if (found.bit === 'D' && isIts && batch.slots[mark.slot.value]![row] !== 0) suspended[actor] = undefined;
            settle(actor);
          }
          lastSeq.set(actor, seqOf(batch, row));
        },
        lock: acts,
        unlock: acts,
        'harvest-begin': acts,
        'harvest-end': acts,
        'flush-send': acts,
        operation: acts,
        walk: acts,
        transfer: acts,
        declare: acts,
      },
      finish() {
        for (let actor = 0; actor < suspended.length; actor++) settle(actor);
        return { stores, examples };
      },
    };
  },
};
