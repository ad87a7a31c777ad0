/**
 * The writes to each frame that the consumer has not captured: where a loss begins, if it is one, and who made them. Lost pages
 * themselves are a matter of the end state; see `missedPages`.
 */
import { transfer } from '../../traces/index.js';
import type { CollectorDefinition } from '../pass.js';
import { NumberColumn } from '../columns.js';
import { seqOf, type Fold } from '../../replayer/index.js';

/** Both mean something for a frame (by index) whose generation is newer than captured. */
export interface UncapturedWrites {
  /** Seq of the first uncaptured write. */
  firstSeq(frame: number): number;
  /** Uncaptured writes that went through no entry of any MMU: of a device, or of the kernel by a mapping of its own. */
  around(frame: number): number;
  /** Frames that were given up while they held such writes. */
  readonly discarded: Discarded;
}

/** Writes that went with the frame they had reached. */
export interface DiscardedWrites {
  readonly space: number;
  readonly page: number;
  /** The event that gave the frame up. */
  readonly seq: number;
  readonly cpu: number;
  readonly writes: number;
  readonly firstSeq: number;
}

export interface Discarded {
  /** Some of the writes went through a page table, where a strategy must see them. */
  readonly lost: DiscardedList;
  readonly invisible: DiscardedList;
}

export interface DiscardedList {
  readonly pages: number;
  /** The first of them. */
  readonly examples: readonly DiscardedWrites[];
}

/** Pages that are named. */
const EXAMPLES = 20;

export const uncapturedWrites: CollectorDefinition<UncapturedWrites> = {
  id: 'uncaptured-writes',
  create({ meta }) {
    const kernel = meta.actors.indexOf('kernel');
    /** A write may be in CPU caches alone. */
    const hasCached = meta.options['nonCoherent'] === 1;
    const firstSeq = new NumberColumn();
    const around = new NumberColumn();
    // The same of the writes that are in CPU caches alone: a transfer that comes now does not capture them.
    const firstCachedSeq = new NumberColumn();
    const cachedAround = new NumberColumn();
    const note = (
      { frames }: Fold,
      frame: number,
      seq: number,
      writes: number,
      isAround: boolean,
      isCached: boolean,
    ) => {
      if (frames.generation[frame] === frames.captured[frame]) {
        firstSeq.set(frame, seq);
        around.set(frame, 0);
      }
      if (isAround) around.add(frame, writes);
      if (!isCached) return;
      if (frames.cached[frame] === 0) {
        firstCachedSeq.set(frame, seq);
        cachedAround.set(frame, 0);
      }
      if (isAround) cachedAround.add(frame, writes);
    };
    const lost = { pages: 0, examples: [] as DiscardedWrites[] };
    const invisible = { pages: 0, examples: [] as DiscardedWrites[] };
    // A move takes the facts along to the new frame, which the fold knows once it has applied the event.
    let moved: Array<{ readonly page: number; readonly from: number }> = [];
    const settleMoves = ({ pages }: Fold) => {
      for (const { page, from } of moved) {
        const to = pages.frame[page]!;
        for (const column of [firstSeq, around, firstCachedSeq, cachedAround]) column.set(to, column.get(from));
      }
      moved = [];
    };
    return {
      on: {
        'frame-move'(_batch, _row, fold, page) {
          settleMoves(fold);
          if (page >= 0) moved.push({ page, from: fold.pages.frame[page]! });
        },
        /** Nobody else is on the frame, so nobody will ever read it. */
        unmap(batch, row, fold, page) {
          settleMoves(fold);
          const frame = page < 0 ? 0 : fold.pages.frame[page]!;
          const writes = fold.frames.generation[frame]! - fold.frames.captured[frame]!;
          const space = batch.space[row]!;
          if (frame === 0 || writes <= 0 || fold.frames.mappers[frame] !== 1 || !fold.spaces.hasConsumer(space)) return;
          const list = around.get(frame) === writes ? invisible : lost;
          list.pages++;
          if (list.examples.length === EXAMPLES) return;
          const [seq, cpu] = [seqOf(batch, row), batch.cpu[row]!];
          list.examples.push({ space, page: batch.page[row]!, seq, cpu, writes, firstSeq: firstSeq.get(frame) });
        },
        transfer({ space, page, slots }, row, fold) {
          settleMoves(fold);
          if (!hasCached) return;
          const { pages, frames } = fold;
          pages.forRange(space[row]!, page[row]!, slots[transfer.slot.pages]![row]!, (index) => {
            const frame = pages.frame[index]!;
            if (frames.cached[frame] === 0) return;
            firstSeq.set(frame, firstCachedSeq.get(frame));
            around.set(frame, cachedAround.get(frame));
          });
        },
      },
      dirtyingWrites(batch, from, to, fold, page, frame) {
        if (moved.length > 0) settleMoves(fold);
        const seq = seqOf(batch, from);
        // The kernel has no MMU of its own; a device may have one.
        const isAround = batch.cpu[from]! < 0 && (batch.actor[from] === kernel || fold.translation(-1, page) < 0);
        note(fold, frame, seq, to - from, isAround, fold.staysInCaches(batch, from));
        const behind = fold.backing(frame);
        if (behind >= 0) note(fold, fold.pages.frame[behind]!, seq, to - from, isAround, false);
      },
      finish(end) {
        settleMoves(end);
        return {
          firstSeq: (frame) => firstSeq.get(frame),
          around: (frame) => around.get(frame),
          discarded: { lost, invisible },
        };
      },
    };
  },
};

export interface MissedPages {
  /** Indices of the pages, one for each frame: the first page that is on it. In no order. */
  readonly pages: readonly number[];
  /** Writes the consumer will never see: generation minus captured, summed over the frames. */
  readonly writes: number;
}

/**
 * Pages with writes that their consumer lacks and no carrier, of those that it reads, to tell it so. `lost`: at least one of the writes
 * went through a page table, where a strategy must see it. `invisible`: none did.
 */
export function missedPages(end: Fold, uncaptured: UncapturedWrites): { lost: MissedPages; invisible: MissedPages } {
  const lost = { pages: [] as number[], writes: 0 };
  const invisible = { pages: [] as number[], writes: 0 };
  const { frames, pages, spaces } = end;
  for (let frame = 1; frame < frames.count; frame++) {
    const writes = frames.generation[frame]! - frames.captured[frame]!;
    if (writes <= 0 || frames.mappers[frame] === 0) continue;
    const home = end.homeOf(frame);
    if (!spaces.hasConsumer(pages.space[home]!) || end.isMarked(home)) continue;
    const missed = uncaptured.around(frame) === writes ? invisible : lost;
    missed.pages.push(home);
    missed.writes += writes;
  }
  return { lost, invisible };
}
