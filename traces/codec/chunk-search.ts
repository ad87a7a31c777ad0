/**
 * Single events of a chunk, without a batch of all: those about a page, from the last one back, and the time of one. Of the kinds asked for
 * only the page columns are decoded, each in its own order; a row of the chunk is worked out for what was found, and then one value of
 * each field is read. That is a fraction of the work of placing 65,536 rows.
 *
 * The bytes are as untrusted as in `decode.ts`: what is used is bounded first, and nothing but a `TrailFormatError` comes out.
 */
import { invariant } from '../../base/index.js';
import type { EventBatch } from '../batch.js';
import { EVENT_BY_CODE, PAGES_SLOT } from '../events/index.js';
import { unpackAddresses, unpackFirstAddresses } from './addresses.js';
import { bounded, MEANS_ADDRESS, MEANS_CHANGE, MEANS_VALUE } from './columns.js';
import { timeOfRow } from './event-time.js';
import { KindStream } from './kind-stream.js';
import { OneColumn } from './one-column.js';
import type { Group, OpenChunk } from './open-chunk.js';
import type { Selection } from './selection.js';
import {
  CHANGE_BOUNDS,
  COLUMN_ACTOR,
  COLUMN_BOUNDS,
  COLUMN_CPU,
  COLUMN_PAGE,
  COLUMN_SPACE,
  COLUMN_STEP,
  COMMON_COLUMNS,
  FIELD_BOUNDS,
  KIND_SHAPES,
} from './shape.js';
import { ColumnRoom } from './table.js';

/** Which events are looked for. */
export interface PageQuery {
  /** Kinds that may be found, and the fields of them that are wanted; their times are asked for apart. */
  readonly selection: Selection;
  readonly space: number;
  readonly page: number;
  /** Another page whose events are found too, such as the one where a huge entry over the page would stand; `page` for no other. */
  readonly head: number;
}

/** Which events are looked for: those that may do something to what lies in a slot of a TLB. */
export interface SlotQuery {
  /** Kinds that may be found, and the fields of them that are wanted. One without a field `slot` is about all slots. */
  readonly selection: Selection;
  readonly cpu: number;
  readonly slot: number;
}

/** Slot of the field `slot` by event code; -1 where a kind has none. */
const SLOT_SLOT = Int8Array.from({ length: 32 }, (_, code) => EVENT_BY_CODE[code]?.slot['slot'] ?? -1);

/** The events of one kind in a TLB, and which of them comes next. */
interface SlotTrace {
  readonly group: Group;
  /** Null where all are what is looked for. */
  readonly cpus: Float64Array | null;
  readonly slots: Float64Array | null;
  /** Which event of its kind; its number of events where there is none any more. */
  at: number;
  /** Its row in the chunk. */
  row: number;
}

/** The events of one kind, and which of them was found. */
interface Trace {
  readonly group: Group;
  readonly pages: Float64Array;
  /** How many pages each is about; null for one. */
  readonly lengths: Float64Array | null;
  /** Null where all are of the space that is meant. */
  readonly spaces: Float64Array | null;
  /** Which event of its kind; -1 where there is none any more. */
  at: number;
  /** Its row in the chunk. */
  row: number;
}

/** What is expanded of a column beyond the share of its rows that is wanted, because they do not take equally many bytes. Chosen. */
const SPARE_SHARE = 0.05;

interface Addresses {
  readonly pages: Float64Array;
  readonly offsets: Float64Array;
  /** How many are there, from the first on. */
  readonly rows: number;
}

/** Searches one chunk after another; what was decoded of the last one is kept. */
export class ChunkSearch {
  readonly #stream = new KindStream();
  readonly #room = new ColumnRoom();
  #chunk: OpenChunk | undefined;
  #columns: OneColumn[][] = [];
  #addresses: Addresses[] = [];

