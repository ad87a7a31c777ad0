/**
 * From the body of a chunk back to a batch. The bytes are not trusted: every count, length and value is bounded before it
 * is used, and nothing but `TrailFormatError` (or `TrailVersionError`) comes out.
 *
 * With a mask of kinds only these rows are delivered, and only the blocks they need are expanded; times are the catch: an
 * event that is no access is timed against the event before it, so wanting one of those means timing all.
 */
import { TrailVersionError } from '../../base/index.js';
import { CHUNK_EVENTS, type EventBatch } from '../batch.js';
import { unpackAddresses } from './addresses.js';
import {
  bounded,
  MEANS_ADDRESS,
  MEANS_JOINED,
  MEANS_LAG_CHANGE,
  MEANS_SINCE_PREVIOUS,
  MEANS_VALUE,
  unpackColumn,
} from './columns.js';
import { type Block, expandBlock } from './compress.js';
import { CHUNK_VERSION } from './encode.js';
import { type Field, unseal } from './envelope.js';
import {
  COLUMN_BOUNDS,
  COLUMN_CPU,
  COLUMN_PAGE,
  COLUMN_TIME,
  COMMON_COLUMNS,
  KIND_CODES,
  KIND_SHAPES,
  type KindShape,
} from './shape.js';
import { LagTable, TIME_LIMIT, unpackLag } from './times.js';
import { damaged, VARINT_BYTES, VarintCursor } from './varints.js';

/** Every kind. */
export const ALL_KINDS = 0xffff_ffff;

/** No block holds more: every column of every event at its longest. */
const MOST_BLOCK_BYTES = CHUNK_EVENTS * VARINT_BYTES * 16;

interface Group {
  readonly code: number;
  readonly count: number;
  /** Where each column starts in the expanded block; one entry more than columns. */
  readonly bounds: readonly number[];
  readonly block: number;
}

/** What a chunk says about itself before anything is expanded. */
export interface ChunkHead {
  readonly firstSeq: number;
  readonly events: number;
}

/** Decodes chunk bodies; keeps its working space between calls. */
export class ChunkUnpacker {
  readonly #rows = new Uint32Array(CHUNK_EVENTS);
  readonly #targets = new Uint32Array(CHUNK_EVENTS);
  readonly #times = new Float64Array(CHUNK_EVENTS);
  readonly #columns: readonly [Float64Array, Float64Array, Float64Array];
  readonly #lags = new LagTable();
  #head: ChunkHead = { firstSeq: 1, events: 0 };

  constructor() {
    const column = () => new Float64Array(CHUNK_EVENTS);
    this.#columns = [column(), column(), column()];
  }

  /** What the chunk unpacked last says about itself, kinds left out included. */
  get head(): ChunkHead {
    return this.#head;
  }

  /**
   * Fills `into` with the events of a chunk whose kinds are in `kinds` (bit c for code c), in order; `row` says which of the
   * chunk's events each is.
   * @throws TrailFormatError for damaged bytes, TrailVersionError for a chunk of a newer pagetrail
   */
  unpack(body: Uint8Array, into: EventBatch, kinds: number = ALL_KINDS): void {
    into.length = 0;
    const chunk = openChunk(body);
    this.#head = { firstSeq: chunk.firstSeq, events: chunk.events };
    if (chunk.events > into.capacity)
      damaged(`it promises ${chunk.events} events and the batch holds ${into.capacity}`);
    into.firstSeq = chunk.firstSeq;
    const { runKinds, runLengths } = this.#kindStream(chunk);
    const whole = chunk.groups.every((group) => group.code === 0 || (kinds & (1 << group.code)) !== 0);
    const length = this.#placeRows(chunk, runKinds, runLengths, kinds, into);

    const wanted = chunk.groups.filter((group) => group.code !== 0 && (kinds & (1 << group.code)) !== 0);
    const times = whole ? into.time : this.#times;
    this.#unpackTimes(chunk, wanted, runKinds, runLengths, times);
    if (!whole) for (let i = 0; i < length; i++) into.time[i] = times[into.row[i]!]!;
    for (const group of wanted) this.#unpackGroup(chunk, group, into);
    into.length = length;
  }

