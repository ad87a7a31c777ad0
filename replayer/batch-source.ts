/** A trail that was never stored: the batches of a simulation, or of a test, with what meta would say of them. */
import {
  ALL_KINDS,
  EVENT_BY_CODE,
  EventBatch,
  type PageQuery,
  type PageScope,
  type Selection,
  type SlotQuery,
  selectionOf,
  type StateSink,
  type Topic,
  type TrailEnding,
  type TrailMeta,
} from '../traces/index.js';
import { type ChunkFacts, chunkOfSeq, type EventSource } from './event-source.js';
import { touches } from './touches.js';

const COLUMNS = ['kind', 'time', 'cpu', 'actor', 'space', 'step', 'page'] as const;

export class BatchSource implements EventSource {
  readonly chunks: readonly ChunkFacts[];

  /** @param batches in order of seq, none of them empty; they are not copied */
  constructor(
    readonly batches: readonly EventBatch[],
    readonly meta: TrailMeta,
    readonly ending: TrailEnding | null,
  ) {
    this.chunks = batches.map(factsOf);
  }

  readChunk(index: number, batch: EventBatch, wanted: number | Selection = ALL_KINDS): void {
    const { kinds } = selectionOf(wanted);
    const source = this.batches[index]!;
    if (kinds === ALL_KINDS) copyRows(source, 0, source.length, batch);
    else copyKinds(source, kinds, batch);
  }

  *eventsBack(index: number, seq: number, query: PageQuery, into: EventBatch): Generator<number> {
    const batch = this.batches[index]!;
    const { selection, space, page, head } = query;
    for (let row = Math.min(seq - batch.firstSeq, batch.length - 1); row >= 0; row--) {
      if ((selection.kinds & (1 << batch.kind[row]!)) === 0 || batch.space[row] !== space) continue;
      if (batch.page[row] !== head && !touches(batch, row, page, page)) continue;
      copyRows(batch, row, row + 1, into);
      yield batch.firstSeq + row;
    }
  }

  *eventsOnward(index: number, seq: number, query: SlotQuery, into: EventBatch): Generator<number> {
    const batch = this.batches[index]!;
    const { selection, cpu, slot } = query;
    for (let row = Math.max(0, seq - batch.firstSeq); row < batch.length; row++) {
      const code = batch.kind[row]!;
      if ((selection.kinds & (1 << code)) === 0 || batch.cpu[row] !== cpu) continue;
      const field = EVENT_BY_CODE[code]!.slot['slot'];
      if (field !== undefined && batch.slots[field]![row] !== slot) continue;
      copyRows(batch, row, row + 1, into);
      yield batch.firstSeq + row;
    }
  }

  timeOf(index: number, seq: number): number {
    const { time, firstSeq } = this.batches[index]!;
    return time[seq - firstSeq]!;
  }

  checkpointAtOrBefore(_seq: number): number {
    return -1;
  }

  loadAtOrBefore(_seq: number, _scope: PageScope | null, _sink: StateSink): boolean {
    return false;
  }

  lastChunkAbout(_space: number, _page: number, _topic: Topic, seq: number, atLeast = 0): number {
    const chunk = chunkOfSeq(this, seq);
    return chunk >= atLeast ? chunk : -1;
  }
}

function factsOf(batch: EventBatch): ChunkFacts {
  const counts: Record<string, number> = {};
  for (const code of batch.kind.subarray(0, batch.length)) {
    const { kind } = EVENT_BY_CODE[code]!;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return {
    firstSeq: batch.firstSeq,
    events: batch.length,
    timeFirst: batch.time[0]!,
    timeLast: batch.time[batch.length - 1]!,
    counts,
    ...pagesIn(batch),
  };
}

/** The pages that the events of a batch speak of. */
function pagesIn({ kind, page, slots, length }: EventBatch): { pageMin: number | null; pageMax: number | null } {
  let pageMin = Infinity;
  let pageMax = -1;
  for (let row = 0; row < length; row++) {
    if (page[row]! < 0) continue;
    const slot = EVENT_BY_CODE[kind[row]!]!.slot['pages'];
    const last = page[row]! + (slot === undefined ? 0 : Math.max(slots[slot]![row]! - 1, 0));
    pageMin = Math.min(pageMin, page[row]!);
    pageMax = Math.max(pageMax, last);
  }
  return pageMax < 0 ? { pageMin: null, pageMax: null } : { pageMin, pageMax };
}

/** Rows [from, to) of one batch as the whole contents of another. */
export function copyRows(source: EventBatch, from: number, to: number, target: EventBatch): void {
  for (const name of COLUMNS) target[name].set(source[name].subarray(from, to) as never);
  source.slots.forEach((slot, index) => target.slots[index]!.set(slot.subarray(from, to)));
  target.firstSeq = source.firstSeq + from;
  target.length = to - from;
  for (let row = 0; row < target.length; row++) target.row[row] = row;
}

/** A batch of its own, for whoever is handed one that is used again. */
export function copyBatch(batch: EventBatch): EventBatch {
  const copy = new EventBatch(Math.max(1, batch.length));
  copyRows(batch, 0, batch.length, copy);
  return copy;
}

/** The rows of some kinds as the whole contents of another batch. */
function copyKinds(source: EventBatch, kinds: number, target: EventBatch): void {
  let kept = 0;
  for (let row = 0; row < source.length; row++) {
    if ((kinds & (1 << source.kind[row]!)) === 0) continue;
    for (const name of COLUMNS) target[name][kept] = source[name][row]!;
    for (let slot = 0; slot < source.slots.length; slot++) target.slots[slot]![kept] = source.slots[slot]![row]!;
    target.row[kept++] = row;
  }
  target.firstSeq = source.firstSeq;
  target.length = kept;
}
