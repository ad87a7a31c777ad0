/** How many events of each kind there are up to an event: from the statistics of whole chunks, and the kinds of one. */
import { EVENT_BY_CODE, EventBatch, kindsAlone } from '../traces/index.js';
import { chunkOfSeq, lastSeqOf, seqOf, type EventSource } from './event-source.js';

/** By kind; kinds without events are left out. `seq` is at most that of the last event. */
export function countsAt(source: EventSource, seq: number): Record<string, number> {
  const counts: Record<string, number> = {};
  const add = (kind: string, count: number) => void (counts[kind] = (counts[kind] ?? 0) + count);
  const end = Math.min(seq, lastSeqOf(source));
  if (end < 1) return counts;
  const last = chunkOfSeq(source, end);
  const { firstSeq, events } = source.chunks[last]!;
  const whole = end === firstSeq + events - 1 ? last + 1 : last;
  for (const chunk of source.chunks.slice(0, whole)) {
    for (const [kind, count] of Object.entries(chunk.counts)) add(kind, count);
  }
  if (whole > last) return counts;
  const batch = new EventBatch(events);
  source.readChunk(last, batch, kindsAlone());
  for (let row = 0; row < batch.length && seqOf(batch, row) <= end; row++) {
    const kind = EVENT_BY_CODE[batch.kind[row]!]?.kind;
    if (kind !== undefined) add(kind, 1);
  }
  return counts;
}
