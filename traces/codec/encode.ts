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
import { MEANS_JOINED, MEANS_SINCE_PREVIOUS, packColumn, packConstant } from './columns.js';
import { type Block, compressBlock, compressBlockSync } from './compress.js';
import { seal } from './envelope.js';
import { COMMON_COLUMNS, KIND_CODES, KIND_SHAPES, type KindShape } from './shape.js';
import { type ChunkStats, collectStats } from './stats.js';
import { LagTable, packLag } from './times.js';
import { VARINT_BYTES } from './varints.js';

/** Version of the chunk layout; the first item of the envelope. */
export const CHUNK_VERSION = 1;

/** The kind stream and the accesses get a block of their own from this size on; chosen, not sensitive. */
const OWN_BLOCK_BYTES = 4096;

/** Most bytes around the varints of one column: tags and first values. */
const COLUMN_HEAD_BYTES = 40;

interface PackedGroup {
  readonly code: number;
  readonly count: number;
  readonly columnBytes: readonly number[];
  readonly start: number;
  readonly end: number;
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
  readonly #rows: Uint32Array;
  readonly #starts = new Uint32Array(KIND_CODES + 1);
  readonly #runKinds: Float64Array;
  readonly #runLengths: Float64Array;
  readonly #columns: readonly [Float64Array, Float64Array, Float64Array, Float64Array];
  readonly #lags = new LagTable();

  /** @param capacity most events in a batch it will be given */
  constructor(capacity: number = CHUNK_EVENTS) {
    const mostColumns = Math.max(...KIND_SHAPES.map((shape) => shape?.columns ?? 0));
    this.#out = new Uint8Array((mostColumns + 2) * (capacity * VARINT_BYTES + KIND_CODES * COLUMN_HEAD_BYTES));
    this.#rows = new Uint32Array(capacity);
    this.#runKinds = new Float64Array(capacity);
    this.#runLengths = new Float64Array(capacity);
    const column = () => new Float64Array(capacity);
    this.#columns = [column(), column(), column(), column()];
  }

