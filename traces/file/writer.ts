/**
 * Writes a trail. Packing happens in the caller's turn, compression on other threads, and the rows go in strictly in the
 * order of the calls, one transaction each; so what is committed is always a whole beginning of the recording.
 *
 *   append/checkpoint  ->  pack (at once)  ->  compress (libuv)  ->  commit (in order)
 *
 * While it records, the file is in WAL mode: others can read it, and a killed recorder loses only what was not committed.
 * `close` folds the WAL back so that one file remains.
 */
import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { InputError, invariant } from '../../base/index.js';
import type { EventBatch } from '../batch.js';
import { type ChunkStats, ChunkPacker, sealChunk } from '../codec/index.js';
import { sealTables } from '../codec/table.js';
import { EVENT_BY_CODE } from '../events/index.js';
import { pteLayout } from '../layouts/index.js';
import type { TrailEnding, TrailMeta } from '../meta.js';
import type { CheckpointState } from '../page-rows.js';
import { sealHead } from './checkpoints/checkpoint-head.js';
import { EVENTS_ROW, metaRows } from './meta-rows.js';
import { clearPlace, removeTrail } from './place.js';
import { SEGMENT_CHUNKS } from './page-index/first-rows.js';
import { PageIndexBuilder } from './page-index/page-index.js';
import {
  APPLICATION_ID,
  FORMAT_VERSION,
  SMALL_TRAIL_BYTES,
  SQLITE_PAGE_BYTES,
  SQLITE_PAGE_BYTES_SMALL,
  tablesOf,
} from './schema.js';
import { ShardChains } from './checkpoints/shard-chains.js';
import { sqliteProblem, withSqlite } from './sqlite-errors.js';

/** How long a reader may keep the file busy at `close` before the WAL is left to it, in ms. */
const BUSY_TIMEOUT_MS = 1000;

/** Rows of meta that may differ between equal runs; the writer puts `host.` before each key. */
export type HostRows = Readonly<Record<string, string>>;

export class TrailWriter {
  readonly path: string;
  readonly #db: Database.Database;
  readonly #packer = new ChunkPacker();
  readonly #insertChunk: Database.Statement;
  readonly #insertShard: Database.Statement;
  readonly #insertIndex: Database.Statement;
  readonly #pageIndex: PageIndexBuilder;
  readonly #setMeta: Database.Statement;
  readonly #shards = new ShardChains();
  /** By space number. */
  #layouts: readonly string[];
  #nextSeq = 1;
  #chunks = 0;
  #checkpointed = -1;
  #tail: Promise<void> = Promise.resolve();
  #waiting: Array<Promise<void>> = [];
  #failure: unknown;
  #bytesOfEvents = 0;

  /**
   * Creates a trail; an old trail at `path` is replaced.
   * @throws InputError when `path` cannot be written or holds something that is no trail
   */
  static create(path: string, meta: TrailMeta, host: HostRows = {}): TrailWriter {
    clearPlace(path);
    const db = withSqlite(path, 'write', () => new Database(path, { timeout: BUSY_TIMEOUT_MS }));
    try {
      return new TrailWriter(path, db, meta, host);
    } catch (error) {
      db.close();
      removeTrail(path);
      throw sqliteProblem(error, path, 'write');
    }
  }

