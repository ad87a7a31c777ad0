/**
 * From a batch to the body of a chunk. Packing the columns is quick and happens at once, so that the caller may refill its
 * batch; compressing the packed bytes is slow and can happen on another thread.
 *
 * One pass over the kinds gives the kind stream and, per kind, the list of its rows; then each column of each kind is
 * packed in a loop of its own. Nothing is allocated per event.
 */
import { PAGE_SIZE } from '../../base/index.js';
import { CHUNK_EVENTS, type EventBatch } from '../batch.js';
import { packAddresses } from './addresses.js';
import { MEANS_CHANGE, MEANS_JOINED, MEANS_SINCE_PREVIOUS, packColumn, packConstant } from './columns.js';
import { type Block, compressBlock, compressBlockSync } from './compress.js';
import { seal } from './envelope.js';
import { isUniform, type KindRows, RowPlacer, type Runs } from './rows.js';
import { ALL_KINDS, COLUMN_PAGE, COMMON_COLUMNS, KIND_CODES, KIND_SHAPES, type KindShape } from './shape.js';
import { type ChunkStats, collectStats } from './stats.js';
import { LagTable, packLag } from './times.js';
import { VARINT_BYTES } from './varints.js';

/** Version of the chunk layout; the first item of the envelope. */
export const CHUNK_VERSION = 2;

/** A piece of a group gets a block of its own from this size on, so that who asks for a few columns expands little else; not sensitive. */
const OWN_BLOCK_BYTES = 4096;
/** The block of all that is smaller, and of what every question about single events needs: kinds, and times, CPUs, actors, spaces and steps. */
const SHARED_BLOCK = 0;

/** Most bytes around the varints of one column: tags and first values. */
const COLUMN_HEAD_BYTES = 40;

interface PackedGroup {
  readonly code: number;
  readonly count: number;
  readonly columnBytes: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** The columns of a group, or their lengths, as they are put into blocks: those of every event; its page; its fields. */
function piecesOf<Column>(columns: readonly Column[]): Column[][] {
  const pieces = [
    columns.slice(0, COLUMN_PAGE),
    columns.slice(COLUMN_PAGE, COMMON_COLUMNS),
    columns.slice(COMMON_COLUMNS),
  ];
  return pieces.filter(({ length }) => length > 0);
}

/** A chunk whose columns are packed and whose blocks are not compressed yet. It shares nothing with the batch. */
export interface PackedChunk {
  readonly stats: ChunkStats;
  /** Envelope but for the blocks. */
  readonly head: readonly unknown[];
  readonly blocks: readonly Uint8Array[];
}

export class ChunkPacker {
  readonly #out: Uint8Array;
  readonly #placer: RowPlacer;
  readonly #runKinds: Float64Array;
  readonly #runLengths: Float64Array;
  readonly #scratch: readonly [Float64Array, Float64Array, Float64Array, Float64Array];
  readonly #lags = new LagTable();
  readonly #since: Float64Array;
  #sinceReady = false;

  /** @param capacity most events in a batch it will be given */
  constructor(capacity: number = CHUNK_EVENTS) {
    const mostColumns = Math.max(...KIND_SHAPES.map((shape) => shape?.columns ?? 0));
    this.#out = new Uint8Array((mostColumns + 2) * (capacity * VARINT_BYTES + KIND_CODES * COLUMN_HEAD_BYTES));
    this.#placer = new RowPlacer(capacity, KIND_CODES);
    this.#runKinds = new Float64Array(capacity);
    this.#runLengths = new Float64Array(capacity);
    const column = () => new Float64Array(capacity);
    this.#scratch = [column(), column(), column(), column()];
    this.#since = column();
  }

  /** Packs a batch of at least one event. The batch may be changed as soon as this returns. */
  pack(batch: EventBatch): PackedChunk {
    this.#sinceReady = false;
    const runs = this.#findRuns(batch);
    const rows = this.#placer.place(runs, ALL_KINDS);
    const stats = collectStats(batch, rows);
    const packed = this.#packGroups(batch, runs, rows);
    const groups: unknown[] = [];
    const shared: Uint8Array[] = [];
    const own: Uint8Array[] = [];
    let sharedBytes = 0;
    for (const { code, count, columnBytes, start } of packed) {
      const pieces: number[] = [];
      let from = start;
      for (const lengths of piecesOf(columnBytes)) {
        const to = lengths.reduce((at, bytes) => at + bytes, from);
        const bytes = this.#out.subarray(from, to);
        if (from > start && bytes.length >= OWN_BLOCK_BYTES) {
          own.push(bytes.slice());
          pieces.push(lengths.length, SHARED_BLOCK + own.length, 0);
        } else {
          shared.push(bytes);
          pieces.push(lengths.length, SHARED_BLOCK, sharedBytes);
          sharedBytes += bytes.length;
        }
        from = to;
      }
      groups.push([code, count, pieces, columnBytes]);
    }
    const blocks = [Buffer.concat(shared, sharedBytes), ...own];
    return { stats, head: [CHUNK_VERSION, stats.firstSeq, stats.events, stats.timeFirst, groups], blocks };
  }

  #findRuns(batch: EventBatch): Runs {
    const kinds = batch.kind;
    const length = batch.length;
    let count = 0;
    for (let i = 0; i < length; ) {
      const kind = kinds[i]!;
      const from = i++;
      while (i < length && kinds[i] === kind) i++;
      this.#runKinds[count] = kind;
      this.#runLengths[count++] = i - from;
    }
    return { kinds: this.#runKinds, lengths: this.#runLengths, count };
  }

