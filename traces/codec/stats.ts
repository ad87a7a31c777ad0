/**
 * What is said beside each chunk, so that queries and seeks skip chunks without decoding them.
 */
import { PAGE_LIMIT } from '../../base/index.js';
import type { EventBatch } from '../batch.js';
import type { KindRows } from './rows.js';
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

/** Statistics of a batch of at least one event, its rows by kind. */
export function collectStats(batch: EventBatch, rows: ReadonlyArray<KindRows | undefined>): ChunkStats {
  const { length, page, time } = batch;
  let pageMin = Infinity;
  let pageMax = -1;
  for (let i = 0; i < length; i++) {
    const at = page[i]!;
    if (at < 0) continue;
    if (at < pageMin) pageMin = at;
    if (at > pageMax) pageMax = at;
  }
  for (const [code, kindRows] of rows.entries()) {
    const slot = KIND_SHAPES[code]?.definition.slot['pages'];
    if (kindRows !== undefined && slot !== undefined) pageMax = Math.max(pageMax, lastPage(batch, slot, kindRows));
  }
  return {
    firstSeq: batch.firstSeq,
    events: length,
    timeFirst: time[0]!,
    timeLast: time[length - 1]!,
    kinds: rows.reduce<number>((mask, kindRows, code) => (kindRows === undefined ? mask : mask | (1 << code)), 0) >>> 0,
    counts: Array.from({ length: KIND_CODES }, (_, code) => rows[code]?.count ?? 0),
    pageMin: pageMax < 0 ? -1 : pageMin,
    pageMax,
  };
}

/** The last page of all ranges that events of one kind speak of. */
function lastPage(batch: EventBatch, pagesSlot: number, rows: KindRows): number {
  const from = rows.gather(batch.page, new Float64Array(rows.count));
  const pages = rows.gather(batch.slots[pagesSlot]!, new Float64Array(rows.count));
  let last = -1;
  for (let i = 0; i < rows.count; i++) if (from[i]! >= 0) last = Math.max(last, from[i]! + pages[i]! - 1);
  return Math.min(last, PAGE_LIMIT - 1);
}
