/**
 * Writes that went through a TLB entry allowing more than the in-memory entry. Each is counted by what it allowed; those that came
 * after the page was declared settled (transferred, its mark cleared, freed, or the harvest over) also by page, because nobody looks
 * at that page again before it is marked anew.
 */
import { carrierBit, mark, transfer, unmap } from '../../traces/index.js';
import { seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import { EXCESSES, excessOf, restrictedBy, type Excess } from '../entry-permissions.js';
import type { CollectorDefinition } from '../pass.js';
import { newFlags, oldFlags } from '../rows.js';

/** Pages whose first late write is kept whole. */
const EXAMPLES = 20;

export interface StaleWrite {
  readonly seq: number;
  readonly cpu: number;
  readonly space: number;
  readonly page: number;
  readonly excess: Excess;
  /** The last event before it that took something from the in-memory entry; 0 where the trail has none. */
  readonly restrictedSeq: number;
}

export interface LateStaleWrite extends StaleWrite {
  /** What had declared the page settled, between the restriction and the write. */
  readonly settledSeq: number;
  readonly settledBy: 'transfer' | 'mark' | 'unmap' | 'harvest-end';
}

export interface StaleWrites {
  readonly byExcess: ReadonlyArray<{ readonly excess: Excess; readonly writes: number; readonly first: StaleWrite }>;
  readonly late: {
    readonly writes: number;
    readonly pages: number;
    /** The first late write of each of the first pages, in order of seq, with how many more came to that page. */
    readonly examples: ReadonlyArray<LateStaleWrite & { readonly writes: number }>;
  };
}

const SETTLED_BY = ['transfer', 'mark', 'unmap'] as const;

export const staleWrites: CollectorDefinition<StaleWrites> = {
  id: 'stale-writes',
  create() {
    const restrictedSeq = new NumberColumn();
    const settledSeq = new NumberColumn();
    const settledBy = new NumberColumn();
    const lateWrites = new NumberColumn();
    const counts = EXCESSES.map(() => 0);
    const firsts: StaleWrite[] = [];
    const examples: Array<{ readonly write: LateStaleWrite; readonly index: number }> = [];
    let late = 0;
    let latePages = 0;
    let harvestEndSeq = 0;
    const settle = (index: number, seq: number, by: (typeof SETTLED_BY)[number]) => {
      settledSeq.set(index, seq);
      settledBy.set(index, SETTLED_BY.indexOf(by));
    };

    return {
      on: {
        pte(batch, row, fold, page) {
          if (page >= 0 && restrictedBy(oldFlags(batch, row, fold), newFlags(batch, row, fold)) !== 0) {
            restrictedSeq.set(page, seqOf(batch, row));
          }
        },
        'frame-move'(batch, row, _fold, page) {
          if (page >= 0) restrictedSeq.set(page, seqOf(batch, row));
        },
        transfer(batch, row, fold) {
          const seq = seqOf(batch, row);
          fold.pages.forRange(batch.space[row]!, batch.page[row]!, batch.slots[transfer.slot.pages]![row]!, (index) =>
            settle(index, seq, 'transfer'),
          );
        },
        mark(batch, row, fold) {
          const read = fold.reads & carrierBit(batch.slots[mark.slot.carrier]![row]!);
          if (batch.slots[mark.slot.value]![row] !== 0 || read === 0) return;
          const seq = seqOf(batch, row);
          fold.pages.forRange(batch.space[row]!, batch.page[row]!, batch.slots[mark.slot.pages]![row]!, (index) =>
            settle(index, seq, 'mark'),
          );
        },
        [unmap.kind](batch, row, _fold, page) {
          if (page >= 0) settle(page, seqOf(batch, row), 'unmap');
        },
        'harvest-end'(batch, row) {
          harvestEndSeq = seqOf(batch, row);
        },
      },
      writes(batch, from, to, fold, page) {
        const cpu = batch.cpu[from]!;
        const tlb = page < 0 || cpu < 0 ? undefined : fold.tlbs[cpu];
        const slot = tlb === undefined ? -1 : tlb.slotOf(page);
        if (slot < 0) return;
        const code = excessOf(fold, page, tlb!, slot);
        if (code < 0) return;
        const restricted = restrictedSeq.get(page);
        const found = {
          seq: seqOf(batch, from),
          cpu,
          space: batch.space[from]!,
          page: batch.page[from]!,
          excess: EXCESSES[code]!,
          restrictedSeq: restricted,
        };
        counts[code]! += to - from;
        firsts[code] ??= found;
        const own = settledSeq.get(page);
        const settled = Math.max(own, harvestEndSeq);
        if (restricted === 0 || settled <= restricted) return;
        late += to - from;
        if (lateWrites.get(page) === 0) {
          latePages++;
          const by = own > restricted ? SETTLED_BY[settledBy.get(page)]! : 'harvest-end';
          if (examples.length < EXAMPLES) {
            examples.push({
              index: page,
              write: { ...found, settledSeq: own > restricted ? own : harvestEndSeq, settledBy: by },
            });
          }
        }
        lateWrites.add(page, to - from);
      },
      finish: () => ({
        byExcess: EXCESSES.flatMap((excess, code) =>
          counts[code]! > 0 ? [{ excess, writes: counts[code]!, first: firsts[code]! }] : [],
        ),
        late: {
          writes: late,
          pages: latePages,
          examples: examples.map(({ write, index }) => ({ ...write, writes: lateWrites.get(index) })),
        },
      }),
    };
  },
};
