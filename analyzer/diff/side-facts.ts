/**
 * One side of a comparison: the digest of its writes, and each epoch as it closes. Closed epochs wait in a queue for those of the
 * other side, so no more of them are held than a chunk or two contains.
 */
import { frameMove, harvestEnd, map, report } from '../../traces/index.js';
import { type Fold, seqOf } from '../../replayer/index.js';
import type { CollectorDefinition } from '../pass.js';
import { PageRanges } from './page-ranges.js';
import { StalePages } from './stale-pages.js';
import { WriteDigest } from './write-digest.js';

/** A write by its place in the trail. */
export interface WritePlace {
  /** Position among all writes, from 1; 0 when there was none. */
  readonly write: number;
  readonly seq: number;
  readonly cpu: number;
  /** Position among the writes of its CPU, from 1. */
  readonly ordinal: number;
}

export interface ClosedEpoch {
  /** Ordinal of the harvest that closed it. */
  readonly epoch: number;
  /** The last write before that harvest began. */
  readonly lastWrite: WritePlace;
  /** What the consumer was told from the end of the harvest before to the end of this one. */
  readonly reported: PageRanges;
  /** (space, page) of each page that this harvest left stale and the one before did not, or the other way round; one after the other. */
  readonly staleChanges: readonly number[];
}

export class SideFacts {
  readonly digest = new WriteDigest();
  /** Epochs that closed and were not taken yet. */
  readonly queue: ClosedEpoch[] = [];
  /** Epochs that closed so far, whether kept or not. */
  closed = 0;
  /** Whether closed epochs are still wanted. */
  keepEpochs = true;
  /** Whether changes of stale pages are still wanted. */
  followStale = true;
  #writes = 0;
  #lastCpu = 0;
  #lastSeq = 0;
  #closing: WritePlace | null = null;
  #reported = new PageRanges();
  readonly #stale = new StalePages();

  /** The collector that fills these facts. */
  collector(id: string): CollectorDefinition<SideFacts> {
    return {
      id,
      create: () => ({
        on: {
          'harvest-begin': (_batch, _row, fold) => this.#beginHarvest(fold),
          'harvest-end': (batch, row, fold) => this.#close(fold, batch.slots[harvestEnd.slot.harvest]![row]!),
          report: (batch, row) => {
            const pages = batch.slots[report.slot.pages]![row]!;
            if (this.keepEpochs) this.#reported.add(batch.space[row]!, batch.page[row]!, pages);
          },
          map: (batch, row, fold) => this.#takesFrame(fold, batch.slots[map.slot.frame]![row]!),
          'frame-move': (batch, row, fold) => this.#takesFrame(fold, batch.slots[frameMove.slot.newFrame]![row]!),
        },
        writes: (batch, from, to, fold, page, frame) => {
          this.digest.take(batch, from, to);
          this.#writes += to - from;
          this.#lastCpu = batch.cpu[from]!;
          this.#lastSeq = seqOf(batch, to - 1);
          if (!this.followStale || page < 0) return;
          this.#stale.wrote(page);
          if (fold.pages.frame[page] !== frame) this.#stale.lookAtAll();
        },
        finish: () => this,
      }),
    };
  }

  /** A page takes a frame, which may be that of another page already. */
  #takesFrame(fold: Fold, number: number): void {
    const frame = fold.frames.find(number);
    if (frame > 0 && fold.frames.mappers[frame]! > 0) this.#stale.lookAtAll();
  }

  #lastWrite(): WritePlace {
    return {
      write: this.#writes,
      seq: this.#lastSeq,
      cpu: this.#lastCpu,
      ordinal: this.digest.writesOf(this.#lastCpu),
    };
  }

  #beginHarvest(fold: Fold): void {
    this.#closing = this.#lastWrite();
    if (this.followStale) this.#stale.harvestBegins(fold);
  }

  #close(fold: Fold, epoch: number): void {
    this.closed++;
    if (this.#closing === null) this.#beginHarvest(fold); // a source that saw only its end
    const lastWrite = this.#closing!;
    this.#closing = null;
    if (!this.keepEpochs) return;
    const staleChanges: number[] = [];
    if (this.followStale) {
      const { space, page } = fold.pages;
      for (const index of this.#stale.harvestEnds(fold)) staleChanges.push(space[index]!, page[index]!);
    }
    this.queue.push({ epoch, lastWrite, reported: this.#reported, staleChanges });
    this.#reported = new PageRanges();
  }
}
