/** What stands beside a chunk, checked before it is believed. */
import { CHUNK_EVENTS } from '../batch.js';
import { damaged } from '../codec/varints.js';
import { EVENT_BY_CODE, EVENT_KINDS } from '../events/index.js';

export interface ChunkInfo {
  readonly id: number;
  readonly firstSeq: number;
  readonly events: number;
  /** ns of the first and the last event. */
  readonly timeFirst: number;
  readonly timeLast: number;
  /** Bit c: it has events of code c. */
  readonly kinds: number;
  /** Pages that its events speak of; null when none does. */
  readonly pageMin: number | null;
  readonly pageMax: number | null;
  /** Events by kind; kinds without events are left out. */
  readonly counts: Readonly<Record<string, number>>;
  /** Size of the body. */
  readonly bytes: number;
}

/** @throws TrailFormatError when the row cannot be, or does not follow on `previous` */
export function readChunkRow(row: Readonly<Record<string, unknown>>, previous: ChunkInfo | undefined): ChunkInfo {
  const integer = (column: string, least: number, most: number = Number.MAX_SAFE_INTEGER): number => {
    const value = row[column];
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
      return damaged(`a row of chunk has ${String(value)} as ${column}`);
    }
    return value as number;
  };
  const page = (column: string): number | null => (row[column] === null ? null : integer(column, 0));
  const id = integer('id', 1);
  const firstSeq = integer('first_seq', 1);
  const expectedId = (previous?.id ?? 0) + 1;
  if (id !== expectedId) damaged(`chunk ${expectedId} is missing`);
  if (firstSeq !== (previous === undefined ? 1 : previous.firstSeq + previous.events)) {
    damaged(`chunk ${id} does not follow on the chunk before`);
  }
  const events = integer('events', 1, CHUNK_EVENTS);
  const kinds = integer('kinds', 0, 0xffff_ffff);
  const counts = readCounts(id, row['counts'], events);
  let counted = 0;
  for (const kind in counts) counted |= KNOWN.get(kind)!;
  // Queries pass over a chunk by the one and count by the other.
  if (((kinds ^ counted) & ALL_KNOWN) !== 0) damaged(`chunk ${id} has kinds that differ from its counts`);
  return {
    id,
    firstSeq,
    events,
    timeFirst: integer('time_first', 0),
    timeLast: integer('time_last', 0),
    kinds,
    pageMin: page('page_min'),
    pageMax: page('page_max'),
    counts,
    bytes: integer('bytes', 0),
  };
}

/** Bit of each kind. */
const KNOWN: ReadonlyMap<string, number> = new Map(EVENT_KINDS.map(({ kind, code }) => [kind, 1 << code]));
const ALL_KNOWN = [...KNOWN.values()].reduce((all, bit) => all | bit, 0);

function readCounts(id: number, text: unknown, events: number): Record<string, number> {
  const wrong = (): never => damaged(`chunk ${id} has counts that cannot be`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(String(text));
  } catch {
    return wrong();
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return wrong();
  const counts: Record<string, number> = {};
  let sum = 0;
  for (const [kind, count] of Object.entries(parsed)) {
    if (!Number.isSafeInteger(count) || (count as number) < 1) return wrong();
    // A kind of a newer version is counted in the sum alone; whoever reads the chunk is told.
    if (KNOWN.has(kind)) counts[kind] = count as number;
    sum += count as number;
  }
  return sum === events ? counts : wrong();
}

/** Compares the counts of a chunk's row with those of its body, by code. @throws TrailFormatError when they differ */
export function checkCounts({ counts }: ChunkInfo, inBody: ReadonlyMap<number, number>): void {
  let agreeing = 0;
  for (const [code, count] of inBody) if (counts[EVENT_BY_CODE[code]!.kind] === count) agreeing++;
  if (agreeing !== inBody.size || agreeing !== Object.keys(counts).length) {
    damaged('it holds other kinds of events than its row says');
  }
}
