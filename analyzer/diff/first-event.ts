/**
 * The first event that differs between two trails: by kind, time, CPU, space, page and fields. Actor and step are left out, because
 * their numbers mean what each trail's meta says.
 */
import { type EventSource, seqOf } from '../../replayer/index.js';
import { chunksOf, EVENT_BY_CODE, EventBatch } from '../../traces/index.js';

export interface EventView {
  readonly seq: number;
  readonly timeNs: number;
  readonly cpu: number;
  readonly space: number;
  readonly kind: string;
  /** Null where the kind has none. */
  readonly page: number | null;
  /** The kind's own fields, as numbers; the event's definition says what they mean. */
  readonly fields: Readonly<Record<string, number>>;
}

export interface EventDifference {
  /** Seq of the event on both sides. */
  readonly seq: number;
  /** The event on each side; null where the trail has ended. */
  readonly events: readonly [EventView | null, EventView | null];
  /** Columns and fields in which they differ; `kind` alone where that does. */
  readonly differs: readonly string[];
}

const FIELD_COUNTS = Uint8Array.from({ length: 256 }, (_, code) => Object.keys(EVENT_BY_CODE[code]?.slot ?? {}).length);

/** Null when the trails hold the same events. Throws an `InputError` when one cannot be read. */
export function firstDifferingEvent(a: EventSource, b: EventSource): EventDifference | null {
  const [left, right] = [new Cursor(a), new Cursor(b)];
  try {
    return firstDifference(left, right);
  } finally {
    left.end();
    right.end();
  }
}

function firstDifference(left: Cursor, right: Cursor): EventDifference | null {
  for (;;) {
    const [hasLeft, hasRight] = [left.ready(), right.ready()];
    if (!hasLeft && !hasRight) return null;
    const rows = hasLeft && hasRight ? Math.min(left.left, right.left) : 0;
    const equal = equalRows(left, right, rows);
    left.row += equal;
    right.row += equal;
    if (equal === rows && rows > 0) continue;
    const events = [hasLeft ? left.view() : null, hasRight ? right.view() : null] as const;
    return { seq: (events[0] ?? events[1])!.seq, events, differs: differences(events) };
  }
}

/** A place in a trail that moves on chunk by chunk. */
class Cursor {
  batch = new EventBatch(1);
  row = 0;
  readonly #chunks: Generator<EventBatch, void>;

  constructor(source: EventSource) {
    this.#chunks = chunksOf(source);
  }

  /** Rows of the batch from here on. */
  get left(): number {
    return this.batch.length - this.row;
  }

  /** Whether there is an event here, after reading the next chunk where the batch is used up. */
  ready(): boolean {
    while (this.left === 0) {
      const next = this.#chunks.next();
      if (next.done === true) return false;
      this.batch = next.value;
      this.row = 0;
    }
    return true;
  }

  /** Moves on no more. */
  end(): void {
    this.#chunks.return();
  }

  /** The event here. */
  view(): EventView {
    const { batch, row } = this;
    const definition = EVENT_BY_CODE[batch.kind[row]!];
    return {
      seq: seqOf(batch, row),
      timeNs: batch.time[row]!,
      cpu: batch.cpu[row]!,
      space: batch.space[row]!,
      kind: definition?.kind ?? `kind ${batch.kind[row]}`,
      page: definition?.hasPage === true ? batch.page[row]! : null,
      fields: Object.fromEntries(
        Object.entries(definition?.slot ?? {}).map(([name, slot]) => [name, batch.slots[slot]![row]!]),
      ),
    };
  }
}

/** How many of the next `rows` events are equal before one is not. */
function equalRows(left: Cursor, right: Cursor, rows: number): number {
  const [a, b] = [left.batch, right.batch];
  const [kindA, kindB, timeA, timeB, pageA, pageB] = [a.kind, b.kind, a.time, b.time, a.page, b.page];
  const [cpuA, cpuB, spaceA, spaceB] = [a.cpu, b.cpu, a.space, b.space];
  for (let i = 0, atA = left.row, atB = right.row; i < rows; i++, atA++, atB++) {
    const kind = kindA[atA]!;
    if (kind !== kindB[atB] || timeA[atA] !== timeB[atB] || pageA[atA] !== pageB[atB]) return i;
    if (cpuA[atA] !== cpuB[atB] || spaceA[atA] !== spaceB[atB]) return i;
    for (let slot = 0; slot < FIELD_COUNTS[kind]!; slot++) if (a.slots[slot]![atA] !== b.slots[slot]![atB]) return i;
  }
  return rows;
}

function differences([a, b]: readonly [EventView | null, EventView | null]): string[] {
  if (a === null || b === null) return ['end'];
  if (a.kind !== b.kind) return ['kind'];
  const columns = (['timeNs', 'cpu', 'space', 'page'] as const).filter((column) => a[column] !== b[column]);
  return [...columns, ...Object.keys(a.fields).filter((name) => a.fields[name] !== b.fields[name])];
}
