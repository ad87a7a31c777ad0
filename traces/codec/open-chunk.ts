/**
 * A chunk as its envelope describes it: groups, columns and blocks, each number bounded before it is believed. Nothing is
 * decoded here; a block is expanded when one of its columns is first asked for.
 */
import { TrailVersionError } from '../../base/index.js';
import { CHUNK_EVENTS } from '../batch.js';
import { MEANS_VALUE, PACK_CONSTANT } from './columns.js';
import { type Block, expandBlock } from './compress.js';
import { CHUNK_VERSION } from './encode.js';
import { type Field, unseal } from './envelope.js';
import { KIND_SHAPES, type KindShape } from './shape.js';
import { TIME_LIMIT } from './times.js';
import { damaged, VARINT_BYTES, VarintCursor } from './varints.js';

/** All blocks together hold no more: every column of every event at its longest. */
const MOST_BLOCK_BYTES = CHUNK_EVENTS * VARINT_BYTES * 16;

/** The columns of one kind, or of the kind stream (code 0). */
export interface Group {
  readonly code: number;
  readonly count: number;
  /** Where each column starts in the expanded block; one entry more than columns. */
  readonly bounds: readonly number[];
  readonly block: number;
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

  constructor(items: readonly Field[]) {
    this.firstSeq = items[1]!.integer(1, Number.MAX_SAFE_INTEGER - CHUNK_EVENTS);
    this.events = items[2]!.integer(1, CHUNK_EVENTS);
    this.timeFirst = items[3]!.integer(0, TIME_LIMIT);
    this.#blocks = items[5]!.items(1).map((item) => readBlock(item.items(3)));
    if (this.#blocks.reduce((sum, { rawBytes }) => sum + rawBytes, 0) > MOST_BLOCK_BYTES)
      damaged('its blocks are too large');
    const groups = items[4]!.items(1).map((item) => readGroup(item.items(5), this.events, this.#blocks));
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
    return column < group.bounds.length - 1;
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

  column(group: Group, column: number): VarintCursor {
    this.#expanded[group.block] ??= expandBlock(this.#blocks[group.block]!);
    return new VarintCursor(this.#expanded[group.block]!, group.bounds[column]!, group.bounds[column + 1]!);
  }
}

/** @throws TrailFormatError, TrailVersionError */
export function openChunk(body: Uint8Array): OpenChunk {
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
  if (bounds.length - 1 < (code === 0 ? columns : shape!.columnsAtLeast)) damaged(`event kind ${code} lacks columns`);
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
