/**
 * Accesses that cross a page border, and whose bytes were transferred when one half was written and the other was not. The halves are two writes of one CPU:
 * the first ends where its page does, the second begins the next one at the same program time.
 */
import { PAGE_SIZE } from '../../base/index.js';
import { transfer, write, type EventBatch } from '../../traces/index.js';
import { type Fold, seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import type { CollectorDefinition } from '../pass.js';

/** Copies that are named. */
const EXAMPLES = 20;

export interface TornCopy {
  readonly space: number;
  /** The page of the second half, by index too. */
  readonly page: number;
  readonly index: number;
  readonly cpu: number;
  readonly firstSeq: number;
  readonly transferSeq: number;
  readonly secondSeq: number;
}

export interface TornCopies {
  readonly copies: number;
  readonly examples: readonly TornCopy[];
}

export const tornCopies: CollectorDefinition<TornCopies> = {
  id: 'torn-copies',
  create() {
    /** By CPU, at cpu + 1: the last write, if it reached the end of its page; 0 otherwise. */
    const halfSeq = new NumberColumn();
    const halfPage = new NumberColumn();
    const halfSpace = new NumberColumn();
    const halfNs = new NumberColumn();
    /** CPUs whose last write did. */
    let halves = 0;
    /** By page: the last transfer, of those that came while some half was the last write of its CPU. */
    const transferSeq = new NumberColumn();
    /** By transfer of the batch: the pages that the trail had spoken of then, which are those with the least indices. */
    let knownAt: number[] = [];
    const examples: TornCopy[] = [];
    let copies = 0;

    const transferred = (batch: EventBatch, row: number, { pages }: Fold, known: number) => {
      const seq = seqOf(batch, row);
      pages.forRange(batch.space[row]!, batch.page[row]!, batch.slots[transfer.slot.pages]![row]!, (page) => {
        if (page < known) transferSeq.set(page, seq);
      });
    };

    /** A write to the beginning of a page, by a CPU whose last one reached the end of another. */
    const goesOn = (batch: EventBatch, row: number, fold: Fold) => {
      const at = batch.cpu[row]! + 1;
      const [space, number] = [batch.space[row]!, batch.page[row]!];
      const isHalf =
        halfPage.get(at) === number - 1 &&
        halfSpace.get(at) === space &&
        halfNs.get(at) === batch.slots[write.slot.program]![row];
      if (!isHalf) return;
      const [before, index] = [fold.pages.find(space, number - 1), fold.pages.find(space, number)];
      const seq = Math.max(before < 0 ? 0 : transferSeq.get(before), index < 0 ? 0 : transferSeq.get(index));
      const firstSeq = halfSeq.get(at);
      if (seq <= firstSeq) return;
      copies++;
      if (examples.length === EXAMPLES) return;
      const secondSeq = seqOf(batch, row);
      examples.push({ space, page: number, index, cpu: at - 1, firstSeq, transferSeq: seq, secondSeq });
    };

    const take = (batch: EventBatch, fold: Fold) => {
      const { kind, cpu, slots, length } = batch;
      const [offsets, sizes] = [slots[write.slot.offset]!, slots[write.slot.size]!];
      let transfers = 0;
      for (let row = 0; row < length; row++) {
        if (kind[row] === transfer.code) {
          const known = knownAt[transfers++]!;
          // What is transferred between no halves tears nothing.
          if (halves > 0) transferred(batch, row, fold, known);
        }
        if (kind[row] !== write.code) continue;
        const offset = offsets[row]!;
        const reachesEnd = offset + sizes[row]! === PAGE_SIZE;
        if (halves === 0 && !reachesEnd) continue;
        const at = cpu[row]! + 1;
        const isOpen = halfSeq.get(at) > 0;
        if (isOpen && offset === 0) goesOn(batch, row, fold);
        if (reachesEnd) {
          if (!isOpen) halves++;
          halfSeq.set(at, seqOf(batch, row));
          halfPage.set(at, batch.page[row]!);
          halfSpace.set(at, batch.space[row]!);
          halfNs.set(at, slots[write.slot.program]![row]!);
        } else if (isOpen) {
          halves--;
          halfSeq.set(at, 0);
        }
      }
      knownAt = [];
    };

    return {
      on: { transfer: (_batch, _row, fold) => void knownAt.push(fold.pages.count) },
      // Most writes are halves of nothing, so they are gone through at once.
      batch: { kinds: [transfer.kind], take },
      finish: () => ({ copies, examples }),
    };
  },
};
