/**
 * The writes to each frame that the consumer has not captured: where a loss begins, if it is one, and who made them. Lost pages
 * themselves are a matter of the end state; see `missedPages`.
 */
import type { CollectorDefinition } from '../pass.js';
import { NumberColumn } from '../columns.js';
import { seqOf, type Fold } from '../../replayer/index.js';

/** Both mean something for a frame (by index) whose generation is newer than captured. */
export interface UncapturedWrites {
  /** Seq of the first uncaptured write. */
  firstSeq(frame: number): number;
  /** Uncaptured writes that went through no page table: of a device, or of the kernel by a mapping of its own. */
  around(frame: number): number;
}

export const uncapturedWrites: CollectorDefinition<UncapturedWrites> = {
  id: 'uncaptured-writes',
  create() {
    const firstSeq = new NumberColumn();
    const around = new NumberColumn();
    return {
      writes(batch, from, to, fold, _page, frame) {
        if (fold.frames.generation[frame] === fold.frames.captured[frame]) {
          firstSeq.set(frame, seqOf(batch, from));
          around.set(frame, 0);
        }
        if (batch.cpu[from]! < 0) around.add(frame, to - from);
      },
      finish: () => ({ firstSeq: (frame) => firstSeq.get(frame), around: (frame) => around.get(frame) }),
    };
  },
};

export interface MissedPages {
  /** Indices of the pages, in no order. */
  readonly pages: readonly number[];
  /** Writes the consumer will never see: generation minus captured, summed over the pages. */
  readonly writes: number;
}

/**
 * Pages with writes that the consumer lacks and no carrier, of those that it reads, to tell it so. `lost`: at least one of the writes
 * went through a page table, where a strategy must see it. `invisible`: none did.
 */
export function missedPages(end: Fold, uncaptured: UncapturedWrites): { lost: MissedPages; invisible: MissedPages } {
  const lost = { pages: [] as number[], writes: 0 };
  const invisible = { pages: [] as number[], writes: 0 };
  for (let page = 0; page < end.pages.count; page++) {
    if (!end.isStale(page) || end.isMarked(page)) continue;
    const writes = end.generationOf(page) - end.capturedOf(page);
    const missed = uncaptured.around(end.pages.frame[page]!) === writes ? invisible : lost;
    missed.pages.push(page);
    missed.writes += writes;
  }
  return { lost, invisible };
}
