/** How many events of a kind a trail holds, from the facts of its chunks: no event is read for it. */
import type { EventSource } from '../replayer/index.js';

export function eventsOf(source: EventSource, kind: string): number {
  return source.chunks.reduce((sum, chunk) => sum + (chunk.counts[kind] ?? 0), 0);
}
