/** What statistics are about: the part of a trail that was selected, how it is cut into windows, and the pages seen in it. */
import { chunkOfSeq, type EventSource, lastSeqOf } from '../../replayer/index.js';
import { EventBatch } from '../../traces/index.js';
import { PageIndex } from './page-index.js';
import { checkWindows, niceWindow, type WindowSize } from './window.js';

/** What is looked at; all of it where something is left out. */
export interface Selection {
  /** Writes and faults of this page, whatever its space. */
  readonly page?: number;
  /** Writes, loads, faults and overhead of this CPU (-1: a device). */
  readonly cpu?: number;
  /** Events after this one. */
  readonly after?: number;
  /** Events up to this one. */
  readonly upTo?: number;
  readonly window?: WindowSize;
  /** Pages in the lists of those with the most of something. Default 10. */
  readonly top?: number;
}

export interface Scope {
  readonly page: number | null;
  readonly cpu: number | null;
  /** Events (after, upTo]. */
  readonly after: number;
  readonly upTo: number;
  /** Those are all there are. */
  readonly isWhole: boolean;
  /** Times of the first and the last of them, ns; 0 where there is none. */
  readonly firstNs: number;
  readonly lastNs: number;
  readonly window: WindowSize;
  readonly top: number;
  /** Every page that was spoken of. */
  readonly pages: PageIndex;
}

const TOP = 10;

/** Throws a `UsageError` for windows that are too small, an `InputError` when the trail cannot be read. */
export function scopeOf(source: EventSource, selection: Selection): Scope {
  const after = selection.after ?? 0;
  const upTo = Math.max(after, Math.min(selection.upTo ?? Infinity, lastSeqOf(source)));
  const empty = upTo === after;
  const firstNs = empty ? 0 : timeOf(source, after + 1);
  const lastNs = empty ? 0 : timeOf(source, upTo);
  const window = selection.window ?? niceWindow(lastNs - firstNs + 1);
  // Epochs and writes cannot be more than events.
  checkWindows(window, window.unit === 'ns' ? lastNs - firstNs : upTo - after);
  return {
    page: selection.page ?? null,
    cpu: selection.cpu ?? null,
    after,
    upTo,
    isWhole: after === 0 && upTo === lastSeqOf(source),
    firstNs,
    lastNs,
    window,
    top: selection.top ?? TOP,
    pages: new PageIndex(),
  };
}

/** Time of that event, ns. */
function timeOf(source: EventSource, seq: number): number {
  const index = chunkOfSeq(source, seq);
  const { firstSeq, events, timeFirst, timeLast } = source.chunks[index]!;
  if (seq === firstSeq) return timeFirst;
  if (seq === firstSeq + events - 1) return timeLast;
  const batch = new EventBatch(events);
  source.readChunk(index, batch);
  return batch.time[seq - firstSeq]!;
}
