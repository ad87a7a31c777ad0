/**
 * How late the consumer learns of a change: from the first write to a frame that it lacks to the transfer that brings that write. Each frame is
 * measured once for each time it is dirtied, however often it is written until then; what is never transferred has no lag, and is a
 * matter of losses. Times are those of the events, overhead included.
 */
import { cacheFlush, transfer } from '../../traces/index.js';
import { type Fold, seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import { Distribution } from '../cost/distribution.js';
import type { CollectorDefinition } from '../pass.js';

export interface Lags {
  /** Ns, one for each time that a frame was dirtied and a consumer got what was written. */
  readonly ns: Distribution;
  /** Sum of them, ns: exact where the distribution is rounded. */
  readonly sumNs: number;
}

export const lags: CollectorDefinition<Lags> = {
  id: 'lags',
  create() {
    const ns = new Distribution();
    let sumNs = 0;
    /** By frame: time of the first write that the consumer lacks and a transfer would bring; means something where there is one. */
    const since = new NumberColumn();
    /** The same of those that are in CPU caches alone, so that no transfer brings them yet. */
    const cachedSince = new NumberColumn();
    /** By frame: the transfer that brought something last, which may name several pages of the frame. */
    const broughtBy = new NumberColumn();

    /** Whether a transfer would bring something of the frame. */
    const owes = ({ frames }: Fold, frame: number) =>
      frames.generation[frame]! - frames.cached[frame]! > frames.captured[frame]!;
    /** Since when a transfer would be owed if CPU caches were written back now. */
    const sinceWrittenBack = (fold: Fold, frame: number) => {
      if (fold.frames.cached[frame] === 0) return since.get(frame);
      const cachedNs = cachedSince.get(frame);
      return owes(fold, frame) ? Math.min(since.get(frame), cachedNs) : cachedNs;
    };

    // A move takes what was written along to the new frame, which the fold knows once it has applied the event.
    let moved: Array<{ readonly page: number; readonly from: number; readonly sinceNs: number }> = [];
    const settleMoves = ({ pages, frames }: Fold) => {
      for (const { page, from, sinceNs } of moved) {
        const to = pages.frame[page]!;
        // Where the new frame held something newer already, that stayed.
        if (to !== from && frames.generation[to] === frames.generation[from]) since.set(to, sinceNs);
      }
      moved = [];
    };

    return {
      on: {
        'frame-move'(_batch, _row, fold, page) {
          settleMoves(fold);
          const from = page < 0 ? 0 : fold.pages.frame[page]!;
          if (from !== 0) moved.push({ page, from, sinceNs: sinceWrittenBack(fold, from) });
        },
        // What is mapped anew begins with no writes, the frame that was left by a move too.
        map: (_batch, _row, fold) => settleMoves(fold),
        'cache-flush'({ space, page, slots }, row, fold) {
          settleMoves(fold);
          const { pages } = fold;
          pages.forRange(space[row]!, page[row]!, slots[cacheFlush.slot.pages]![row]!, (index) => {
            const frame = pages.frame[index]!;
            since.set(frame, sinceWrittenBack(fold, frame));
          });
        },
        transfer(batch, row, fold) {
          settleMoves(fold);
          const { pages } = fold;
          const atNs = batch.time[row]!;
          const seq = seqOf(batch, row);
          const count = batch.slots[transfer.slot.pages]![row]!;
          pages.forRange(batch.space[row]!, batch.page[row]!, count, (index) => {
            const frame = pages.frame[index]!;
            if (frame === 0 || !owes(fold, frame) || broughtBy.get(frame) === seq) return;
            broughtBy.set(frame, seq);
            const lagNs = atNs - since.get(frame);
            ns.add(lagNs);
            sumNs += lagNs;
          });
        },
      },
      dirtyingWrites(batch, from, _to, fold, _page, frame) {
        if (moved.length > 0) settleMoves(fold);
        if (!fold.staysInCaches(batch, from)) {
          if (!owes(fold, frame)) since.set(frame, batch.time[from]!);
        } else if (fold.frames.cached[frame] === 0) cachedSince.set(frame, batch.time[from]!);
        const backing = fold.backing(frame);
        const behind = backing < 0 ? 0 : fold.pages.frame[backing]!;
        if (behind !== 0 && !owes(fold, behind)) since.set(behind, batch.time[from]!);
      },
      finish: () => ({ ns, sumNs }),
    };
  },
};
