/**
 * Writes that went through a TLB entry allowing more than the in-memory entry. Each is counted by what it allowed; those that came
 * after the page was declared settled (transferred, its mark cleared, freed, or the harvest over) also by page, because nobody looks
 * at that page again before it is marked anew. What is declared is asked of the page written and of the host's page behind it.
 */
import { carrierBit, mark, transfer, unmap } from '../../traces/index.js';
import { seqOf, type Fold } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import { EXCESSES, excessOf, type Excess, WITHOUT_ENTRIES } from '../entry-permissions.js';
import type { CollectorDefinition } from '../pass.js';
import { restrictions } from './restrictions.js';
import { suspects } from './suspects.js';

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

type LateFields = 'restrictedSeq' | 'settledSeq' | 'settledBy';
const SETTLED_BY = ['transfer', 'mark', 'unmap'] as const;
type SettledBy = (typeof SETTLED_BY)[number];

/** The last event that declared something settled, by index. */
class Settled {
  readonly #seq = new NumberColumn();
  readonly #by = new NumberColumn();

  set(index: number, seq: number, by: SettledBy): void {
    this.#seq.set(index, seq);
    this.#by.set(index, SETTLED_BY.indexOf(by));
  }

  /** That event, where it came after the one at `seq`. */
  after(seq: number, index: number): { readonly seq: number; readonly by: SettledBy } | undefined {
    const at = this.#seq.get(index);
    return at > seq ? { seq: at, by: SETTLED_BY[this.#by.get(index)]! } : undefined;
  }
}

export const staleWrites: CollectorDefinition<StaleWrites> = {
  id: 'stale-writes',
  create({ meta }, peers) {
    const { seq: takenSeq, actor: restrictedBy, byMonitor } = peers.of(restrictions);
    const movedSeq = new NumberColumn();
    const restrictedAt = (page: number) => Math.max(takenSeq.get(page), movedSeq.get(page));
    const suspicious = peers.of(suspects);
    const settledPages = new Settled();
    const settledFrames = new Settled();
    /** An entry that the program restricted, as an unmap or a move does: the end of a harvest beside it settles nothing. */
    const programs = meta.actors.map((actor) => actor.startsWith('program'));
    const lateWrites = new NumberColumn();
    const counts = EXCESSES.map(() => 0);
    const firsts: StaleWrite[] = [];
    const examples: Array<{ readonly write: LateStaleWrite; readonly index: number }> = [];
    let late = 0;
    let latePages = 0;
    let harvestEndSeq = 0;

    const settle = (fold: Fold, page: number, seq: number, by: SettledBy) => {
      if (fold.isMapped(page)) settledFrames.set(fold.pages.frame[page]!, seq, by);
      else settledPages.set(page, seq, by);
    };
    /** What declared the page settled after its entry (or that of the huge page it is part of) was restricted; null where nothing did. */
    const lateness = (fold: Fold, page: number, entry: number): Pick<LateStaleWrite, LateFields> | null => {
      const restricted = Math.max(restrictedAt(page), restrictedAt(entry));
      if (restricted === 0 || fold.isMarked(page) || fold.readsOf(fold.pages.space[page]!) & WITHOUT_ENTRIES)
        return null;
      const frame = fold.pages.frame[page]!;
      const settled =
        (frame === 0 ? undefined : settledFrames.after(restricted, frame)) ??
        settledPages.after(restricted, page) ??
        null;
      if (settled !== null) return { restrictedSeq: restricted, settledSeq: settled.seq, settledBy: settled.by };
      if (harvestEndSeq <= restricted || programs[restrictedBy.get(page)] === true) return null;
      return { restrictedSeq: restricted, settledSeq: harvestEndSeq, settledBy: 'harvest-end' };
    };

    return {
      on: {
        'frame-move'(batch, row, _fold, page) {
          if (page >= 0) movedSeq.set(page, seqOf(batch, row));
        },
        transfer(batch, row, fold) {
          const seq = seqOf(batch, row);
          fold.pages.forRange(batch.space[row]!, batch.page[row]!, batch.slots[transfer.slot.pages]![row]!, (index) =>
            settle(fold, index, seq, 'transfer'),
          );
        },
        mark(batch, row, fold) {
          const read = fold.readsOf(batch.space[row]!) & carrierBit(batch.slots[mark.slot.carrier]![row]!);
          if (batch.slots[mark.slot.value]![row] !== 0 || read === 0) return;
          const seq = seqOf(batch, row);
          fold.pages.forRange(batch.space[row]!, batch.page[row]!, batch.slots[mark.slot.pages]![row]!, (index) =>
            settle(fold, index, seq, 'mark'),
          );
        },
        [unmap.kind](batch, row, _fold, page) {
          if (page >= 0) settledPages.set(page, seqOf(batch, row), 'unmap');
        },
        'harvest-end'(batch, row) {
          harvestEndSeq = seqOf(batch, row);
        },
      },
      writes(batch, from, to, fold, page, _frame, slot) {
        if (slot < 0 || !suspicious.has(page)) return;
        const cpu = batch.cpu[from]!;
        const tlb = fold.tlb(cpu)!;
        const under = fold.backing(fold.pages.frame[page]!);
        const behind = under >= 0 && byMonitor.get(under) === 1 ? -1 : under;
        const allowed = behind < 0 ? fold.pteFlags(page) : fold.pteFlags(page) & fold.pteFlags(behind);
        const code = excessOf(fold, page, tlb, slot, allowed);
        if (code < 0) {
          suspicious.review(fold, page);
          return;
        }
        const entry = tlb.page[slot]!;
        const found = {
          seq: seqOf(batch, from),
          cpu,
          space: batch.space[from]!,
          page: batch.page[from]!,
          excess: EXCESSES[code]!,
          restrictedSeq: Math.max(restrictedAt(page), restrictedAt(entry), behind < 0 ? 0 : restrictedAt(behind)),
        };
        counts[code]! += to - from;
        firsts[code] ??= found;
        const exceeds = (at: number) => excessOf(fold, page, tlb, slot, fold.pteFlags(at)) >= 0;
        const settled =
          (exceeds(page) ? lateness(fold, page, entry) : null) ??
          (behind >= 0 && exceeds(behind) ? lateness(fold, behind, behind) : null);
        if (settled === null) return;
        late += to - from;
        if (lateWrites.get(page) === 0) {
          latePages++;
          if (examples.length < EXAMPLES) examples.push({ index: page, write: { ...found, ...settled } });
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
