/**
 * Writes that miss the frame of their page. Either they go through a translation to the frame that the page had before it was moved, mapped anew or
 * given up; or they come after the contents were read for the copy that then takes the frame's place.
 */
import { declare, map, type EventBatch } from '../../traces/index.js';
import { type Fold, seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import type { CollectorDefinition } from '../pass.js';
import { forClaimed, type StandingClaim } from './claims.js';

/** Pages that are named. */
const EXAMPLES = 20;

export interface DisplacedWrite {
  readonly space: number;
  readonly page: number;
  /** The first such write to the page; cpu -1: a device, or the kernel. */
  readonly seq: number;
  readonly cpu: number;
  readonly writes: number;
  /** The event by which the page left the frame: before the write, or after it where it missed a copy. */
  readonly movedSeq: number;
  /** The page has a frame, another one. */
  readonly hasFrame: boolean;
  /** The contents had been read at this point; null where the write came after the page had left. */
  readonly read: StandingClaim | null;
}

export interface DisplacedWrites {
  readonly writes: number;
  readonly pages: number;
  readonly examples: readonly DisplacedWrite[];
}

/** Contents that an actor has read, and what was written since. */
interface Copy {
  readonly page: number;
  readonly claim: StandingClaim;
  seq: number;
  cpu: number;
  writes: number;
}

export const displacedWrites: CollectorDefinition<DisplacedWrites> = {
  id: 'displaced-writes',
  create() {
    const movedSeq = new NumberColumn();
    /** By frame. */
    const copies = new Map<number, Copy[]>();
    const found = new Map<number, { -readonly [K in keyof DisplacedWrite]: DisplacedWrite[K] }>();
    const missed = new NumberColumn();
    let pages = 0;
    let writes = 0;

    const note = ({ pages: table }: Fold, page: number, write: Omit<DisplacedWrite, 'space' | 'page'>) => {
      writes += write.writes;
      if (missed.get(page) === 0) pages++;
      missed.add(page, write.writes);
      const known = found.get(page);
      if (known !== undefined) known.writes += write.writes;
      else if (found.size < EXAMPLES) found.set(page, { space: table.space[page]!, page: table.page[page]!, ...write });
    };

    /** Copies of what the frame holds are read before now. */
    const written = (frame: number, batch: EventBatch, from: number, to: number) => {
      for (const copy of copies.get(frame) ?? []) {
        if (copy.writes === 0) {
          copy.seq = seqOf(batch, from);
          copy.cpu = batch.cpu[from]!;
        }
        copy.writes += to - from;
      }
    };

    /** The page leaves its frame: what was written since the mover read it is missed. */
    const leave = (batch: EventBatch, row: number, fold: Fold, page: number) => {
      const frame = fold.pages.frame[page]!;
      const seq = seqOf(batch, row);
      movedSeq.set(page, seq);
      const read = copies.get(frame);
      if (read === undefined) return;
      const actor = batch.actor[row]!;
      const mine = read.find((copy) => copy.page === page && copy.claim.actor === actor);
      if (mine !== undefined && mine.writes > 0) {
        const { seq: first, cpu, writes: since, claim } = mine;
        note(fold, page, { seq: first, cpu, writes: since, movedSeq: seq, hasFrame: true, read: claim });
      }
      const others = read.filter((copy) => copy.page !== page);
      if (others.length > 0) copies.set(frame, others);
      else copies.delete(frame);
    };

    return {
      on: {
        [declare.kind](batch, row, fold) {
          forClaimed(batch, row, fold, ['copied', 'compared'], (page, claim) => {
            const frame = fold.pages.frame[page]!;
            if (frame === 0) return;
            const others = (copies.get(frame) ?? []).filter(
              (copy) => copy.page !== page || copy.claim.actor !== claim.actor,
            );
            copies.set(frame, [...others, { page, claim, seq: 0, cpu: 0, writes: 0 }]);
          });
        },
        'frame-move'(batch, row, fold, page) {
          if (page >= 0) leave(batch, row, fold, page);
        },
        map(batch, row, fold, page) {
          if (page < 0 || fold.pages.frame[page] === 0) return;
          const to = batch.slots[map.slot.frame]![row]!;
          if (fold.frames.numberOf(fold.pages.frame[page]!) !== to) leave(batch, row, fold, page);
        },
        unmap(batch, row, fold, page) {
          if (page < 0) return;
          movedSeq.set(page, seqOf(batch, row));
          copies.delete(fold.pages.frame[page]!);
        },
      },
      writes(batch, from, to, fold, page, frame, slot) {
        if (copies.size > 0) {
          written(frame, batch, from, to);
          const behind = fold.backing(frame);
          if (behind >= 0) written(fold.pages.frame[behind]!, batch, from, to);
        }
        if (page < 0 || frame === fold.pages.frame[page] || movedSeq.get(page) === 0) return;
        if (slot < 0) return;
        const cpu = batch.cpu[from]!;
        const hasFrame = fold.pages.frame[page] !== 0;
        const moved = movedSeq.get(page);
        note(fold, page, { seq: seqOf(batch, from), cpu, writes: to - from, movedSeq: moved, hasFrame, read: null });
      },
      finish: () => ({ writes, pages, examples: [...found.values()] }),
    };
  },
};
