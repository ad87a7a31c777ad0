/**
 * How many harvests a write waited until its page was reported, or its bytes were transferred. Epoch k ends with harvest k, and what was written in it is
 * due at that harvest; many interfaces allow one more (a write that comes while the round is under way). Asked once for each stretch of uncaptured
 * writes to a frame, when it ends, by the first of them.
 */
import { harvestEnd, report, transfer, type EventBatch } from '../../traces/index.js';
import { type Fold, lastIndexWhere, seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import type { CollectorDefinition } from '../pass.js';
import { frameWrites } from './frame-writes.js';

/** Pages that are named, for each lag. */
const EXAMPLES = 20;
/** Lags from here on are one. */
export const LAG_MAX = 4;

export interface LateReport {
  readonly space: number;
  readonly page: number;
  readonly index: number;
  /** The first write that waited, and the end of its epoch. */
  readonly writeSeq: number;
  readonly dueSeq: number;
  readonly epoch: number;
  /** The report (or transfer) that came; at the end of the trail, the end of the last harvest that did not bring it. */
  readonly seq: number;
  readonly reported: boolean;
  /** Harvests that ended without it, after the write. */
  readonly lag: number;
}

export interface ReportLags {
  /** Stretches by harvests that they waited; the last entry stands for that many and more. */
  readonly stretches: readonly number[];
  /** The first of each lag from 1 on. */
  readonly examples: ReadonlyArray<readonly LateReport[]>;
}

export const reportLags: CollectorDefinition<ReportLags> = {
  id: 'report-lags',
  create(_source, peers) {
    const written = peers.of(frameWrites);
    /** Where each harvest ended, and its number. */
    const ends: number[] = [];
    const numbers: number[] = [];
    /** By frame: the last stretch that was answered, by its first write. */
    const answered = new NumberColumn();
    const stretches = Array.from({ length: LAG_MAX + 1 }, () => 0);
    const examples = Array.from({ length: LAG_MAX + 1 }, (): LateReport[] => []);

    const answer = (fold: Fold, page: number, seq: number, reported: boolean) => {
      const frame = fold.pages.frame[page]!;
      const writeSeq = written.promised.get(frame);
      if (writeSeq === 0 || answered.get(frame) === writeSeq) return;
      answered.set(frame, writeSeq);
      const due = lastIndexWhere(ends.length, (at) => ends[at]! < writeSeq) + 1;
      const lag = ends.length - due;
      const at = Math.min(lag, LAG_MAX);
      stretches[at]!++;
      const list = examples[at]!;
      if (at === 0 || list.length === EXAMPLES) return;
      list.push({
        space: fold.pages.space[page]!,
        page: fold.pages.page[page]!,
        index: page,
        writeSeq,
        dueSeq: ends[due]!,
        epoch: numbers[due]!,
        seq,
        reported,
        lag,
      });
    };
    const told = (batch: EventBatch, row: number, fold: Fold, pages: number) => {
      const seq = seqOf(batch, row);
      fold.pages.forRange(batch.space[row]!, batch.page[row]!, pages, (page) => {
        if (fold.isStale(page)) answer(fold, page, seq, true);
      });
    };

    return {
      on: {
        report: (batch, row, fold) => told(batch, row, fold, batch.slots[report.slot.pages]![row]!),
        transfer: (batch, row, fold) => told(batch, row, fold, batch.slots[transfer.slot.pages]![row]!),
        'harvest-end'(batch, row) {
          ends.push(seqOf(batch, row));
          numbers.push(batch.slots[harvestEnd.slot.harvest]![row]!);
        },
      },
      finish(end) {
        const { frames, pages, spaces } = end;
        for (let frame = 1; frame < frames.count && ends.length > 0; frame++) {
          if (frames.mappers[frame] === 0 || frames.generation[frame]! <= frames.captured[frame]!) continue;
          const home = end.homeOf(frame);
          // What went around the page tables is promised by nobody.
          if (!spaces.hasConsumer(pages.space[home]!) || written.promised.get(frame) === 0) continue;
          if (written.promised.get(frame) < ends.at(-1)!) answer(end, home, ends.at(-1)!, false);
        }
        return { stretches, examples };
      },
    };
  },
};
