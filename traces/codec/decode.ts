/**
 * From the body of a chunk back to a batch. The bytes are not trusted: every count, length and value is bounded before it
 * is used, and nothing but `TrailFormatError` (or `TrailVersionError`) comes out.
 *
 * With a mask of kinds only these rows are delivered, and only the blocks they need are expanded; times are the catch: an
 * event that is no access is timed against the event before it, so wanting one of those means timing all.
 */
import { CHUNK_EVENTS, type EventBatch } from '../batch.js';
import { unpackAddresses } from './addresses.js';
import {
  bounded,
  MEANS_ADDRESS,
  MEANS_CHANGE,
  MEANS_JOINED,
  MEANS_LAG_CHANGE,
  MEANS_SINCE_PREVIOUS,
  MEANS_VALUE,
  unpackColumn,
} from './columns.js';
import { type Group, OpenChunk, openChunk } from './open-chunk.js';
import { splitRuns } from './kind-stream.js';
import { type KindRows, RowPlacer, type Runs } from './rows.js';
import { type Selection, selectionOf } from './selection.js';
import {
  ALL_KINDS,
  COLUMN_ACTOR,
  COLUMN_BOUNDS,
  COLUMN_CPU,
  COLUMN_PAGE,
  COLUMN_STEP,
  COLUMN_TIME,
  COMMON_COLUMNS,
  CHANGE_BOUNDS,
  FIELD_BOUNDS,
  KIND_CODES,
  KIND_SHAPES,
} from './shape.js';
import { LagTable, TIME_LIMIT, unpackLag } from './times.js';
import { damaged, type VarintCursor } from './varints.js';

/** 0, 1, 2, ...: the rows of a batch that holds whole chunks. */
const EVERY_ROW = Uint32Array.from({ length: CHUNK_EVENTS }, (_, i) => i);

/** Decodes chunk bodies; keeps its working space between calls. */
export class ChunkUnpacker {
  /** Rows of a chunk by kind; and, where some kinds are left out, rows of the batch. */
  readonly #chunkRows = new RowPlacer(CHUNK_EVENTS, KIND_CODES);
  readonly #batchRows = new RowPlacer(CHUNK_EVENTS, KIND_CODES);
  readonly #runKinds = new Float64Array(CHUNK_EVENTS);
  readonly #runLengths = new Float64Array(CHUNK_EVENTS);
  readonly #times = new Float64Array(CHUNK_EVENTS);
  readonly #scratch: readonly [Float64Array, Float64Array, Float64Array];
  readonly #lags = new LagTable();

  constructor() {
    const column = () => new Float64Array(CHUNK_EVENTS);
    this.#scratch = [column(), column(), column()];
  }

  /**
   * Fills `into` with the events of a chunk that are wanted, in order; `row` says which of the chunk's events each is.
   * @param body as it is stored, or opened before
   * @param wanted kinds (bit c for code c), or of these certain columns
   * @throws TrailFormatError for damaged bytes, TrailVersionError for a chunk of a newer pagetrail
   */
  unpack(body: Uint8Array | OpenChunk, into: EventBatch, wanted: number | Selection = ALL_KINDS): void {
    const selection = selectionOf(wanted);
    const { kinds } = selection;
    into.length = 0;
    const chunk = body instanceof OpenChunk ? body : openChunk(body);
    if (chunk.events > into.capacity) {
      damaged(`it promises ${chunk.events} events and the batch holds ${into.capacity}`);
    }
    const runs = this.#readKindStream(chunk);
    checkKindStream(runs, chunk.groups);
    const groups = chunk.groups.filter(({ code }) => (kinds & (1 << code)) !== 0);
    const whole = groups.length === chunk.groups.length;
    // Times of some kinds rest on those of others, so they take the rows of all.
    const rows = whole || selection.times ? this.#chunkRows.place(runs, ALL_KINDS) : [];
    const target = whole ? rows : this.#batchRows.place(runs, kinds);
    const length = whole ? chunk.events : placeSome(runs, kinds, into);
    if (whole) placeAll(groups, rows, length, into);

    if (selection.times) {
      const times = whole ? into.time : this.#times;
      this.#unpackTimes(chunk, runs, rows, groups, times);
      if (!whole) for (let i = 0; i < length; i++) into.time[i] = times[into.row[i]!]!;
    }
    this.#unpackNarrow(chunk, groups, target, into, length, selection);
    for (const group of groups) this.#unpackWide(chunk, group, target[group.code]!, into, selection);
    into.firstSeq = chunk.firstSeq;
    into.length = length;
  }

