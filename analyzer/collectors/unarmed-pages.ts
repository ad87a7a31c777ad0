/**
 * Pages whose mark was cleared while an entry went on permitting writes that would leave no new one: the invariant is "marked or protected". The two
 * steps may come in either order, so it must hold when the bytes are transferred, and when the harvest is over. A fault that has made the entry
 * writable and is about to set the mark is no offence: nothing is written before it has.
 */
import {
  carrierBit,
  carrierMask,
  mark,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_UFFD_WP,
  PTE_WRITABLE,
  transfer,
  type EventBatch,
} from '../../traces/index.js';
import { type Fold, seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import type { CollectorDefinition } from '../pass.js';
import { entryChanges } from './entry-changes.js';

/** Pages that are named. */
const EXAMPLES = 20;
/** Who reads one of these is told of every write, or finds out. */
const ALWAYS = carrierMask(['mapped', 'shadow-copy', 'storage-key', 'pte-dirty']);
const LOGGED = carrierMask(['pml-buffer']);
const STORABLE = PTE_PRESENT | PTE_WRITABLE;

export interface UnarmedPage {
  readonly space: number;
  readonly page: number;
  readonly index: number;
  readonly cpu: number;
  /** The mark was cleared; the event at which the page was still neither marked nor protected. */
  readonly clearedSeq: number;
  readonly seq: number;
  readonly by: 'transfer' | 'harvest-end' | 'end';
}

export interface UnarmedPages {
  readonly pages: number;
  readonly examples: readonly UnarmedPage[];
}

export const unarmedPages: CollectorDefinition<UnarmedPages> = {
  id: 'unarmed-pages',
  create({ ending }, peers) {
    const change = peers.of(entryChanges);
    /** Pages without a mark: the event that cleared it, and the first at which the page should have been armed and was not. */
    const cleared = new Map<number, Pick<UnarmedPage, 'cpu' | 'clearedSeq' | 'seq' | 'by'>>();
    const known = new NumberColumn();
    const examples: UnarmedPage[] = [];
    let pages = 0;

    /** Whether some mapping of the page's frame can be written without a word. */
    const anyUnarmed = (fold: Fold, page: number): boolean => {
      const { pages: table, frames, mappings } = fold;
      const frame = table.frame[page]!;
      if (frame === 0 || frames.mappers[frame] === 1) return isUnarmed(fold, page);
      for (let on = mappings.firstOf(frame); on >= 0; on = mappings.nextOf(on)) if (isUnarmed(fold, on)) return true;
      return false;
    };
    const isOpen = (fold: Fold, page: number) => fold.isMapped(page) && !fold.isMarked(page) && anyUnarmed(fold, page);
    const found = (fold: Fold, page: number, one: Pick<UnarmedPage, 'cpu' | 'clearedSeq' | 'seq' | 'by'>) => {
      if (known.get(page) === 0) pages++;
      known.set(page, 1);
      if (examples.length === EXAMPLES || examples.some(({ index }) => index === page)) return;
      examples.push({ space: fold.pages.space[page]!, page: fold.pages.page[page]!, index: page, ...one });
    };
    const settleAll = (fold: Fold, seq: number, cpu: number, by: UnarmedPage['by']) => {
      for (const [page, one] of cleared) {
        if (one.seq > 0) found(fold, page, one);
        else if (isOpen(fold, page)) found(fold, page, { ...one, seq, cpu, by });
      }
      cleared.clear();
    };
    const clear = (page: number, clearedSeq: number) =>
      cleared.set(page, { cpu: -1, clearedSeq, seq: 0, by: 'transfer' });

    return {
      on: {
        mark(batch, row, fold) {
          const space = batch.space[row]!;
          const [first, count] = [batch.page[row]!, batch.slots[mark.slot.pages]![row]!];
          if (batch.slots[mark.slot.value]![row] !== 0) {
            if (cleared.size > 0) fold.pages.forRange(space, first, count, (page) => cleared.delete(page));
            return;
          }
          const reads = fold.readsOf(space);
          if (reads & ALWAYS || (reads & carrierBit(batch.slots[mark.slot.carrier]![row]!)) === 0) return;
          const seq = seqOf(batch, row);
          fold.pages.forRange(space, first, count, (page) => {
            if (anyUnarmed(fold, page)) clear(page, seq);
          });
        },
        pte(batch: EventBatch, row: number, fold: Fold, page: number) {
          if (page < 0 || (change.after & STORABLE) !== STORABLE) return;
          // A bit of the entry that the consumer reads goes, and W stays.
          if (fold.readsOf(batch.space[row]!) & ALWAYS || !takesEntryMark(fold, batch.space[row]!, change)) return;
          clear(page, seqOf(batch, row));
        },
        transfer(batch, row, fold) {
          if (cleared.size === 0) return;
          const [seq, cpu] = [seqOf(batch, row), batch.cpu[row]!];
          fold.pages.forRange(batch.space[row]!, batch.page[row]!, batch.slots[transfer.slot.pages]![row]!, (page) => {
            const one = cleared.get(page);
            if (one === undefined || one.seq > 0) return;
            if (isOpen(fold, page)) cleared.set(page, { ...one, seq, cpu, by: 'transfer' });
            else cleared.delete(page);
          });
        },
        'harvest-end'(batch, row, fold) {
          if (cleared.size > 0) settleAll(fold, seqOf(batch, row), batch.cpu[row]!, 'harvest-end');
        },
      },
      finish(end) {
        if (ending?.complete === true && !end.harvesting) settleAll(end, end.seq, -1, 'end');
        return { pages, examples };
      },
    };
  },
};

const SOFT_DIRTY = carrierMask(['soft-dirty']);
const UFFD_WP = carrierMask(['uffd-wp']);

function takesEntryMark(fold: Fold, space: number, { before, after }: { before: number; after: number }): boolean {
  const reads = fold.readsOf(space);
  return (
    ((reads & SOFT_DIRTY) !== 0 && (before & ~after & PTE_SOFT_DIRTY) !== 0) ||
    ((reads & UFFD_WP) !== 0 && (after & ~before & PTE_UFFD_WP) !== 0 && (before & PTE_PRESENT) !== 0)
  );
}

/** A write through this very page would leave no mark that its consumer reads. */
function isUnarmed(fold: Fold, page: number): boolean {
  const flags = fold.pteFlags(page);
  if ((flags & STORABLE) !== STORABLE) return false;
  const reads = fold.readsOf(fold.pages.space[page]!);
  if (reads === 0 || reads & ALWAYS) return false;
  return (reads & LOGGED) === 0 || (flags & PTE_DIRTY) !== 0;
}