  private constructor(path: string, db: Database.Database, meta: TrailMeta, host: HostRows) {
    this.path = path;
    this.#db = db;
    // The header must say what the file is before the WAL begins: readers look there first.
    db.pragma(`page_size = ${SQLITE_PAGE_BYTES}`);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${FORMAT_VERSION}`);
    for (const [, sql] of tablesOf(FORMAT_VERSION)) db.exec(sql);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    this.#insertChunk = db.prepare('INSERT OR REPLACE INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#insertShard = db.prepare('INSERT INTO checkpoint VALUES (?, ?, ?)');
    this.#insertIndex = db.prepare('INSERT INTO page_index VALUES (?, ?, ?)');
    this.#pageIndex = new PageIndexBuilder((space) => pteLayout(this.#layouts[space] ?? meta.arch));
    this.#layouts = meta.spaces.map(({ layout }) => layout);
    this.#setMeta = db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)');
    this.#writeMeta([...metaRows(meta), ...hostRows(host)]);
  }

  /** Commits that were asked for and are not done yet. */
  get pending(): number {
    return this.#waiting.length;
  }

  /** Bytes of the chunks committed so far. */
  get chunkBytes(): number {
    return this.#bytesOfEvents;
  }

  /**
   * Adds a full chunk, or the last one. The batch may be refilled as soon as this returns.
   * @throws InputError when an earlier commit failed
   */
  append(batch: EventBatch): void {
    this.#addChunk(batch);
    this.#chunks += 1;
    this.#nextSeq += batch.length;
    this.#pageIndex.add(batch);
    if (this.#pageIndex.isFull) this.#storeIndex();
  }

  /** Commits the events so far of a chunk that is not full yet; `append` of the same chunk replaces them. */
  commitOpen(batch: EventBatch): void {
    if (batch.length > 0) this.#addChunk(batch);
  }

  #storeIndex(): void {
    const segment = Math.floor((this.#chunks - 1) / SEGMENT_CHUNKS);
    const shards = this.#pageIndex.finish();
    this.#enqueue(sealTables(shards.map(({ table }) => table)), (bodies) => {
      this.#db.transaction(() => {
        for (const [i, { shard }] of shards.entries()) this.#insertIndex.run(segment, shard, bodies[i]);
      })();
    });
  }

  #addChunk(batch: EventBatch): void {
    this.#throwFailure();
    invariant(batch.firstSeq === this.#nextSeq, `a chunk starts at ${batch.firstSeq}, and ${this.#nextSeq} comes next`);
    const packed = this.#packer.pack(batch);
    const id = this.#chunks + 1;
    this.#enqueue(sealChunk(packed), (body) => {
      this.#insertChunk.run(...chunkRow(id, packed.stats), body);
      this.#bytesOfEvents += body.length;
    });
  }

  /**
   * Adds a checkpoint: what is not as it was in those before, and a head row that names all that belongs to it. Checkpoints come in
   * order of `seq`; a second one of the same event says nothing new and is left out.
   */
  checkpoint(state: CheckpointState): void {
    this.#throwFailure();
    const { seq } = state;
    if (seq === this.#checkpointed) return;
    invariant(seq > this.#checkpointed, `a checkpoint at ${seq} comes after one at ${this.#checkpointed}`);
    this.#checkpointed = seq;
    const { stored, manifest } = this.#shards.take(state);
    const head = sealHead(state, manifest);
    this.#enqueue(sealTables(stored.map(({ table }) => table)), (bodies) => {
      this.#db.transaction(() => {
        for (const [i, { name }] of stored.entries()) this.#insertShard.run(seq, name, bodies[i]);
        this.#insertShard.run(seq, 'head', head);
      })();
    });
  }

  /** Replaces entries of meta at once. */
  updateMeta(entries: Partial<TrailMeta>): void {
    this.#throwFailure();
    if (entries.spaces !== undefined) this.#layouts = entries.spaces.map(({ layout }) => layout);
    withSqlite(this.path, 'write', () => this.#writeMeta(metaRows(entries)));
  }

  /**
   * Waits until at most `mostPending` commits are under way: the back-pressure of a fast source.
   * @throws InputError when a commit failed
   */
  async drain(mostPending = 0): Promise<void> {
    while (this.#waiting.length > mostPending) await this.#waiting[0];
    this.#throwFailure();
  }

  /**
   * Commits what is pending, writes the ending and leaves one file (where a reader holds the file open, its WAL stays
   * beside it and the trail is as valid).
   * @throws InputError when something could not be written; what was committed before is kept
   */
  async close(ending: TrailEnding, host: HostRows = {}): Promise<{ bytes: number }> {
    try {
      if (this.#pageIndex.chunks > 0) this.#storeIndex();
      await this.drain();
      withSqlite(this.path, 'write', () =>
        this.#writeMeta([...metaRows(ending), [EVENTS_ROW, String(this.#nextSeq - 1)], ...hostRows(host)]),
      );
    } finally {
      this.#foldWal();
    }
    return { bytes: statSync(this.path).size };
  }

  /** Gives the recording up: closes and deletes the file. */
  async abandon(): Promise<void> {
    while (this.#waiting.length > 0) await this.#waiting[0];
    this.#db.close();
    removeTrail(this.path);
  }

  #foldWal(): void {
    try {
      this.#db.pragma('wal_checkpoint(TRUNCATE)');
      this.#db.pragma('journal_mode = DELETE');
      if (statSync(this.path).size <= SMALL_TRAIL_BYTES) {
        this.#db.pragma(`page_size = ${SQLITE_PAGE_BYTES_SMALL}`);
        this.#db.exec('VACUUM');
      }
    } catch {
      // A reader is in the way, or the disk is full: the WAL stays, and with it everything committed.
    }
    this.#db.close();
  }

  /** Commits the result of `work` after everything asked for before. */
  #enqueue<Result>(work: Promise<Result>, commit: (result: Result) => void): void {
    // The earlier commit may fail while this work is under way; its own failure is then nobody's news.
    work.catch(() => {});
    const done = this.#tail.then(async () => {
      try {
        const result = await work;
        if (this.#failure === undefined) commit(result);
      } catch (error) {
        this.#failure ??= sqliteProblem(error, this.path, 'write');
      }
      void this.#waiting.shift();
    });
    this.#tail = done;
    this.#waiting.push(done);
  }

  #writeMeta(rows: ReadonlyArray<[key: string, value: string]>): void {
    this.#db.transaction(() => {
      for (const row of rows) this.#setMeta.run(...row);
    })();
  }

  #throwFailure(): void {
    if (this.#failure === undefined) return;
    // A new error each time: the first one may already have been told.
    if (this.#failure instanceof InputError) {
      const { what, why, mend } = this.#failure;
      throw new InputError({ what, ...(why && { why }), ...(mend && { mend }) }, { cause: this.#failure });
    }
    throw this.#failure;
  }
}

function hostRows(host: HostRows): Array<[key: string, value: string]> {
  return Object.entries(host).map(([key, value]) => [`host.${key}`, value]);
}

function chunkRow(id: number, stats: ChunkStats): unknown[] {
  const counts: Record<string, number> = {};
  for (const [code, count] of stats.counts.entries()) if (count > 0) counts[EVENT_BY_CODE[code]!.kind] = count;
  const page = (value: number) => (value < 0 ? null : value);
  return [
    id,
    stats.firstSeq,
    stats.events,
    stats.timeFirst,
    stats.timeLast,
    stats.kinds,
    page(stats.pageMin),
    page(stats.pageMax),
    JSON.stringify(counts),
  ];
}