  #readKindStream(chunk: OpenChunk): Runs {
    const { stream } = chunk;
    const { count } = stream;
    const [kinds, lengths] = [this.#runKinds, this.#runLengths];
    if (stream.columns.length === 1) {
      unpackValues(chunk.column(stream, 0), lengths, count, 1, KIND_CODES * chunk.events - 1);
      splitRuns(lengths, kinds, lengths, count);
    } else {
      unpackValues(chunk.column(stream, 0), kinds, count, 1, KIND_CODES - 1);
      unpackValues(chunk.column(stream, 1), lengths, count, 1, chunk.events);
    }
    let events = 0;
    for (let run = 0; run < count; run++) events += lengths[run]!;
    if (events !== chunk.events) damaged('its kind stream does not match its events');
    return { kinds, lengths, count };
  }

  #unpackTimes(
    chunk: OpenChunk,
    runs: Runs,
    rows: ReadonlyArray<KindRows | undefined>,
    wanted: readonly Group[],
    times: Float64Array,
  ): void {
    const chained = wanted.some((group) => chunk.tag(group, COLUMN_TIME) !== MEANS_LAG_CHANGE);
    const differences: Array<Float64Array | undefined> = [];
    for (const group of chained ? chunk.groups : wanted) {
      const cursor = chunk.column(group, COLUMN_TIME);
      const tag = cursor.byte();
      const { programSlot } = KIND_SHAPES[group.code]!;
      const { code, count } = group;
      if (tag === MEANS_LAG_CHANGE && programSlot >= 0) {
        const [first, programs, third] = this.#scratch;
        const lagged = rows[code]!.view(times) ?? first;
        unpackValues(chunk.column(group, COMMON_COLUMNS + programSlot), programs, count, 0, TIME_LIMIT);
        const cpus = chunk.constant(group, COLUMN_CPU) === null ? third : null;
        if (cpus !== null) unpackValues(chunk.column(group, COLUMN_CPU), cpus, count, ...COLUMN_BOUNDS[COLUMN_CPU]!);
        unpackLag(cursor, lagged, programs, cpus, count, this.#lags);
        rows[code]!.scatter(lagged, times);
      } else if ((tag & 0xf0) === MEANS_SINCE_PREVIOUS) {
        const column = new Float64Array(count);
        unpackColumn(cursor, tag & 0x0f, column, count, -TIME_LIMIT, TIME_LIMIT);
        differences[code] = column;
      } else {
        damaged('a time column has an unknown tag');
      }
    }
    if (chained) chainTimes(chunk, runs, differences, times);
  }

  /** cpu, actor, space and step: nearly always one value, of a kind or of all. */
  #unpackNarrow(
    chunk: OpenChunk,
    wanted: readonly Group[],
    rows: ReadonlyArray<KindRows | undefined>,
    into: EventBatch,
    length: number,
    { who, where }: Selection,
  ): void {
    for (const [i, column] of [into.cpu, into.actor, into.space, into.step].entries()) {
      const at = COLUMN_CPU + i;
      if (!(at === COLUMN_ACTOR || at === COLUMN_STEP ? who : where)) continue;
      const [least, most] = COLUMN_BOUNDS[at]!;
      const constants = wanted.map((group) => chunk.constant(group, at));
      const [value] = constants;
      if (value !== undefined && value !== null && constants.every((constant) => constant === value)) {
        column.fill(bounded(value, least, most), 0, length);
        continue;
      }
      for (const [k, group] of wanted.entries()) {
        const constant = constants[k]!;
        const kindRows = rows[group.code]!;
        if (constant !== null) {
          kindRows.fill(bounded(constant, least, most), column);
        } else {
          const [values] = this.#scratch;
          unpackValues(chunk.column(group, at), values, group.count, least, most);
          kindRows.scatter(values, column);
        }
      }
    }
  }

  /** page and the fields. */
  #unpackWide(chunk: OpenChunk, group: Group, rows: KindRows, into: EventBatch, selection: Selection): void {
    const { where } = selection;
    const slots = selection.slots[group.code]!;
    const shape = KIND_SHAPES[group.code]!;
    const { count } = group;
    const [first, second] = this.#scratch;
    const deliver = (column: number, target: Float64Array) => {
      const [least, most] = COLUMN_BOUNDS[column] ?? FIELD_BOUNDS;
      if (!chunk.has(group, column)) return rows.fill(0, target);
      const constant = chunk.constant(group, column);
      if (constant !== null) return rows.fill(bounded(constant, least, most), target);
      const values = rows.view(target) ?? first;
      const against = shape.against[column - COMMON_COLUMNS] ?? -1;
      if (against >= 0 && (chunk.tag(group, column) & 0xf0) === MEANS_CHANGE) {
        unpackValues(chunk.column(group, COMMON_COLUMNS + against), second, count, least, most);
        unpackChanges(chunk.column(group, column), values, second, count, least, most);
      } else unpackValues(chunk.column(group, column), values, count, least, most);
      rows.scatter(values, target);
    };
    const joined = shape.offsetSlot >= 0 && (chunk.tag(group, COLUMN_PAGE) & 0xf0) === MEANS_ADDRESS;
    if (joined && (where || (slots & (1 << shape.offsetSlot)) !== 0)) {
      const target = into.slots[shape.offsetSlot]!;
      const pages = rows.view(into.page) ?? first;
      const offsets = rows.view(target) ?? second;
      const cursor = chunk.column(group, COLUMN_PAGE);
      unpackAddresses(cursor, cursor.byte() & 0x0f, pages, offsets, count);
      rows.scatter(pages, into.page);
      if ((slots & (1 << shape.offsetSlot)) !== 0) rows.scatter(offsets, target);
    } else if (where && !joined) {
      deliver(COLUMN_PAGE, into.page);
    }
    for (let slot = 0; slot < shape.columns - COMMON_COLUMNS; slot++) {
      if ((slots & (1 << slot)) === 0) continue;
      if (!joined || slot !== shape.offsetSlot) deliver(COMMON_COLUMNS + slot, into.slots[slot]!);
      else if (chunk.tag(group, COMMON_COLUMNS + slot) !== MEANS_JOINED) damaged('an offset column has an unknown tag');
    }
  }
}

