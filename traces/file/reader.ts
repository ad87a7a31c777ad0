/**
 * Reads a trail, finished or not. The file is untrusted: it is opened read-only, its tables must be exactly ours, every
 * number is checked before it is used, and only errors of this project come out.
 *
 * A trail that is being recorded can be read too; `refresh` takes notice of what came meanwhile.
 */
import { existsSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { InputError, PagetrailError, TrailFormatError, TrailVersionError } from '../../base/index.js';
import type { EventBatch } from '../batch.js';
import { ALL_KINDS, ChunkUnpacker, type Selection } from '../codec/index.js';
import { ChunkSearch, type PageQuery, type SlotQuery } from '../codec/chunk-search.js';
import { type OpenChunk, openChunk } from '../codec/open-chunk.js';
import { damaged } from '../codec/varints.js';
import type { TrailEnding, TrailMeta } from '../meta.js';
import type { StateSink, StateStore } from '../page-rows.js';
import type { PageScope } from '../snapshot.js';
import type { Topic } from './page-index/aspects.js';
import { checkCounts, type ChunkInfo, readChunkRow } from './chunk-rows.js';
import { CheckpointReader } from './checkpoints/checkpoints.js';
import { EVENTS_ROW, readEnding, readMeta } from './meta-rows.js';
import { readSqliteHeader } from './place.js';
import { PageIndexReader } from './page-index/page-index-reader.js';
import { APPLICATION_ID, FORMAT_VERSION, tablesOf } from './schema.js';
import { damagedFile, withSqlite } from './sqlite-errors.js';

/** What SQLite keeps of the file, in KiB. Most of what is read are blobs, which are asked for once; measured: with 16 MiB, its default here, nothing is faster. */
const CACHE_KIB = 2048;

/** Longest text of a row of meta that is read; chosen far above what a recorder writes. */
const MOST_META_BYTES = 2 ** 24;

export class TrailReader implements StateStore {
  readonly path: string;
  readonly formatVersion: number;
  readonly #db: Database.Database;
  readonly #unpacker = new ChunkUnpacker();
  readonly #search = new ChunkSearch();
  readonly #body: Database.Statement<[number], { first_seq: unknown; events: unknown; body: unknown }>;
  readonly #checkpoints: CheckpointReader;
  /** Trails before format 3 have none. */
  readonly #pageIndex: PageIndexReader | null;
  #rows = new Map<string, string>();
  #meta!: TrailMeta;
  #ending: TrailEnding | null = null;
  #chunks: ChunkInfo[] = [];
  #counts: Record<string, number> = {};
  /** The chunk that was read last. More would outlive the collections of young garbage, and each then costs one of all: 5 ms. */
  #opened: { readonly index: number; readonly chunk: OpenChunk } | null = null;

  /**
   * @throws InputError when there is no such file or it is no trail, TrailVersionError when it is a newer one,
   * TrailFormatError when it is damaged
   */
  static open(path: string): TrailReader {
    const version = checkHeader(path);
    const db = withSqlite(path, 'read', () => new Database(path, { readonly: true, fileMustExist: true }));
    try {
      return withSqlite(path, 'read', () => new TrailReader(path, db, version));
    } catch (error) {
      db.close();
      throw error;
    }
  }

  private constructor(path: string, db: Database.Database, version: number) {
    this.path = path;
    this.formatVersion = version;
    this.#db = db;
    db.pragma('trusted_schema = OFF');
    db.pragma('cell_size_check = ON');
    db.pragma('query_only = ON');
    db.pragma(`cache_size = -${CACHE_KIB}`);
    checkTables(path, db, version);
    this.#body = db.prepare('SELECT first_seq, events, body FROM chunk WHERE id = ?');
    this.#checkpoints = new CheckpointReader(path, db, version);
    this.#pageIndex = version >= 3 ? new PageIndexReader(path, db, version) : null;
    this.refresh();
  }

  get meta(): TrailMeta {
    return this.#meta;
  }

  /** null when the recorder was killed, or still records. */
  get ending(): TrailEnding | null {
    return this.#ending;
  }

  /** Every row of meta as it stands in the file, `host.` rows too. */
  get metaRows(): ReadonlyMap<string, string> {
    return this.#rows;
  }

  /** Size of the file, with what SQLite keeps beside it while it is recorded. */
  get bytes(): number {
    const sizes = ['', '-wal'].map((suffix) => statSync(this.path + suffix, { throwIfNoEntry: false })?.size ?? 0);
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  get chunks(): readonly ChunkInfo[] {
    return this.#chunks;
  }

  /** Events in the trail; also the `seq` of the last one. */
  get events(): number {
    const last = this.#chunks.at(-1);
    return last === undefined ? 0 : last.firstSeq + last.events - 1;
  }

  /** Events by kind; kinds without events are left out. */
  get counts(): Readonly<Record<string, number>> {
    return this.#counts;
  }

  /** Takes notice of what was recorded since. */
  refresh(): void {
    this.#opened = null;
    try {
      withSqlite(this.path, 'read', () => {
        this.#db.transaction(() => {
          this.#rows = readRows(this.#db);
          this.#chunks = this.#readChunks();
        })();
      });
      this.#meta = readMeta(this.#rows);
      this.#ending = readEnding(this.#rows);
      const promised = this.#rows.get(EVENTS_ROW);
      if (promised !== undefined && promised !== String(this.events)) {
        damaged(`it holds ${this.events} of ${promised} events`);
      }
    } catch (error) {
      if (!(error instanceof TrailFormatError) || error.what.includes(this.path)) throw error;
      throw damagedFile(this.path, error.message, { cause: error });
    }
    const counts: Record<string, number> = {};
    for (const chunk of this.#chunks) {
      for (const [kind, count] of Object.entries(chunk.counts)) counts[kind] = (counts[kind] ?? 0) + count;
    }
    this.#counts = counts;
  }

  /** Index of the chunk that holds event `seq`; -1 when there is no such event. */
  chunkOf(seq: number): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#chunks[middle]!.firstSeq <= seq) low = middle + 1;
      else high = middle;
    }
    const chunk = this.#chunks[low - 1];
    return chunk !== undefined && seq < chunk.firstSeq + chunk.events ? low - 1 : -1;
  }

  /**
   * Fills `into` with the events of a chunk, by index in `chunks`; with `wanted` only with those kinds (see `kindMask`), or with certain
   * columns of them (see `fieldsOf`).
   * @throws TrailFormatError naming file and chunk
   */
  readChunk(index: number, into: EventBatch, wanted: number | Selection = ALL_KINDS): void {
    const chunk = this.#chunkAt(index);
    try {
      this.#unpacker.unpack(this.#open(index, chunk), into, wanted);
      // The chunk may have grown since `refresh`; what is seen stays what `chunks` says.
      while (into.length > 0 && into.row[into.length - 1]! >= chunk.events) into.length--;
    } catch (error) {
      into.length = 0;
      throw nameChunk(error, this.path, chunk);
    }
  }

  /**
   * Goes through the events of a chunk up to `seq` that are about a page, the last one first. Each becomes the only event of `into`,
   * without its time; what is yielded is its seq. No other chunk may be searched meanwhile.
   * @throws TrailFormatError naming file and chunk
   */
  *eventsBack(index: number, seq: number, query: PageQuery, into: EventBatch): Generator<number> {
    const chunk = this.#chunkAt(index);
    try {
      const row = Math.min(seq - chunk.firstSeq, chunk.events - 1);
      if (row < 0) return;
      const kinds = query.selection.kinds & this.#kindsAbout(index, query);
      if (kinds === 0) return;
      const search = this.#search.open(this.#open(index, chunk));
      const asked = { ...query, selection: { ...query.selection, kinds } };
      for (const found of search.backFrom(row, asked, into)) yield chunk.firstSeq + found;
    } catch (error) {
      throw nameChunk(error, this.path, chunk);
    }
  }

  /**
   * Goes through the events of a chunk from `seq` on that may do something to a slot of a TLB, the first one first. Each becomes the only event
   * of `into`, without its time; what is yielded is its seq. No other chunk may be searched meanwhile.
   * @throws TrailFormatError naming file and chunk
   */
  *eventsOnward(index: number, seq: number, query: SlotQuery, into: EventBatch): Generator<number> {
    const chunk = this.#chunkAt(index);
    try {
      const search = this.#search.open(this.#open(index, chunk));
      for (const found of search.onward(Math.max(0, seq - chunk.firstSeq), query, into)) {
        if (found >= chunk.events) return;
        yield chunk.firstSeq + found;
      }
    } catch (error) {
      throw nameChunk(error, this.path, chunk);
    }
  }

  /** ns of event `seq`, which lies in that chunk. @throws TrailFormatError naming file and chunk */
  timeOf(index: number, seq: number): number {
    const chunk = this.#chunkAt(index);
    try {
      return this.#search.open(this.#open(index, chunk)).timeOf(seq - chunk.firstSeq);
    } catch (error) {
      throw nameChunk(error, this.path, chunk);
    }
  }

  /** The kinds that the page index knows of events about the pages of a query in a chunk; all where it is none. */
  #kindsAbout(index: number, { space, page, head }: PageQuery): number {
    const pageIndex = this.#pageIndex;
    // While it is recorded, the last chunk is replaced by longer ones.
    if (pageIndex === null || this.#ending === null) return ALL_KINDS;
    return withSqlite(this.path, 'read', () => {
      const kinds = pageIndex.kindsAbout(index, space, page);
      return head === page ? kinds : kinds | pageIndex.kindsAbout(index, space, head);
    });
  }

  #chunkAt(index: number): ChunkInfo {
    const chunk = this.#chunks[index];
    if (chunk === undefined) throw new RangeError(`there is no chunk ${index}`);
    return chunk;
  }

  /** The chunk as it is stored, which holds the events that its row promises. */
  #open(index: number, info: ChunkInfo): OpenChunk {
    if (this.#opened?.index === index) return this.#opened.chunk;
    const row = withSqlite(this.path, 'read', () => this.#body.get(info.id));
    if (!(row?.body instanceof Uint8Array)) throw new TrailFormatError({ what: 'its row is gone' });
    const chunk = openChunk(row.body);
    const { firstSeq, events, groups } = chunk;
    if (firstSeq !== row.first_seq || events !== row.events) wrongEvents();
    if (firstSeq !== info.firstSeq || events < info.events) wrongEvents();
    if (events === info.events) checkCounts(info, new Map(groups.map(({ code, count }) => [code, count])));
    // While it is recorded, the last one is replaced by longer ones.
    this.#opened = this.#ending === null ? null : { index, chunk };
    return chunk;
  }

  /** `seq` of the latest checkpoint at or before event `seq`; -1 when there is none. */
  checkpointAtOrBefore(seq: number): number {
    return withSqlite(this.path, 'read', () => this.#checkpoints.seqAtOrBefore(Math.min(seq, this.events)));
  }

  /** Hands out the latest whole checkpoint at or before event `seq`, or of `scope` what it says; false when there is none. */
  loadAtOrBefore(seq: number, scope: PageScope | null, sink: StateSink): boolean {
    return withSqlite(this.path, 'read', () => this.#checkpoints.load(Math.min(seq, this.events), scope, sink));
  }

  /**
   * The last chunk, from `atLeast` on, that may hold an event of that topic about the page up to event `seq`; -1 where there is none.
   * Without an index every chunk may.
   */
  lastChunkAbout(space: number, page: number, topic: Topic, seq: number, atLeast = 0): number {
    const end = Math.min(seq, this.events);
    const atMost = this.chunkOf(end);
    const index = this.#pageIndex;
    if (index === null || atMost < atLeast) return atMost < atLeast ? -1 : atMost;
    const row = end - this.#chunks[atMost]!.firstSeq;
    return withSqlite(this.path, 'read', () => index.lastChunk(space, page, topic, atLeast, atMost, row));
  }

  close(): void {
    this.#db.close();
  }

  #readChunks(): ChunkInfo[] {
    const rows = this.#db
      .prepare(
        'SELECT id, first_seq, events, time_first, time_last, kinds, page_min, page_max, counts, length(body) AS bytes FROM chunk ORDER BY id',
      )
      .all() as Array<Record<string, unknown>>;
    const chunks: ChunkInfo[] = [];
    for (const row of rows) chunks.push(readChunkRow(row, chunks.at(-1)));
    return chunks;
  }
}

/** Looks at the first 100 bytes before SQLite does, to tell apart what can be wrong. Returns the format version. */
function checkHeader(path: string): number {
  const notTrail = (why: string) =>
    new InputError({ what: `${path} is not a trail`, why, mend: 'give a file that `pagetrail record` wrote' });
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new InputError({ what: `cannot read ${path}`, why: 'there is no such file', mend: 'check the name' });
  }
  if (!stat.isFile()) throw notTrail(stat.isDirectory() ? 'it is a folder' : 'it is no ordinary file');
  let header: ReturnType<typeof readSqliteHeader>;
  try {
    header = readSqliteHeader(path);
  } catch (error) {
    throw new InputError({ what: `cannot read ${path}`, why: (error as Error).message, mend: 'check its permissions' });
  }
  if (stat.size === 0) throw notTrail('it is empty');
  if (header === null) throw notTrail('it is no SQLite database');
  if (header.applicationId !== APPLICATION_ID) throw notTrail('it is an SQLite database of something else');
  if (header.userVersion > FORMAT_VERSION) {
    throw new TrailVersionError({
      what: `${path} has format version ${header.userVersion}; this pagetrail reads up to ${FORMAT_VERSION}`,
      why: 'it was recorded by a newer version',
      mend: 'read it with the version that wrote it, or a newer one',
    });
  }
  if (header.userVersion < 1) throw damagedFile(path, 'it has no format version');
  // With a WAL beside it the file may lag behind its own header, for good where the recorder was killed meanwhile; SQLite knows.
  if (header.pages * header.pageBytes > stat.size && !existsSync(`${path}-wal`)) {
    throw damagedFile(path, `it has ${stat.size} of ${header.pages * header.pageBytes} bytes: the end is cut off`);
  }
  return header.userVersion;
}