  /** Packs a batch of at least one event. The batch may be changed as soon as this returns. */
  pack(batch: EventBatch): PackedChunk {
    const stats = collectStats(batch);
    const packed = this.#packGroups(batch, this.#findRuns(batch));
    const groups: unknown[] = [];
    const blocks: Uint8Array[] = [];
    const shared: PackedGroup[] = [];
    const place = (group: PackedGroup, block: number, offset: number) =>
      groups.push([group.code, group.count, block, offset, group.columnBytes]);
    for (const group of packed) {
      const own = group.code === 0 || KIND_SHAPES[group.code]!.programSlot >= 0;
      if (!own || group.end - group.start < OWN_BLOCK_BYTES) {
        shared.push(group);
        continue;
      }
      place(group, blocks.length, 0);
      blocks.push(this.#out.slice(group.start, group.end));
    }
    if (shared.length > 0) {
      const block = new Uint8Array(shared.reduce((sum, { start, end }) => sum + end - start, 0));
      let offset = 0;
      for (const group of shared) {
        block.set(this.#out.subarray(group.start, group.end), offset);
        place(group, blocks.length, offset);
        offset += group.end - group.start;
      }
      blocks.push(block);
    }
    return { stats, head: [CHUNK_VERSION, stats.firstSeq, stats.events, stats.timeFirst, groups], blocks };
  }

  /** Fills the runs of equal kinds and the rows by kind; returns the number of runs. */
  #findRuns(batch: EventBatch): number {
    const kinds = batch.kind;
    const length = batch.length;
    const starts = this.#starts.fill(0);
    let runs = 0;
    for (let i = 0; i < length; ) {
      const kind = kinds[i]!;
      const from = i++;
      while (i < length && kinds[i] === kind) i++;
      this.#runKinds[runs] = kind;
      this.#runLengths[runs++] = i - from;
      starts[kind + 1]! += i - from;
    }
    for (let kind = 0; kind < KIND_CODES; kind++) starts[kind + 1]! += starts[kind]!;
    const next = starts.slice();
    const rows = this.#rows;
    let row = 0;
    for (let run = 0; run < runs; run++) {
      const kind = this.#runKinds[run]!;
      let to = next[kind]!;
      for (let left = this.#runLengths[run]!; left > 0; left--) rows[to++] = row++;
      next[kind] = to;
    }
    return runs;
  }

  #packGroups(batch: EventBatch, runs: number): PackedGroup[] {
    const out = this.#out;
    const middle = packColumn(out, 0, this.#runKinds, runs, false);
    let at = packColumn(out, middle, this.#runLengths, runs, false);
    const groups: PackedGroup[] = [{ code: 0, count: runs, columnBytes: [middle, at - middle], start: 0, end: at }];
    for (let code = 1; code < KIND_CODES; code++) {
      const rows = this.#rows.subarray(this.#starts[code]!, this.#starts[code + 1]!);
      if (rows.length === 0) continue;
      const shape = KIND_SHAPES[code]!;
      const start = at;
      const columnBytes: number[] = [];
      for (let column = 0; column < shape.columns; column++) {
        const from = at;
        at = this.#packColumnOf(batch, shape, rows, column, at);
        columnBytes.push(at - from);
      }
      groups.push({ code, count: rows.length, columnBytes, start, end: at });
    }
    return groups;
  }

  #packColumnOf(batch: EventBatch, shape: KindShape, rows: Uint32Array, column: number, at: number): number {
    const out = this.#out;
    const count = rows.length;
    const [values, second, third, scratch] = this.#columns;
    switch (column) {
      case 0: {
        if (shape.programSlot >= 0) {
          gather(batch.time, rows, values);
          gather(batch.slots[shape.programSlot]!, rows, second);
          gather(batch.cpu, rows, third);
          const end = packLag(out, at, values, second, third, count, this.#lags, scratch);
          if (end !== 0) return end;
        }
        sincePrevious(batch.time, rows, values);
        return packColumn(out, at, values, count, false, MEANS_SINCE_PREVIOUS);
      }
      case 1:
        return packNarrow(out, at, batch.cpu, rows, values);
      case 2:
        return packNarrow(out, at, batch.actor, rows, values);
      case 3:
        return packNarrow(out, at, batch.space, rows, values);
      case 4:
        return packNarrow(out, at, batch.step, rows, values);
      case 5: {
        gather(batch.page, rows, values);
        if (shape.offsetSlot < 0) return packColumn(out, at, values, count, true);
        gather(batch.slots[shape.offsetSlot]!, rows, second);
        return withinPages(second, count)
          ? packAddresses(out, at, values, second, count)
          : packColumn(out, at, values, count, true);
      }
      default: {
        const slot = column - COMMON_COLUMNS;
        gather(batch.slots[slot]!, rows, values);
        if (slot === shape.offsetSlot && withinPages(values, count)) {
          out[at] = MEANS_JOINED;
          return at + 1;
        }
        return packColumn(out, at, values, count, shape.alike[slot]!);
      }
    }
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

type Column = Float64Array | Int16Array | Uint16Array;

function gather(from: Column, rows: Uint32Array, into: Float64Array): void {
  for (let i = 0; i < rows.length; i++) into[i] = from[rows[i]!]!;
}

/** Actor, space and step are nearly always constant, and seen to be so without a copy. */
function packNarrow(out: Uint8Array, at: number, from: Column, rows: Uint32Array, scratch: Float64Array): number {
  const first = from[rows[0]!]!;
  let i = 1;
  while (i < rows.length && from[rows[i]!] === first) i++;
  if (i === rows.length) return packConstant(out, at, first);
  gather(from, rows, scratch);
  return packColumn(out, at, scratch, rows.length, false);
}

/** Time since the event before, of whatever kind; 0 for the first event, whose time is in the envelope. */
function sincePrevious(times: Float64Array, rows: Uint32Array, into: Float64Array): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    into[i] = row === 0 ? 0 : times[row]! - times[row - 1]!;
  }
}

function withinPages(offsets: Float64Array, count: number): boolean {
  for (let i = 0; i < count; i++) {
    const offset = offsets[i]! | 0;
    if (offset !== offsets[i] || offset < 0 || offset >= PAGE_SIZE) return false;
  }
  return true;
}
