/**
 * Accesses that cross a page border, and whose bytes were transferred when one half was written and the other was not. The halves are two writes of one CPU:
 * the first ends where its page does, the second begins the next one at the same program time.
 */
import { PAGE_SIZE } from '../../base/index.js';
import { transfer, write } from '../../traces/index.js';
import { seqOf } from '../../replayer/index.js';
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
    /** By page: the last transfer. */
    const transferSeq = new NumberColumn();
    const examples: TornCopy[] = [];
    let copies = 0;
    return {
      on: {
        transfer(batch, row, fold) {
          const seq = seqOf(batch, row);
          fold.pages.forRange(batch.space[row]!, batch.page[row]!, batch.slots[transfer.slot.pages]![row]!, (page) =>
            transferSeq.set(page, seq),
          );
        },
      },
      writes(batch, from, to, fold, page) {
        const offsets = batch.slots[write.slot.offset]!;
        const at = batch.cpu[from]! + 1;
        if (offsets[from] === 0 && halfSeq.get(at) > 0) {
          const firstSeq = halfSeq.get(at);
          const space = batch.space[from]!;
          const number = batch.page[from]!;
          const isHalf =
            halfPage.get(at) === number - 1 &&
            halfSpace.get(at) === space &&
            halfNs.get(at) === batch.slots[write.slot.program]![from];
          const before = isHalf ? fold.pages.find(space, number - 1) : -1;
          const transferred = Math.max(
            before < 0 ? 0 : transferSeq.get(before),
            !isHalf || page < 0 ? 0 : transferSeq.get(page),
          );
          if (transferred > firstSeq) {
            copies++;
            if (examples.length < EXAMPLES)
              examples.push({
                space,
                page: number,
                index: page,
                cpu: at - 1,
                firstSeq,
                transferSeq: transferred,
                secondSeq: seqOf(batch, from),
              });
          }
        }
        const last = to - 1;
        if (offsets[last]! + batch.slots[write.slot.size]![last]! !== PAGE_SIZE) {
          if (halfSeq.get(at) !== 0) halfSeq.set(at, 0);
          return;
        }
        halfSeq.set(at, seqOf(batch, last));
        halfPage.set(at, batch.page[last]!);
        halfSpace.set(at, batch.space[last]!);
        halfNs.set(at, batch.slots[write.slot.program]![last]!);
      },
      finish: () => ({ copies, examples }),
    };
  },
};
