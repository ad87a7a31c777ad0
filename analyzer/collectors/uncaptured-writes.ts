/**
 * The first write to each frame that the consumer has not captured: where a loss begins, if it is one. Lost pages themselves are
 * a matter of the end state; see `lostPages`.
 */
import type { CollectorDefinition } from '../pass.js';
import { NumberColumn } from '../columns.js';
import { seqOf, type Fold } from '../../replayer/index.js';

export interface UncapturedWrites {
  /** Seq of the first uncaptured write to a frame (by index); means something where generation is newer than captured. */
  firstSeq(frame: number): number;
}

export const uncapturedWrites: CollectorDefinition<UncapturedWrites> = {
  id: 'uncaptured-writes',
  create() {
    const firstSeq = new NumberColumn();
    return {
      writes(batch, from, _to, fold, _page, frame) {
        if (fold.frames.generation[frame] === fold.frames.captured[frame]) firstSeq.set(frame, seqOf(batch, from));
      },
      finish: () => ({ firstSeq: (frame) => firstSeq.get(frame) }),
    };
  },
};

export interface LostPages {
  /** Indices of the pages, in no order. */
  readonly pages: readonly number[];
  /** Writes the consumer will never see: generation minus captured, summed over the pages. */
  readonly writes: number;
}

/** Pages with writes that the consumer lacks and no carrier, of those that it reads, to tell it so. */
export function lostPages(end: Fold): LostPages {
  const pages: number[] = [];
  let writes = 0;
  for (let page = 0; page < end.pages.count; page++) {
    if (!end.isStale(page) || end.isMarked(page)) continue;
    pages.push(page);
    writes += end.generationOf(page) - end.capturedOf(page);
  }
  return { pages, writes };
}