/** Each kind has as many events in its runs as in its group. */
function checkKindStream({ kinds, lengths, count }: Runs, groups: readonly Group[]): void {
  const events = new Uint32Array(KIND_CODES);
  for (let run = 0; run < count; run++) events[kinds[run]!]! += lengths[run]!;
  for (const group of groups) {
    if (events[group.code] !== group.count) damaged('its kind stream does not match its groups');
  }
}

/** Fills `kind` and `row` of the events of some kinds, and returns their number. */
function placeSome({ kinds, lengths, count }: Runs, mask: number, into: EventBatch): number {
  let row = 0;
  let to = 0;
  for (let run = 0; run < count; run++) {
    const kind = kinds[run]!;
    const length = lengths[run]!;
    if ((mask & (1 << kind)) !== 0) {
      if (length < 8) for (let i = to; i < to + length; i++) into.kind[i] = kind;
      else into.kind.fill(kind, to, to + length);
      for (let i = 0; i < length; i++) into.row[to + i] = row + i;
      to += length;
    }
    row += length;
  }
  return to;
}

/** The same of all events. Runs are short as a rule, so most rows are filled at once, and those of the other kinds after that. */
function placeAll(
  groups: readonly Group[],
  rows: ReadonlyArray<KindRows | undefined>,
  length: number,
  { kind, row, capacity }: EventBatch,
): void {
  row.set(EVERY_ROW.subarray(0, capacity));
  const most = groups.reduce((a, b) => (b.count > a.count ? b : a));
  kind.fill(most.code, 0, length);
  for (const { code } of groups) if (code !== most.code) rows[code]!.fill(code, kind);
}

/** Times that were stored as differences to the event before, whose own may come from its lag. */
function chainTimes(
  chunk: OpenChunk,
  { kinds, lengths, count }: Runs,
  differences: ReadonlyArray<Float64Array | undefined>,
  times: Float64Array,
): void {
  const next = new Uint32Array(KIND_CODES);
  let time = chunk.timeFirst;
  let row = 0;
  for (let run = 0; run < count; run++) {
    const kind = kinds[run]!;
    const end = row + lengths[run]!;
    const column = differences[kind];
    if (column === undefined) {
      row = end;
      time = times[end - 1]!;
      continue;
    }
    let from = next[kind]!;
    for (; row < end; row++) {
      time += column[from++]!;
      if (!(time >= 0 && time <= TIME_LIMIT)) bounded(time, 0, TIME_LIMIT);
      times[row] = time;
    }
    next[kind] = from;
  }
}

/** Unpacks differences to the values of another field. */
function unpackChanges(
  cursor: VarintCursor,
  into: Float64Array,
  others: Float64Array,
  count: number,
  least: number,
  most: number,
): void {
  unpackColumn(cursor, cursor.byte() & 0x0f, into, count, ...CHANGE_BOUNDS);
  let [low, high] = [0, 0];
  for (let i = 0; i < count; i++) {
    const value = into[i]! + others[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
    into[i] = value;
  }
  bounded(low, least, most);
  bounded(high, least, most);
}

function unpackValues(cursor: VarintCursor, into: Float64Array, count: number, least: number, most: number): void {
  const tag = cursor.byte();
  if ((tag & 0xf0) !== MEANS_VALUE) damaged('a column has an unknown tag');
  unpackColumn(cursor, tag, into, count, least, most);
}