  /** Turns to a chunk. @throws TrailFormatError */
  open(chunk: OpenChunk): this {
    if (this.#chunk === chunk) return this;
    this.#chunk = undefined;
    this.#columns = [];
    this.#addresses = [];
    this.#stream.open(chunk, this.#room);
    this.#room.clear();
    this.#chunk = chunk;
    return this;
  }

  get #opened(): OpenChunk {
    invariant(this.#chunk !== undefined, 'no chunk is opened for a search');
    return this.#chunk;
  }

  /**
   * Goes through the events up to `row` that are about the pages of the query, the last one first. Each becomes the only event of `into`,
   * without its time; its row in the chunk is yielded. No other chunk may be opened meanwhile.
   * @throws TrailFormatError
   */
  *backFrom(row: number, query: PageQuery, into: EventBatch): Generator<number> {
    const chunk = this.#opened;
    const traces = this.#traces(row, query);
    for (;;) {
      let last: Trace | undefined;
      for (const trace of traces) if (trace.at >= 0 && (last === undefined || trace.row > last.row)) last = trace;
      if (last === undefined) return;
      this.#deliver(last, query.selection, into);
      yield last.row;
      invariant(this.#chunk === chunk, 'a chunk was searched on after another one was opened');
      this.#goBack(last, last.at - 1, query);
    }
  }

  /**
   * Goes through the events from `row` on that may do something to a slot of a TLB, the first one first. Each becomes the only event of `into`,
   * without its time; its row in the chunk is yielded. No other chunk may be opened meanwhile.
   * @throws TrailFormatError
   */
  *onward(row: number, query: SlotQuery, into: EventBatch): Generator<number> {
    const chunk = this.#opened;
    const traces = this.#slotTraces(row, query);
    for (;;) {
      let next: SlotTrace | undefined;
      for (const trace of traces) {
        if (trace.at < trace.group.count && (next === undefined || trace.row < next.row)) next = trace;
      }
      if (next === undefined) return;
      this.#deliver(next, query.selection, into);
      yield next.row;
      invariant(this.#chunk === chunk, 'a chunk was searched on after another one was opened');
      this.#goOn(next, next.at + 1, query);
    }
  }

  /** ns of the event in that row. @throws TrailFormatError */
  timeOf(row: number): number {
    return timeOfRow(this.#opened, this.#stream, row);
  }

  #traces(row: number, query: PageQuery): Trace[] {
    const { kinds } = query.selection;
    const counts = this.#stream.countsUpTo(row, kinds);
    const traces: Trace[] = [];
    for (const group of this.#opened.groups) {
      const count = counts[group.code]!;
      if (count === 0) continue;
      const space = this.#column(group, COLUMN_SPACE);
      if (space.constant !== null && space.constant !== query.space) continue;
      const slot = PAGES_SLOT[group.code]!;
      const lengths = slot < 0 ? null : this.#column(group, COMMON_COLUMNS + slot);
      const trace: Trace = {
        group,
        pages: this.#pages(group, count),
        lengths: lengths === null || (lengths.constant ?? 2) < 2 ? null : lengths.values(),
        spaces: space.constant === null ? space.values() : null,
        at: -1,
        row,
      };
      this.#goBack(trace, count - 1, query);
      traces.push(trace);
    }
    return traces;
  }

  /** Moves to the last event of the kind up to `from` that is about the pages. */
  #goBack(trace: Trace, from: number, { space, page, head }: PageQuery): void {
    const { group, pages, lengths, spaces, row } = trace;
    let at = from;
    for (; at >= 0; at--) {
      const first = pages[at]!;
      if (first !== page && first !== head) {
        // An event that is about no page has -1.
        if (lengths === null || first < 0 || first > page || first + lengths[at]! <= page) continue;
      }
      if (spaces === null || spaces[at] === space) break;
    }
    trace.at = at;
    if (at >= 0) trace.row = this.#stream.rowOf(group.code, at, row);
  }

  #slotTraces(row: number, query: SlotQuery): SlotTrace[] {
    const { kinds } = query.selection;
    const before = this.#stream.countsUpTo(row - 1, kinds);
    const traces: SlotTrace[] = [];
    for (const group of this.#opened.groups) {
      if ((kinds & (1 << group.code)) === 0 || before[group.code] === group.count) continue;
      const cpu = this.#column(group, COLUMN_CPU);
      if (cpu.constant !== null && cpu.constant !== query.cpu) continue;
      const field = SLOT_SLOT[group.code]!;
      const slot = field < 0 ? null : this.#column(group, COMMON_COLUMNS + field);
      if (slot !== null && slot.constant !== null && slot.constant !== query.slot) continue;
      const trace: SlotTrace = {
        group,
        cpus: cpu.constant === null ? cpu.values() : null,
        slots: slot === null || slot.constant !== null ? null : slot.values(),
        at: 0,
        row,
      };
      this.#goOn(trace, before[group.code]!, query);
      traces.push(trace);
    }
    return traces;
  }

  /** Moves to the next event of the kind from `from` on that may do something to the slot. */
  #goOn(trace: SlotTrace, from: number, { cpu, slot }: SlotQuery): void {
    const { group, cpus, slots, row } = trace;
    let at = from;
    for (; at < group.count; at++) {
      if ((slots === null || slots[at] === slot) && (cpus === null || cpus[at] === cpu)) break;
    }
    trace.at = at;
    if (at < group.count) trace.row = this.#stream.rowFrom(group.code, at, row);
  }

