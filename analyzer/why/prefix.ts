/** A trail up to an event, as if it ended there: for questions about a moment that are answered by what is known at the end. */
import {
  EventBatch,
  type PageQuery,
  type PageScope,
  type Selection,
  type SlotQuery,
  type StateSink,
  type Topic,
  type TrailMeta,
} from '../../traces/index.js';
import { type ChunkFacts, chunkOfSeq, copyRows, type EventSource, lastIndexWhere } from '../../replayer/index.js';

export class Prefix implements EventSource {
  readonly ending = null;
  readonly chunks: readonly ChunkFacts[];
  readonly #source: EventSource;
  readonly #seq: number;
  #whole: EventBatch | undefined;

  /** @param seq the last event, which must exist */
  constructor(source: EventSource, seq: number) {
    this.#source = source;
    this.#seq = seq;
    const last = seq < 1 ? -1 : chunkOfSeq(source, seq);
    this.chunks = source.chunks
      .slice(0, last + 1)
      .map((chunk, at) => (at === last ? this.#cutShort(chunk, at) : chunk));
  }

  get meta(): TrailMeta {
    return this.#source.meta;
  }

  readChunk(index: number, batch: EventBatch, wanted?: number | Selection): void {
    const { events } = this.#source.chunks[index]!;
    if (batch.capacity >= events) {
      this.#source.readChunk(index, batch, wanted);
      batch.length = this.#rowsOf(batch);
      return;
    }
    // The last chunk, cut short: who reads it has room for what is left of it.
    const whole = this.#readWhole(index, wanted);
    const rows = this.#rowsOf(whole);
    copyRows(whole, 0, rows, batch);
    batch.row.set(whole.row.subarray(0, rows));
  }

  eventsBack(index: number, seq: number, query: PageQuery, into: EventBatch): Iterable<number> {
    return this.#source.eventsBack(index, Math.min(seq, this.#seq), query, into);
  }

  *eventsOnward(index: number, seq: number, query: SlotQuery, into: EventBatch): Generator<number> {
    for (const found of this.#source.eventsOnward(index, seq, query, into)) {
      if (found > this.#seq) return;
      yield found;
    }
  }

  timeOf(index: number, seq: number): number {
    return this.#source.timeOf(index, seq);
  }

  checkpointAtOrBefore(seq: number): number {
    return this.#source.checkpointAtOrBefore(Math.min(seq, this.#seq));
  }

  loadAtOrBefore(seq: number, scope: PageScope | null, sink: StateSink): boolean {
    return this.#source.loadAtOrBefore(Math.min(seq, this.#seq), scope, sink);
  }

  lastChunkAbout(space: number, page: number, topic: Topic, seq: number, atLeast = 0): number {
    return this.#source.lastChunkAbout(space, page, topic, Math.min(seq, this.#seq), atLeast);
  }

  /** Its counts are those of the whole: a kind that they rule out is not there either. */
  #cutShort(chunk: ChunkFacts, index: number): ChunkFacts {
    const { time, firstSeq } = this.#readWhole(index);
    return { ...chunk, events: this.#seq - chunk.firstSeq + 1, timeLast: time[this.#seq - firstSeq]! };
  }

  #readWhole(index: number, wanted?: number | Selection): EventBatch {
    this.#whole ??= new EventBatch(this.#source.chunks[index]!.events);
    this.#source.readChunk(index, this.#whole, wanted);
    return this.#whole;
  }

  /** Rows that are not behind the last event. */
  #rowsOf({ firstSeq, row, length }: EventBatch): number {
    return lastIndexWhere(length, (at) => firstSeq + row[at]! <= this.#seq) + 1;
  }
}