  #packGroups(batch: EventBatch, runs: Runs, rows: ReadonlyArray<KindRows | undefined>): PackedGroup[] {
    const out = this.#out;
    const [both] = this.#scratch;
    for (let run = 0; run < runs.count; run++) both[run] = runs.kinds[run]! + KIND_CODES * (runs.lengths[run]! - 1);
    let at = packColumn(out, 0, both, runs.count, false);
    const groups: PackedGroup[] = [{ code: 0, count: runs.count, columnBytes: [at], start: 0, end: at }];
    const uniform = [batch.cpu, batch.actor, batch.space, batch.step].map((column) =>
      isUniform(column, 0, batch.length),
    );
    for (const [code, kindRows] of rows.entries()) {
      if (kindRows === undefined) continue;
      const group = this.#packGroup(batch, KIND_SHAPES[code]!, kindRows, uniform, at);
      at = group.end;
      groups.push(group);
    }
    return groups;
  }

  /** @param uniform by narrow column: whether it is the same in the whole batch */
  #packGroup(
    batch: EventBatch,
    shape: KindShape,
    rows: KindRows,
    uniform: readonly boolean[],
    start: number,
  ): PackedGroup {
    const out = this.#out;
    const { count } = rows;
    const [first, second] = this.#scratch;
    const columnBytes: number[] = [];
    let end = start;
    const done = (at: number) => {
      columnBytes.push(at - end);
      end = at;
    };
    done(this.#packTimes(batch, shape, rows, uniform[0]!, end));
    for (const [i, column] of [batch.cpu, batch.actor, batch.space, batch.step].entries()) {
      const constant = uniform[i] ? column[0]! : rows.constantOf(column);
      done(
        constant === null
          ? packColumn(out, end, rows.gather(column, first), count, false)
          : packConstant(out, end, constant),
      );
    }
    const pages = rows.gather(batch.page, first);
    const offsets = shape.offsetSlot < 0 ? null : rows.gather(batch.slots[shape.offsetSlot]!, second);
    const joined = offsets !== null && withinPages(offsets, count);
    done(joined ? packAddresses(out, end, pages, offsets, count) : packColumn(out, end, pages, count, true));
    for (const [slot, alike] of shape.alike.entries()) {
      const against = shape.against[slot]!;
      if (joined && slot === shape.offsetSlot) {
        out[end] = MEANS_JOINED;
        done(end + 1);
      } else if (against >= 0) {
        const changes = this.#changes(batch, rows, slot, against);
        done(packColumn(out, end, changes, count, false, MEANS_CHANGE));
      } else {
        done(packColumn(out, end, rows.gather(batch.slots[slot]!, first), count, alike));
      }
    }
    return { code: shape.definition.code, count, columnBytes, start, end };
  }

  /** What the values of a field are more than those of another one. */
  #changes({ slots }: EventBatch, rows: KindRows, slot: number, against: number): Float64Array {
    const [first, second, changes] = this.#scratch;
    const values = rows.gather(slots[slot]!, first);
    const others = rows.gather(slots[against]!, second);
    for (let i = 0; i < rows.count; i++) changes[i] = values[i]! - others[i]!;
    return changes;
  }

  #packTimes(batch: EventBatch, shape: KindShape, rows: KindRows, oneCpu: boolean, at: number): number {
    const [first, second, third, fourth] = this.#scratch;
    if (shape.programSlot >= 0) {
      const times = rows.gather(batch.time, first);
      const programs = rows.gather(batch.slots[shape.programSlot]!, second);
      const cpus = oneCpu ? null : rows.gather(batch.cpu, third);
      const end = packLag(this.#out, at, times, programs, cpus, rows.count, this.#lags, fourth);
      if (end !== 0) return end;
    }
    return packColumn(
      this.#out,
      at,
      rows.gather(this.#sincePrevious(batch), first),
      rows.count,
      false,
      MEANS_SINCE_PREVIOUS,
    );
  }

  /** By row: time since the event before, of whatever kind; 0 for the first event, whose time is in the envelope. */
  #sincePrevious({ time, length }: EventBatch): Float64Array {
    const since = this.#since;
    if (this.#sinceReady) return since;
    since[0] = 0;
    for (let i = 1; i < length; i++) since[i] = time[i]! - time[i - 1]!;
    this.#sinceReady = true;
    return since;
  }
}

/** Body of a packed chunk, compressed on other threads. */
export async function sealChunk(chunk: PackedChunk): Promise<Uint8Array> {
  return sealBlocks(chunk, await Promise.all(chunk.blocks.map(compressBlock)));
}

/** The same bytes as `sealChunk`, at once. */
export function sealChunkSync(chunk: PackedChunk): Uint8Array {
  return sealBlocks(chunk, chunk.blocks.map(compressBlockSync));
}

function sealBlocks(chunk: PackedChunk, blocks: readonly Block[]): Uint8Array {
  return seal([...chunk.head, blocks.map(({ codec, rawBytes, data }) => [codec, rawBytes, data])]);
}

/** Whether all offsets are integers in [0, 4096), so that page and offset make an address. */
function withinPages(offsets: Float64Array, count: number): boolean {
  let outside = 0;
  for (let i = 0; i < count; i++) {
    const offset = offsets[i]! | 0;
    outside |= offset === offsets[i] ? offset & -PAGE_SIZE : 1;
  }
  return outside === 0;
}