  #kindStream(chunk: OpenChunk): { runKinds: Float64Array; runLengths: Float64Array } {
    const runs = chunk.groups[0]!;
    const runKinds = new Float64Array(runs.count);
    const runLengths = new Float64Array(runs.count);
    unpackInto(chunk.column(runs, 0), runKinds, runs.count, 1, KIND_CODES - 1);
    unpackInto(chunk.column(runs, 1), runLengths, runs.count, 1, chunk.events);
    return { runKinds, runLengths };
  }

  /** Fills, kind after kind, the chunk rows of its events and where they go in the batch. Returns the events delivered. */
  #placeRows(
    chunk: OpenChunk,
    runKinds: Float64Array,
    runLengths: Float64Array,
    kinds: number,
    into: EventBatch,
  ): number {
    const next = new Uint32Array(chunk.starts);
    let row = 0;
    let target = 0;
    for (let run = 0; run < runKinds.length; run++) {
      const kind = runKinds[run]!;
      const end = row + runLengths[run]!;
      let to = next[kind]!;
      if (end > chunk.events || to + end - row > chunk.starts[kind + 1]!)
        damaged('its kind stream does not match its groups');
      const wanted = (kinds & (1 << kind)) !== 0;
      if (wanted) into.kind.fill(kind, target, target + end - row);
      for (; row < end; row++) {
        this.#rows[to] = row;
        if (wanted) {
          into.row[target] = row;
          this.#targets[to] = target++;
        }
        to++;
      }
      next[kind] = to;
    }
    if (row !== chunk.events) damaged('its kind stream does not match its groups');
    return target;
  }

  #unpackTimes(
    chunk: OpenChunk,
    wanted: readonly Group[],
    runKinds: Float64Array,
    runLengths: Float64Array,
    times: Float64Array,
  ): void {
    const chained = wanted.some((group) => chunk.tag(group, COLUMN_TIME) !== MEANS_LAG_CHANGE);
    const groups = chained ? chunk.groups.filter((group) => group.code !== 0) : wanted;
    const differences: Array<Float64Array | undefined> = [];
    for (const group of groups) {
      const cursor = chunk.column(group, COLUMN_TIME);
      const tag = cursor.byte();
      const shape = KIND_SHAPES[group.code]!;
      if (tag === MEANS_LAG_CHANGE && shape.programSlot >= 0) {
        const [lagged, programs, cpus] = this.#columns;
        unpackInto(chunk.column(group, COLUMN_CPU), cpus, group.count, ...COLUMN_BOUNDS[COLUMN_CPU]!);
        unpackInto(chunk.column(group, COMMON_COLUMNS + shape.programSlot), programs, group.count, 0, TIME_LIMIT);
        unpackLag(cursor, lagged, programs, cpus, group.count, this.#lags);
        const start = chunk.starts[group.code]!;
        for (let i = 0; i < group.count; i++) times[this.#rows[start + i]!] = lagged[i]!;
      } else if ((tag & 0xf0) === MEANS_SINCE_PREVIOUS) {
        const column = new Float64Array(group.count);
        unpackColumn(cursor, tag & 0x0f, column, group.count, -TIME_LIMIT, TIME_LIMIT);
        differences[group.code] = column;
      } else {
        damaged('a time column has an unknown tag');
      }
    }
    if (!chained) return;
    const next = new Uint32Array(KIND_CODES);
    let time = chunk.timeFirst;
    let row = 0;
    for (let run = 0; run < runKinds.length; run++) {
      const kind = runKinds[run]!;
      const end = row + runLengths[run]!;
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

  /** All columns but time. */
  #unpackGroup(chunk: OpenChunk, group: Group, into: EventBatch): void {
    const shape = KIND_SHAPES[group.code]!;
    const start = chunk.starts[group.code]!;
    const targets = this.#targets.subarray(start, start + group.count);
    const [values, second] = this.#columns;
    const narrow = [into.cpu, into.actor, into.space, into.step];
    for (let column = COLUMN_CPU; column < COLUMN_PAGE; column++) {
      unpackInto(chunk.column(group, column), values, group.count, ...COLUMN_BOUNDS[column]!);
      scatterNarrow(values, targets, narrow[column - COLUMN_CPU]!);
    }
    const page = chunk.column(group, COLUMN_PAGE);
    const joined = shape.offsetSlot >= 0 && (chunk.tag(group, COLUMN_PAGE) & 0xf0) === MEANS_ADDRESS;
    if (joined) {
      unpackAddresses(page, page.byte() & 0x0f, values, second, group.count);
      scatter(second, targets, into.slots[shape.offsetSlot]!);
    } else {
      unpackInto(page, values, group.count, ...COLUMN_BOUNDS[COLUMN_PAGE]!);
    }
    scatter(values, targets, into.page);
    for (let slot = 0; slot < shape.columns - COMMON_COLUMNS; slot++) {
      const column = chunk.column(group, COMMON_COLUMNS + slot);
      if (joined && slot === shape.offsetSlot) {
        if (column.byte() !== MEANS_JOINED || column.at !== column.end) damaged('an offset column has an unknown tag');
        continue;
      }
      unpackInto(column, values, group.count, 0, 2 ** 53);
      scatter(values, targets, into.slots[slot]!);
    }
  }
}

function unpackInto(cursor: VarintCursor, into: Float64Array, count: number, least: number, most: number): void {
  const tag = cursor.byte();
  if ((tag & 0xf0) !== MEANS_VALUE) damaged('a column has an unknown tag');
  unpackColumn(cursor, tag, into, count, least, most);
}

function scatter(values: Float64Array, targets: Uint32Array, into: Float64Array): void {
  for (let i = 0; i < targets.length; i++) into[targets[i]!] = values[i]!;
}

function scatterNarrow(values: Float64Array, targets: Uint32Array, into: Int16Array | Uint16Array): void {
  for (let i = 0; i < targets.length; i++) into[targets[i]!] = values[i]!;
}

/** A chunk whose envelope has been read and believed; blocks are expanded when first asked for. */
class OpenChunk {
  readonly firstSeq: number;
  readonly events: number;
  readonly timeFirst: number;
  /** The kind stream first, then the kinds. */
  readonly groups: readonly Group[];
  /** By code: where its rows start when rows are sorted by kind. */
  readonly starts: Uint32Array;
  readonly #blocks: readonly Block[];
  readonly #expanded: Array<Uint8Array | undefined> = [];

  constructor(items: readonly Field[]) {
    this.firstSeq = items[1]!.integer(1, Number.MAX_SAFE_INTEGER - CHUNK_EVENTS);
    this.events = items[2]!.integer(1, CHUNK_EVENTS);
    this.timeFirst = items[3]!.integer(0, TIME_LIMIT);
    this.#blocks = items[5]!.items(1).map((item) => readBlock(item.items(3)));
    const groups = items[4]!.items(1).map((item) => readGroup(item.items(5), this.events, this.#blocks));
    this.groups = groups.sort((a, b) => a.code - b.code);
    this.starts = new Uint32Array(KIND_CODES + 1);
    for (const [i, { code, count }] of groups.entries()) {
      if (i > 0 ? code === groups[i - 1]!.code : code !== 0) damaged('it has no kind stream, or a kind twice');
      if (code !== 0) this.starts[code + 1] = count;
    }
    for (let code = 0; code < KIND_CODES; code++) this.starts[code + 1]! += this.starts[code]!;
    if (this.starts[KIND_CODES] !== this.events) damaged('its groups do not add up to its events');
  }

  tag(group: Group, column: number): number {
    return this.column(group, column).byte();
  }

  column(group: Group, column: number): VarintCursor {
    this.#expanded[group.block] ??= expandBlock(this.#blocks[group.block]!);
    return new VarintCursor(this.#expanded[group.block]!, group.bounds[column]!, group.bounds[column + 1]!);
  }
}

function openChunk(body: Uint8Array): OpenChunk {
  const items = unseal(body).items(6);
  const version = items[0]!.integer(1, 0xffff);
  if (version > CHUNK_VERSION) throw newerChunk(`layout version ${version}`);
  return new OpenChunk(items);
}

function readBlock([codec, rawBytes, data]: readonly Field[]): Block {
  return { codec: codec!.integer(0, 255), rawBytes: rawBytes!.integer(0, MOST_BLOCK_BYTES), data: data!.bytes() };
}

function readGroup(fields: readonly Field[], events: number, blocks: readonly Block[]): Group {
  const code = fields[0]!.integer(0, 255);
  const shape: KindShape | undefined = KIND_SHAPES[code];
  if (code !== 0 && shape === undefined) throw newerChunk(`event kind ${code}`);
  const count = fields[1]!.integer(1, events);
  const block = fields[2]!.integer(0, blocks.length - 1);
  const bounds = [fields[3]!.integer(0, MOST_BLOCK_BYTES)];
  for (const bytes of fields[4]!.items(0)) bounds.push(bounds.at(-1)! + bytes.integer(1, MOST_BLOCK_BYTES));
  const columns = code === 0 ? 2 : shape!.columns;
  if (bounds.length - 1 > columns) throw newerChunk(`${bounds.length - 1} columns of event kind ${code}`);
  if (bounds.length - 1 < columns) damaged(`event kind ${code} lacks columns`);
  if (bounds.at(-1)! > blocks[block]!.rawBytes) damaged(`event kind ${code} reaches behind its block`);
  return { code, count, block, bounds };
}

function newerChunk(what: string): TrailVersionError {
  return new TrailVersionError({
    what: `it holds ${what}, which this version of pagetrail does not know`,
    why: 'it was written by a newer version',
    mend: 'read it with the version that wrote it, or a newer one',
  });
}
