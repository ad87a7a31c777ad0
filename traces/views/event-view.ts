/**
 * A view over the events of some kinds: it goes through the chunks that may hold them, decodes these kinds only, and reads
 * only the columns that the statement looks at. A statement that looks at none (`count(*)`) decodes nothing.
 */
import type { EventBatch } from '../batch.js';
import { EVENT_KINDS, type EventDefinition } from '../events/index.js';
import type { ChunkInfo } from '../file/index.js';
import type { EventColumn } from './columns.js';
import type { Cell, ViewContext, ViewDefinition, ViewParameter } from './define.js';

/** Which events a table function is asked for; null: no bound. */
export interface Bounds {
  readonly seqFrom: number | null;
  readonly seqTo: number | null;
  /** The page an event is about, or -1. */
  readonly page: number | null;
  readonly cpu: number | null;
  /** Bit c for event code c. */
  readonly kinds: number;
}

export interface EventView {
  readonly name: string;
  readonly about: string;
  readonly kinds: readonly EventDefinition[];
  readonly columns: readonly EventColumn[];
  readonly example: string;
}

/** The view of all events of `kinds`. */
export function eventView({ name, about, kinds, columns, example }: EventView): ViewDefinition {
  const bounds: Bounds = { seqFrom: null, seqTo: null, page: null, cpu: null, kinds: maskOf(kinds) };
  return { name, about, columns, example, rows: (context) => eventRows(context, columns, bounds) };
}

/** The same with parameters that skip chunks; `boundsOf` turns arguments into bounds. */
export function eventFunction(
  view: EventView,
  parameters: readonly ViewParameter[],
  boundsOf: (arguments_: readonly Cell[], kinds: number) => Bounds,
): ViewDefinition {
  const { name, about, columns, example } = view;
  const kinds = maskOf(view.kinds);
  return {
    name,
    about,
    columns,
    parameters,
    example,
    rows: (context, arguments_) => eventRows(context, columns, boundsOf(arguments_, kinds)),
  };
}

export function maskOf(kinds: readonly EventDefinition[]): number {
  return kinds.reduce((mask, { code }) => mask | (1 << code), 0) >>> 0;
}

function* eventRows(context: ViewContext, columns: readonly EventColumn[], bounds: Bounds): Generator<Cell[]> {
  const { trail } = context;
  const needed = columns.flatMap(({ name, read }, at) => (context.needs(name) ? [{ at, read }] : []));
  const row: Cell[] = columns.map(() => null);
  for (const [index, chunk] of trail.chunks.entries()) {
    if (!mayHold(chunk, bounds)) continue;
    if (needed.length === 0 && bounds.page === null && bounds.cpu === null && within(chunk, bounds)) {
      for (let left = countOf(chunk, bounds.kinds); left > 0; left--) yield row;
      continue;
    }
    const batch = context.borrow(index, bounds.kinds);
    try {
      const { length } = batch;
      for (let i = 0; i < length; i++) {
        if (!isWithin(batch, i, bounds)) continue;
        for (const { at, read } of needed) row[at] = read(batch, i, trail.meta);
        yield row;
      }
    } finally {
      context.giveBack(batch);
    }
  }
}

function mayHold(chunk: ChunkInfo, { seqFrom, seqTo, page, kinds }: Bounds): boolean {
  if ((chunk.kinds & kinds) === 0) return false;
  if (seqFrom !== null && chunk.firstSeq + chunk.events <= seqFrom) return false;
  if (seqTo !== null && chunk.firstSeq > seqTo) return false;
  if (page === null) return true;
  return chunk.pageMin !== null && chunk.pageMin <= page && page <= chunk.pageMax!;
}

function within(chunk: ChunkInfo, { seqFrom, seqTo }: Bounds): boolean {
  return (
    (seqFrom === null || chunk.firstSeq >= seqFrom) && (seqTo === null || chunk.firstSeq + chunk.events - 1 <= seqTo)
  );
}

function isWithin(batch: EventBatch, i: number, { seqFrom, seqTo, page, cpu }: Bounds): boolean {
  if (seqFrom !== null && batch.firstSeq + batch.row[i]! < seqFrom) return false;
  if (seqTo !== null && batch.firstSeq + batch.row[i]! > seqTo) return false;
  return (page === null || batch.page[i] === page) && (cpu === null || batch.cpu[i] === cpu);
}

function countOf(chunk: ChunkInfo, kinds: number): number {
  let count = 0;
  for (const { code, kind } of EVENT_KINDS) if ((kinds & (1 << code)) !== 0) count += chunk.counts[kind] ?? 0;
  return count;
}