/** The tables of that version, word for word, and nothing that runs by itself. */
function checkTables(path: string, db: Database.Database, version: number): void {
  const objects = db.prepare('SELECT type, name, sql FROM sqlite_schema').all() as Array<{
    type: unknown;
    name: unknown;
    sql: unknown;
  }>;
  for (const { type, name } of objects) {
    if (type === 'trigger' || type === 'view') throw damagedFile(path, `it contains the ${type} '${String(name)}'`);
  }
  for (const [table, sql] of tablesOf(version)) {
    const found = objects.find(({ type, name }) => type === 'table' && name === table);
    if (found?.sql !== sql)
      throw damagedFile(path, `its table '${table}' is ${found === undefined ? 'missing' : 'another'}`);
  }
}

function readRows(db: Database.Database): Map<string, string> {
  const rows = db
    .prepare('SELECT key, value FROM meta WHERE length(value) <= ?')
    .raw()
    .all(MOST_META_BYTES) as unknown[][];
  const meta = new Map<string, string>();
  for (const [key, value] of rows) {
    if (typeof key !== 'string' || typeof value !== 'string') damaged('a row of meta is no text');
    meta.set(key, value);
  }
  return meta;
}

function wrongEvents(): never {
  throw new TrailFormatError({ what: 'it holds other events than its row says' });
}

/** Adds to an error of the codec which events cannot be read, and what still can. */
function nameChunk(error: unknown, path: string, { id, firstSeq, events }: ChunkInfo): unknown {
  if (!(error instanceof PagetrailError)) return error;
  const what = `chunk ${id} of ${path} (events ${firstSeq} to ${firstSeq + events - 1}) cannot be read`;
  if (error instanceof TrailVersionError) {
    return new TrailVersionError({
      what,
      why: error.what,
      mend: 'read it with the version that wrote it, or a newer one',
    });
  }
  if (!(error instanceof TrailFormatError)) return error;
  const mend = 'restore the file from a copy, or record again; its other chunks can still be read';
  return new TrailFormatError({ what, why: error.what, mend }, { cause: error });
}
