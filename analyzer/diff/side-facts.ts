/**
 * One side of a comparison: the digest of its writes, and each epoch as it closes. Closed epochs wait in a queue for those of the
 * other side, so no more of them are held than a chunk or two contains.
 */
import { frameMove, harvestEnd, map, report, type EventBatch } from '../../traces/index.js';
import type { Fold } from '../../replayer/index.js';
import { widened } from '../columns.js';
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
  /** How many its side has closed with it. */
  readonly closed: number;
  /** The last write before that harvest began. */
  readonly lastWrite: WritePlace;
  /** What the consumer was told from the end of the harvest before to the end of this one. */
  readonly reported: PageRanges;
  /** (space, page) of each page that this harvest left stale and the one before did not, or the other way round; one after the other. */
  readonly staleChanges: readonly number[];
  /** Pages that were stale when it began and are no more. */
  readonly captured: readonly number[];
}

export class SideFacts {
  readonly digest = new WriteDigest();
  readonly stale = new StalePages();
  /** Epochs that closed and were not taken yet. */
  readonly queue: ClosedEpoch[] = [];
  /** Epochs that closed so far. */
  closed = 0;
  /** Writes so far, and of each CPU, by its number + 1. */
  writes = 0;
  ordinals = new Float64Array(8);
  #lastAt = 1;
  #lastSeq = 0;
  #closing: WritePlace | null = null;
  /** Epochs of the batch that have closed, before it is known which write came before them. */
  readonly #unplaced: Array<Omit<ClosedEpoch, 'lastWrite'>> = [];
  #harvesting = false;
  #reported = new PageRanges();

  /** No harvest that is still to close began after fewer writes than these. */
  get closesFrom(): number {
    return this.#closing?.write ?? this.writes;
  }

  /** The collector that fills these facts, but for what its batches are counted for by `SideWrites`. */
  collector(id: string): CollectorDefinition<SideFacts> {
    return {
      id,
      create: () => ({
        on: {
          'harvest-begin': (_batch, _row, fold) => this.#beginHarvest(fold),
          'harvest-end': (batch, row, fold) => this.#close(fold, batch.slots[harvestEnd.slot.harvest]![row]!),
          report: (batch, row) =>
            this.#reported.add(batch.space[row]!, batch.page[row]!, batch.slots[report.slot.pages]![row]!),
          map: (batch, row, fold) => this.#takesFrame(fold, batch.slots[map.slot.frame]![row]!),
          'frame-move': (batch, row, fold) => this.#takesFrame(fold, batch.slots[frameMove.slot.newFrame]![row]!),
        },
        batch: { kinds: [], take: (batch) => this.digest.take(batch) },
        finish: () => this,
      }),
    };
  }

  /** Counts writes of the CPU with that number + 1, the last of them in that row. */
  count(batch: EventBatch, row: number, at: number, writes: number): void {
    this.writes += writes;
    this.ordinals[at]! += writes;
    this.#lastAt = at;
    this.#lastSeq = batch.firstSeq + batch.row[row]!;
  }

  /** For CPU numbers below that, less 1. */
  makeRoom(cpus: number): void {
    this.ordinals = widened(this.ordinals, new Float64Array(cpus));
  }

  /** The count has come to a harvest's begin. */
  harvestBegan(): void {
    const at = this.#lastAt;
    this.#closing = { write: this.writes, seq: this.#lastSeq, cpu: at - 1, ordinal: this.ordinals[at]! };
  }

  /** The count has come to a harvest's end. */
  harvestEnded(): void {
    if (this.#closing === null) this.harvestBegan(); // a source that saw only its end
    this.queue.push({ ...this.#unplaced.shift()!, lastWrite: this.#closing! });
    this.#closing = null;
  }

  /** A page takes a frame, which may be that of another page already. */
  #takesFrame(fold: Fold, number: number): void {
    const frame = fold.frames.find(number);
    if (frame > 0 && fold.frames.mappers[frame]! > 0) this.stale.lookAtAll();
  }

  #beginHarvest(fold: Fold): void {
    this.#harvesting = true;
    this.stale.harvestBegins(fold);
  }

  #close(fold: Fold, epoch: number): void {
    this.closed++;
    if (!this.#harvesting) this.#beginHarvest(fold);
    this.#harvesting = false;
    const staleChanges: number[] = [];
    const { space, page } = fold.pages;
    const { changed, captured } = this.stale.harvestEnds(fold);
    for (const index of changed) staleChanges.push(space[index]!, page[index]!);
    const [reported, pages] = [this.#reported, captured.map((index) => page[index]!)];
    this.#unplaced.push({ epoch, closed: this.closed, reported, staleChanges, captured: pages });
    this.#reported = new PageRanges();
  }
}
