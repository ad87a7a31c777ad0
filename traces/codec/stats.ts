/**
 * What is said beside each chunk, so that queries and seeks skip chunks without decoding them.
 */
import type { EventBatch } from '../batch.js';
import { KIND_CODES, KIND_SHAPES } from './shape.js';

export interface ChunkStats {
  readonly firstSeq: number;
  readonly events: number;
  /** ns of the first and of the last event. */
  readonly timeFirst: number;
  readonly timeLast: number;
  /** Bit c: there are events of code c. */
  readonly kinds: number;
  /** Events by kind code. */
  readonly counts: readonly number[];
  /** Pages that events speak of, whole ranges included; -1 and -1 when none does. */
  readonly pageMin: number;
  readonly pageMax: number;
}

/** Slot of the range length of a kind whose events speak of page ranges; -1 for others. */
const RANGE_SLOT = KIND_SHAPES.map((shape) => shape?.definition.slot['pages'] ?? -1);

/** Statistics of a batch of at least one event. */
export function collectStats(batch: EventBatch): ChunkStats {
  const { length, kind, page, time } = batch;
  const counts = Array.from({ length: KIND_CODES }, () => 0);
  let pageMin = Infinity;
  let pageMax = -1;
  for (let i = 0; i < length; i++) {
    const code = kind[i]!;
    counts[code]!++;
    const from = page[i]!;
    if (from < 0) continue;
    const slot = RANGE_SLOT[code]!;
    const last = slot < 0 ? from : from + Math.max(0, batch.slots[slot]![i]! - 1);
    if (from < pageMin) pageMin = from;
    if (last > pageMax) pageMax = last;
  }
  return {
    firstSeq: batch.firstSeq,
    events: length,
    timeFirst: time[0]!,
    timeLast: time[length - 1]!,
    kinds: counts.reduce((mask, count, code) => (count > 0 ? mask | (1 << code) : mask), 0) >>> 0,
    counts,
    pageMin: pageMax < 0 ? -1 : pageMin,
    pageMax,
  };
}
