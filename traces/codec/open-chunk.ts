/**
 * A chunk as its envelope describes it: groups, columns and blocks, each number bounded before it is believed. Nothing is
 * decoded here; a block is expanded when one of its columns is first asked for.
 */
import { TrailVersionError } from '../../base/index.js';
import { CHUNK_EVENTS } from '../batch.js';
import { MEANS_VALUE, PACK_CONSTANT } from './columns.js';
import { expandBeginning } from './beginning.js';
import { type Block, expandBlock } from './compress.js';
import { CHUNK_VERSION } from './encode.js';
import { type Field, unseal } from './envelope.js';
import { KIND_SHAPES, type KindShape } from './shape.js';
import { TIME_LIMIT } from './times.js';
import { damaged, VARINT_BYTES, VarintCursor } from './varints.js';

/** All blocks together hold no more: every column of every event at its longest. */
const MOST_BLOCK_BYTES = CHUNK_EVENTS * VARINT_BYTES * 16;

/** A column is expanded from its beginning only where less than this share of it is wanted. Chosen: what may have to be done again is then repaid. */
const MOST_SHARE = 0.8;
/** And where it has so many bytes. Chosen: less is expanded in a tenth of a millisecond. */
const LEAST_BEGUN_BYTES = 16 * 1024;

/** Columns of the kind stream by layout: kinds and lengths of runs, or both in one. */
const STREAM_COLUMNS = [0, 2, 1];

/** The columns of one kind, or of the kind stream (code 0). */
export interface Group {
  readonly code: number;
  readonly count: number;
  readonly columns: readonly Place[];
}

/** Where a column lies in an expanded block. */
interface Place {
  readonly block: number;
  readonly start: number;
  readonly end: number;
}

/** A chunk whose envelope has been read and believed; blocks are expanded when first asked for. */
export class OpenChunk {
  readonly firstSeq: number;
  readonly events: number;
  readonly timeFirst: number;
  readonly stream: Group;
  /** The kinds, by ascending code. */
  readonly groups: readonly Group[];
  readonly #blocks: readonly Block[];
  readonly #expanded: Array<Uint8Array | undefined> = [];

  /** @param version of the layout */
  constructor(version: number, items: readonly Field[]) {
    this.firstSeq = items[1]!.integer(1, Number.MAX_SAFE_INTEGER - CHUNK_EVENTS);
    this.events = items[2]!.integer(1, CHUNK_EVENTS);
    this.timeFirst = items[3]!.integer(0, TIME_LIMIT);
    this.#blocks = items[5]!.items(1).map((item) => readBlock(item.items(3)));
    if (this.#blocks.reduce((sum, { rawBytes }) => sum + rawBytes, 0) > MOST_BLOCK_BYTES)
      damaged('its blocks are too large');
    const groups = items[4]!
      .items(1)
      .map((item) => readGroup(version, item.items(version === 1 ? 5 : 4), this.events, this.#blocks));
    groups.sort((a, b) => a.code - b.code);
    const [stream, ...kinds] = groups;
    if (stream!.code !== 0) damaged('it has no kind stream');
    if (new Set(groups.map(({ code }) => code)).size !== groups.length) damaged('it has a kind twice');
    this.stream = stream!;
    this.groups = kinds;
    if (kinds.reduce((sum, { count }) => sum + count, 0) !== this.events) {
      damaged('its groups do not add up to its events');
    }
  }

  /** Whether the group has that column: one of a field that a later version appended may be missing. */
  has(group: Group, column: number): boolean {
    return column < group.columns.length;
  }

  tag(group: Group, column: number): number {
    return this.column(group, column).byte();
  }

  /** The value of a constant column; null for another column. */
  constant(group: Group, column: number): number | null {
    const cursor = this.column(group, column);
    if (cursor.byte() !== (MEANS_VALUE | PACK_CONSTANT)) return null;
    const value = cursor.signed();
    return cursor.at === cursor.end ? value : damaged('a constant column is too long');
  }

  /**
   * The beginning of a column that has a block of its own, about that share of it; null where all of it is there or had as well. It may end in
   * the middle of a value, and is not checked to be as long as promised.
   */
  beginning(group: Group, column: number, share: number): VarintCursor | null {
    const { block, start, end } = group.columns[column]!;
    if (share > MOST_SHARE || start > 0 || end < LEAST_BEGUN_BYTES || this.#expanded[block] !== undefined) return null;
    const bytes = expandBeginning(this.#blocks[block]!, share);
    return bytes === null ? null : new VarintCursor(bytes, 0, Math.min(end, bytes.length));
  }

  column(group: Group, column: number): VarintCursor {
    const { block, start, end } = group.columns[column]!;
    this.#expanded[block] ??= expandBlock(this.#blocks[block]!);
    return new VarintCursor(this.#expanded[block]!, start, end);
  }
}

/** @throws TrailFormatError, TrailVersionError */
export function openChunk(body: Uint8Array): OpenChunk {
  const items = unseal(body).items(6);
  const version = items[0]!.integer(1, 0xffff);
  if (version > CHUNK_VERSION) throw newerChunk(`layout version ${version}`);
  return new OpenChunk(version, items);
}

function readBlock([codec, rawBytes, data]: readonly Field[]): Block {
  return { codec: codec!.integer(0, 255), rawBytes: rawBytes!.integer(0, MOST_BLOCK_BYTES), data: data!.bytes() };
}

function readGroup(version: number, fields: readonly Field[], events: number, blocks: readonly Block[]): Group {
  const code = fields[0]!.integer(0, 255);
  const shape: KindShape | undefined = KIND_SHAPES[code];
  if (code !== 0 && shape === undefined) throw newerChunk(`event kind ${code}`);
  const count = fields[1]!.integer(1, events);
  const lengths = fields.at(version === 1 ? 4 : 3)!.items(0);
  // In layout 1 the columns of a group lie one after the other.
  const pieces = version === 1 ? [lengths.length, ...integers(fields.slice(2, 4))] : integers(fields[2]!.items(3));
  const columns: Place[] = [];
  for (let piece = 0; piece + 2 < pieces.length; piece += 3) {
    const [end, block, offset] = [columns.length + pieces[piece]!, pieces[piece + 1]!, pieces[piece + 2]!];
    if (end > lengths.length || block >= blocks.length) damaged(`event kind ${code} has columns that are not there`);
    for (let start = offset; columns.length < end; start = columns.at(-1)!.end) {
      columns.push({ block, start, end: start + lengths[columns.length]!.integer(1, MOST_BLOCK_BYTES) });
    }
    const reaches = columns.at(-1)?.end ?? 0;
    if (reaches > blocks[block]!.rawBytes) damaged(`event kind ${code} reaches behind its block`);
  }
  if (columns.length < lengths.length) damaged(`event kind ${code} has columns that lie nowhere`);
  const known = code === 0 ? STREAM_COLUMNS[version]! : shape!.columns;
  if (columns.length > known) throw newerChunk(`${columns.length} columns of event kind ${code}`);
  if (columns.length < (code === 0 ? known : shape!.columnsAtLeast)) damaged(`event kind ${code} lacks columns`);
  return { code, count, columns };
}

function integers(fields: readonly Field[]): number[] {
  return fields.map((field) => field.integer(0, MOST_BLOCK_BYTES));
}

function newerChunk(what: string): TrailVersionError {
  return new TrailVersionError({
    what: `it holds ${what}, which this version of pagetrail does not know`,
    why: 'it was written by a newer version',
    mend: 'read it with the version that wrote it, or a newer one',
  });
}