  #deliver({ group, at, row }: Trace | SlotTrace, { who, slots }: Selection, into: EventBatch): void {
    const chunk = this.#opened;
    into.firstSeq = chunk.firstSeq;
    into.length = 1;
    into.row[0] = row;
    into.kind[0] = group.code;
    into.page[0] = this.#pageAt(group, at);
    into.cpu[0] = this.#column(group, COLUMN_CPU).at(at);
    into.space[0] = this.#column(group, COLUMN_SPACE).at(at);
    if (who) {
      into.actor[0] = this.#column(group, COLUMN_ACTOR).at(at);
      into.step[0] = this.#column(group, COLUMN_STEP).at(at);
    }
    const { columns, offsetSlot } = KIND_SHAPES[group.code]!;
    const addresses = this.#addresses[group.code];
    for (let slot = 0; slot < columns - COMMON_COLUMNS; slot++) {
      if ((slots[group.code]! & (1 << slot)) === 0) continue;
      const column = COMMON_COLUMNS + slot;
      if (slot === offsetSlot && addresses !== undefined) into.slots[slot]![0] = addresses.offsets[at]!;
      else into.slots[slot]![0] = chunk.has(group, column) ? this.#fieldAt(group, slot, at) : 0;
    }
  }

  #fieldAt(group: Group, slot: number, at: number): number {
    const against = KIND_SHAPES[group.code]!.against[slot]!;
    const column = COMMON_COLUMNS + slot;
    if (against < 0 || (this.#opened.tag(group, column) & 0xf0) !== MEANS_CHANGE)
      return this.#column(group, column).at(at);
    const change = new OneColumn(this.#opened.column(group, column), group.count, MEANS_CHANGE, CHANGE_BOUNDS);
    return bounded(this.#column(group, COMMON_COLUMNS + against).at(at) + change.at(at), ...FIELD_BOUNDS);
  }

  #pageAt(group: Group, at: number): number {
    const isAccess = KIND_SHAPES[group.code]!.offsetSlot >= 0;
    return isAccess ? this.#pages(group, at + 1)[at]! : this.#column(group, COLUMN_PAGE).at(at);
  }

  /** Pages of the first `rows` events of a kind; behind them is rubbish, or the others. */
  #pages(group: Group, rows: number): Float64Array {
    const { code, count } = group;
    if (KIND_SHAPES[code]!.offsetSlot < 0) return this.#column(group, COLUMN_PAGE).values();
    const known = this.#addresses[code];
    if (known !== undefined && known.rows >= rows) return known.pages;
    const [pages, offsets] = [known?.pages ?? this.#room.take(count), known?.offsets ?? this.#room.take(count)];
    const beginning = this.#opened.beginning(group, COLUMN_PAGE, rows / count + SPARE_SHARE);
    if (beginning !== null && unpackFirstAddresses(beginning, pages, offsets, rows)) {
      this.#addresses[code] = { pages, offsets, rows };
      return pages;
    }
    const cursor = this.#opened.column(group, COLUMN_PAGE);
    const tag = cursor.byte();
    if ((tag & 0xf0) !== MEANS_ADDRESS) return this.#column(group, COLUMN_PAGE).values();
    unpackAddresses(cursor, tag & 0x0f, pages, offsets, count);
    this.#addresses[code] = { pages, offsets, rows: count };
    return pages;
  }

  #column(group: Group, column: number): OneColumn {
    const columns = (this.#columns[group.code] ??= []);
    const bounds = COLUMN_BOUNDS[column] ?? FIELD_BOUNDS;
    const known = columns[column];
    if (known !== undefined) return known;
    const cursor = this.#opened.column(group, column);
    return (columns[column] = new OneColumn(cursor, group.count, MEANS_VALUE, bounds, this.#room));
  }
}
