/**
 * What the replayer needs of a trail: meta, chunks with their statistics, and checkpoints. The reader of a `.trail` file is one;
 * a few batches in memory are another (tests, and a simulation that has not been stored).
 */
import {
  EventBatch,
  type PageQuery,
  type Selection,
  type SlotQuery,
  type StateStore,
  type Topic,
  type TrailEnding,
  type TrailMeta,
} from '../traces/index.js';

/** What is known of a chunk without reading it. */
export interface ChunkFacts {
  /** `seq` of its first event. */
  readonly firstSeq: number;
  readonly events: number;
  /** ns of its first and last event. */
  readonly timeFirst: number;
  readonly timeLast: number;
  /** Events by kind; kinds without events may be left out. */
  readonly counts: Readonly<Record<string, number>>;
  /** Pages that its events speak of, whole ranges included; null when none does, left out where nobody counted. */
  readonly pageMin?: number | null;
  readonly pageMax?: number | null;
}

export interface EventSource extends StateStore {
  readonly meta: TrailMeta;
  /** Null while it is being recorded, or when the recorder was killed. */
  readonly ending: TrailEnding | null;
  /** In order of seq, without holes. */
  readonly chunks: readonly ChunkFacts[];
  /** Fills the batch with the events of that chunk; with `wanted` only with some kinds (see `seqOf`), or some columns of them. */
  readChunk(index: number, batch: EventBatch, wanted?: number | Selection): void;
  /**
   * Goes through the events of a chunk up to `seq` that are about a page, the last one first. Each becomes the only event of `into`,
   * without its time; what is yielded is its seq.
   */
  eventsBack(index: number, seq: number, query: PageQuery, into: EventBatch): Iterable<number>;
  /** The same from `seq` on, the first one first, of the events that may do something to a slot of a TLB. */
  eventsOnward(index: number, seq: number, query: SlotQuery, into: EventBatch): Iterable<number>;
  /** ns of event `seq`, which lies in that chunk. */
  timeOf(index: number, seq: number): number;
  /** The last chunk, from `atLeast` (0) on, that may hold an event of that topic about the page up to event `seq`; -1 where there is none. */
  lastChunkAbout(space: number, page: number, topic: Topic, seq: number, atLeast?: number): number;
}

/** Position of the event in a row of a batch, which may hold some kinds only. */
export function seqOf(batch: EventBatch, row: number): number {
  return batch.firstSeq + batch.row[row]!;
}

/** A batch that any chunk of the trail fits into, and at least so many events. */
export function batchFor(source: EventSource, least = 1): EventBatch {
  return new EventBatch(source.chunks.reduce((most, { events }) => Math.max(most, events), least));
}

/** Events in the trail; the seq of the last one. */
export function lastSeqOf(source: EventSource): number {
  const last = source.chunks[source.chunks.length - 1];
  return last === undefined ? 0 : last.firstSeq + last.events - 1;
}

/** Index of the chunk that holds that event. The event must exist. */
export function chunkOfSeq(source: EventSource, seq: number): number {
  return lastIndexWhere(source.chunks.length, (index) => source.chunks[index]!.firstSeq <= seq);
}

/** The last index of [0, length) for which `holds`, which is true up to some index and false after it; -1 if for none. */
export function lastIndexWhere(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
