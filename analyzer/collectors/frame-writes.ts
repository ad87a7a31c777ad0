/** What is known of the writes to each frame while the pass goes on. Its facts are nothing; it is there to be read. */
import { type Fold, seqOf } from '../../replayer/index.js';
import { transfer, type EventBatch } from '../../traces/index.js';
import { NumberColumn } from '../columns.js';
import { excessOf } from '../entry-permissions.js';
import type { CollectorDefinition } from '../pass.js';
import { suspects } from './suspects.js';

/** By frame. */
export interface FrameWrites {
  /** Seq of the last write, captured or not. */
  readonly last: NumberColumn;
  /** Seq of the first uncaptured write that went through a page table, where a strategy must see it; 0 where none did. */
  readonly promised: NumberColumn;
  /** 1: the first uncaptured write went through a stale translation, so nobody was asked to mark anything for it. */
  readonly unasked: NumberColumn;
}

export const frameWrites: CollectorDefinition<null, FrameWrites> = {
  id: 'frame-writes',
  create({ meta }, peers) {
    const suspicious = peers.of(suspects);
    const kernel = meta.actors.indexOf('kernel');
    const isNonCoherent = meta.options['nonCoherent'] === 1;
    /** A write may do more than reach one frame. */
    const isDeep = isNonCoherent || meta.spaces.some(({ kind }) => kind === 'second-stage');
    const [last, promised, unasked] = [new NumberColumn(), new NumberColumn(), new NumberColumn()];
    // A move takes the facts along to the new frame, which the fold knows once it has applied the event.
    let moved: Array<{ readonly page: number; readonly from: number }> = [];
    const settleMoves = ({ pages }: Fold) => {
      for (const { page, from } of moved)
        for (const column of [last, promised, unasked]) column.set(pages.frame[page]!, column.get(from));
      moved = [];
    };
    const note = (
      { frames }: Fold,
      frame: number,
      firstSeq: number,
      lastSeq: number,
      isAround: boolean,
      isUnasked: boolean,
    ) => {
      last.set(frame, lastSeq);
      if (frames.generation[frame] === frames.captured[frame]) {
        promised.set(frame, isAround ? 0 : firstSeq);
        unasked.set(frame, isUnasked ? 1 : 0);
      } else if (!isAround && promised.get(frame) === 0) promised.set(frame, firstSeq);
    };
    return {
      on: {
        'frame-move'(_batch, _row, fold, page) {
          settleMoves(fold);
          if (page >= 0) moved.push({ page, from: fold.pages.frame[page]! });
        },
        transfer({ space, page, slots }, row, fold) {
          settleMoves(fold);
          if (!isNonCoherent) return;
          const { pages, frames } = fold;
          // What stays in CPU caches alone is owed from here on.
          pages.forRange(space[row]!, page[row]!, slots[transfer.slot.pages]![row]!, (index) => {
            if (frames.cached[pages.frame[index]!]! > 0) promised.set(pages.frame[index]!, fold.seq + 1);
          });
        },
      },
      writes(batch: EventBatch, from: number, to: number, fold: Fold, page: number, frame: number, slot: number) {
        if (moved.length > 0) settleMoves(fold);
        const cpu = batch.cpu[from]!;
        const first = seqOf(batch, from);
        const end = seqOf(batch, to - 1);
        const { generation, captured } = fold.frames;
        // Nearly always: a CPU's, to a frame with writes that are uncaptured already.
        if (cpu >= 0 && !isDeep && generation[frame] !== captured[frame]) {
          last.set(frame, end);
          if (promised.get(frame) === 0) promised.set(frame, first);
          return;
        }
        // The kernel has no MMU of its own; a device may have one.
        const isAround = cpu < 0 && (batch.actor[from] === kernel || slot < 0);
        const isUnasked = slot >= 0 && suspicious.has(page) && excessOf(fold, page, fold.tlb(cpu)!, slot) >= 0;
        note(fold, frame, first, end, isAround, isUnasked);
        const behind = fold.backing(frame);
        if (behind >= 0) note(fold, fold.pages.frame[behind]!, first, end, isAround, isUnasked);
      },
      finish: () => null,
      live: { last, promised, unasked },
    };
  },
};
