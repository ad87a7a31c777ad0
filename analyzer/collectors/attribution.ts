/**
 * Which pages the consumer was told of in each epoch: those that had something new, by their last report, and for each epoch one page that had
 * nothing. With what is lost in the end it tells whether one page was named in place of another. A page that was written while the round before was
 * under way may be named again with good reason, whatever that round captured, so it does not count.
 */
import { harvestEnd, report } from '../../traces/index.js';
import { type Fold, lastIndexWhere, seqOf } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';
import type { CollectorDefinition } from '../pass.js';
import { frameWrites } from './frame-writes.js';

export interface EmptyReport {
  readonly space: number;
  readonly page: number;
  readonly cpu: number;
  readonly seq: number;
  readonly harvest: number;
}

export interface Attribution {
  /** The last report of a page (an index) that had something new; 0 where there was none. */
  reportedSeq(page: number): number;
  /** The first write to a frame since it was captured went through a stale translation: nobody was asked to mark anything for it. */
  isUnasked(frame: number): boolean;
  /**
   * The last report without anything new that the consumer of the space got after that event, in the same epoch; undefined where there
   * was none, or the epoch has no end.
   */
  emptyReportAfter(space: number, seq: number): EmptyReport | undefined;
}

interface Epoch {
  readonly beginSeq: number;
  readonly endSeq: number;
  /** By consumer: that of the second stage, and that of everybody else. */
  readonly empty: ReadonlyMap<boolean, EmptyReport>;
}

export const attribution: CollectorDefinition<Attribution> = {
  id: 'attribution',
  create(_source, peers) {
    const written = peers.of(frameWrites);
    const reportedSeq = new NumberColumn();
    /** The last move of a page: it takes the writes along. */
    const movedSeq = new NumberColumn();
    /** Begin of this round and of the one before. */
    let begunSeq = 0;
    let begunBeforeSeq = 0;
    /** Only those with an empty report are kept. */
    const epochs: Epoch[] = [];
    let beginSeq = 0;
    let empty = new Map<boolean, Omit<EmptyReport, 'harvest'>>();
    const isHost = (fold: Fold, space: number) => space === fold.spaces.secondStage;
    return {
      on: {
        'frame-move'(batch, row, _fold, page) {
          if (page >= 0) movedSeq.set(page, seqOf(batch, row));
        },
        'harvest-begin'(batch, row) {
          begunBeforeSeq = begunSeq;
          begunSeq = seqOf(batch, row);
        },
        report(batch, row, fold) {
          const seq = seqOf(batch, row);
          const space = batch.space[row]!;
          fold.pages.forRange(space, batch.page[row]!, batch.slots[report.slot.pages]![row]!, (index) => {
            if (fold.isStale(index)) reportedSeq.set(index, seq);
            else if (Math.max(written.last.get(fold.pages.frame[index]!), movedSeq.get(index)) <= begunBeforeSeq)
              empty.set(isHost(fold, space), { space, page: fold.pages.page[index]!, cpu: batch.cpu[row]!, seq });
          });
        },
        'harvest-end'(batch, row) {
          const endSeq = seqOf(batch, row);
          const epoch = { beginSeq, endSeq };
          beginSeq = endSeq;
          if (empty.size === 0) return;
          const harvest = batch.slots[harvestEnd.slot.harvest]![row]!;
          const named = [...empty].map(([side, one]) => [side, { ...one, harvest }] as const);
          epochs.push({ ...epoch, empty: new Map(named) });
          empty = new Map();
        },
      },
      finish: (end) => ({
        reportedSeq: (page) => reportedSeq.get(page),
        isUnasked: (frame) => written.unasked.get(frame) === 1,
        emptyReportAfter(space, seq) {
          const epoch = epochAt(epochs, seq);
          const found = epoch?.empty.get(isHost(end, space));
          return found !== undefined && found.seq > seq ? found : undefined;
        },
      }),
    };
  },
};

/** The epoch that the event is in, if it is kept. */
function epochAt(epochs: readonly Epoch[], seq: number): Epoch | undefined {
  const epoch = epochs[lastIndexWhere(epochs.length, (at) => epochs[at]!.endSeq < seq) + 1];
  return epoch !== undefined && epoch.beginSeq < seq ? epoch : undefined;
}
