import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { crc32 } from 'node:zlib';
import { decode, encode } from '@msgpack/msgpack';
import Database from 'better-sqlite3';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { InputError, PagetrailError, Random, TrailFormatError, TrailVersionError } from '../../base/index.js';
import { EventBatch } from '../batch.js';
import { changesSince } from '../send-snapshot.js';
import { snapshotAtOrBefore } from '../snapshot-builder.js';
import { type MachineSnapshot, narrowed } from '../snapshot.js';
import { readHead, sealHead } from './checkpoints/checkpoint-head.js';
import { FORMAT_VERSION, TrailReader, TrailWriter } from './index.js';
import { sampleEnding, sampleMeta, sampleSnapshot, writesBatch } from './samples.js';

const root = mkdtempSync(join(tmpdir(), 'pagetrail-file-'));
afterAll(() => rmSync(root, { recursive: true }));
let folder: string;
let path: string;
let number = 0;
beforeEach(() => {
  folder = join(root, String(number++));
  mkdirSync(folder);
  path = join(folder, 'a.trail');
});

async function record(at: string, chunks = 3, events = 1000): Promise<{ bytes: number }> {
  const writer = TrailWriter.create(at, sampleMeta, { tool: 'test' });
  for (let i = 0; i < chunks; i++) writer.append(writesBatch(1 + i * events, events));
  return writer.close(sampleEnding);
}

function pagesOf(reader: TrailReader): number[] {
  const batch = new EventBatch();
  return reader.chunks.flatMap((_, index) => {
    reader.readChunk(index, batch);
    return Array.from(batch.page.subarray(0, batch.length));
  });
}

/** The error that `action` throws. */
function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('a closed trail', () => {
  it('is one file and says what was written', async () => {
    const { bytes } = await record(path);
    const reader = TrailReader.open(path);
    expect(reader.meta).toEqual(sampleMeta);
    expect(reader.ending).toEqual(sampleEnding);
    expect(reader.metaRows.get('host.tool')).toBe('test');
    expect({ version: reader.formatVersion, events: reader.events, counts: reader.counts }).toEqual({
      version: FORMAT_VERSION,
      events: 3000,
      counts: { write: 3000 },
    });
    expect(reader.bytes).toBe(bytes);
    expect(pagesOf(reader)).toEqual([1, 1001, 2001].flatMap((seq) => Array.from(writesBatch(seq, 1000).page)));
    expect([0, 1, 1000, 1001, 3000, 3001].map((seq) => reader.chunkOf(seq))).toEqual([-1, 0, 0, 1, 2, -1]);
    reader.close();
    expect(['-wal', '-shm', '-journal'].filter((suffix) => existsSync(path + suffix))).toEqual([]);
  });

  it('is the same, row by row, when the same is written again', async () => {
    const rows = async (at: string) => {
      const writer = TrailWriter.create(at, sampleMeta, { created: at });
      writer.append(writesBatch(1, 5000));
      checkpoint(writer, sampleSnapshot(5000, 600));
      await writer.drain(1);
      writer.commitOpen(writesBatch(5001, 10));
      writer.append(writesBatch(5001, 5000));
      await writer.close(sampleEnding, { seconds: at });
      const db = new Database(at, { readonly: true });
      const all = (sql: string) => db.prepare(sql).raw().all();
      const tables = [
        all("SELECT * FROM meta WHERE key NOT LIKE 'host.%'"),
        all('SELECT * FROM chunk'),
        all('SELECT * FROM checkpoint'),
      ];
      db.close();
      return tables;
    };
    expect(await rows(path)).toEqual(await rows(join(folder, 'b.trail')));
  });

  it('holds an empty recording', async () => {
    await record(path, 0);
    const reader = TrailReader.open(path);
    expect([reader.events, reader.chunks, reader.chunkOf(1), snapshotAtOrBefore(reader, 9)]).toEqual([0, [], -1, null]);
    reader.close();
  });
});

describe('a trail that is being recorded', () => {
  it('can be read meanwhile, its open chunk too', async () => {
    const writer = TrailWriter.create(path, sampleMeta);
    const reader = TrailReader.open(path);
    expect([reader.events, reader.ending]).toEqual([0, null]);
    writer.append(writesBatch(1, 1000));
    writer.commitOpen(writesBatch(1001, 300));
    await writer.drain();
    expect(reader.events).toBe(0);
    reader.refresh();
    expect(reader.events).toBe(1300);
    writer.append(writesBatch(1001, 1000));
    await writer.drain();
    // The chunk has grown behind the reader's back; it still shows what it said.
    expect(pagesOf(reader).length).toBe(1300);
    reader.refresh();
    expect(pagesOf(reader).length).toBe(2000);
    writer.updateMeta({ notes: ['hello'] });
    await writer.close(sampleEnding);
    reader.refresh();
    expect([reader.events, reader.ending?.complete, reader.meta.notes]).toEqual([2000, true, ['hello']]);
    reader.close();
  });

  it('can be read after a kill in the middle of folding the WAL back, when the file is shorter than its header says', async () => {
    const writer = TrailWriter.create(path, sampleMeta);
    // So many that the file grows, and its first page is in the WAL too.
    writer.append(writesBatch(1, 20_000));
    await writer.drain();
    const killed = join(folder, 'killed.trail');
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, killed + suffix);
    await writer.abandon();
    const bytes = readFileSync(killed);
    bytes.writeUInt32BE(1000, 28);
    writeFileSync(killed, bytes);
    const reader = TrailReader.open(killed);
    expect(pagesOf(reader).length).toBe(20_000);
    reader.close();
  });

  it('is gone when it is given up', async () => {
    const writer = TrailWriter.create(path, sampleMeta);
    writer.append(writesBatch(1, 1000));
    await writer.abandon();
    expect(existsSync(path)).toBe(false);
  });

  it('lets the caller refill its batch at once', async () => {
    const writer = TrailWriter.create(path, sampleMeta);
    const batch = new EventBatch(1000);
    for (let i = 0; i < 6; i++) writer.append(writesBatch(1 + i * 1000, 1000, batch));
    expect(writer.pending).toBe(6);
    await writer.drain(2);
    expect(writer.pending).toBeLessThanOrEqual(2);
    await writer.close(sampleEnding);
    const reader = TrailReader.open(path);
    expect(pagesOf(reader)).toEqual(
      [0, 1, 2, 3, 4, 5].flatMap((i) => Array.from(writesBatch(1 + i * 1000, 1000).page)),
    );
    reader.close();
  });
});

describe('the place of a new trail', () => {
  const createError = (at: string) => errorOf(() => TrailWriter.create(at, sampleMeta));

  it('may hold an old trail or an empty file', async () => {
    writeFileSync(path, '');
    await record(path, 1);
    await record(path, 2);
    const reader = TrailReader.open(path);
    expect(reader.events).toBe(2000);
    reader.close();
  });

  it('may hold the rest of a killed recording', async () => {
    const writer = TrailWriter.create(path, sampleMeta);
    writer.append(writesBatch(1, 1000));
    await writer.drain();
    const killed = join(folder, 'killed.trail');
    for (const suffix of ['', '-wal', '-shm']) copyFileSync(path + suffix, killed + suffix);
    await writer.abandon();
    await record(killed, 2);
    const reader = TrailReader.open(killed);
    expect(reader.events).toBe(2000);
    reader.close();
  });

  it.each([
    ['a text', () => writeFileSync(path, 'precious text '.repeat(20))],
    ['a short text', () => writeFileSync(path, 'x')],
    ['another database', () => void new Database(path).exec('CREATE TABLE precious (a)').close()],
  ])('keeps %s that lies there', (_, put) => {
    put();
    const before = readFileSync(path);
    const error = createError(path);
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toContain(path);
    expect(readFileSync(path)).toEqual(before);
  });

  it('must be a file in a folder that exists', () => {
    expect(createError(join(folder, 'missing', 'a.trail'))).toMatchObject({
      exitCode: 3,
      why: expect.stringContaining('missing'),
    });
    expect(createError(folder)).toMatchObject({ exitCode: 3, why: 'it is a folder' });
    expect(createError('/dev/null')).toMatchObject({ exitCode: 3, why: 'it is no ordinary file' });
  });
});

describe('a file that cannot be read', () => {
  const openError = () => errorOf(() => TrailReader.open(path).close());

  it.each([
    ['missing', () => {}, 'there is no such file'],
    ['a folder', () => mkdirSync(path), 'it is a folder'],
    ['empty', () => writeFileSync(path, ''), 'it is empty'],
    ['a text', () => writeFileSync(path, 'I 04000000,3\n'.repeat(100)), 'it is no SQLite database'],
    [
      'another database',
      () => void new Database(path).exec('CREATE TABLE t (a)').close(),
      'it is an SQLite database of something else',
    ],
  ])('%s: says so', (_, put, why) => {
    put();
    const error = openError();
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ why, what: expect.stringContaining(path) });
  });

  it('of a newer version: says so', async () => {
    await record(path);
    const db = new Database(path);
    db.pragma(`user_version = ${FORMAT_VERSION + 1}`);
    db.close();
    expect(openError()).toBeInstanceOf(TrailVersionError);
  });

  it('cut anywhere: opens or is refused by name, and never gives wrong events', async () => {
    await record(path, 3, 2000);
    const whole = readFileSync(path);
    const events = pagesOf(TrailReader.open(path));
    for (let length = 0; length < whole.length; length += 509) {
      writeFileSync(path, whole.subarray(0, length));
      expect(openError(), `cut to ${length}`).toBeInstanceOf(InputError);
    }
    expect(events.length).toBe(6000);
  });

  it('with bytes changed: is read right or refused by name', async () => {
    await record(path, 3, 300);
    const whole = readFileSync(path);
    const events = pagesOf(TrailReader.open(path));
    const outcomes = { right: 0, refused: 0 };
    const wrong: string[] = [];
    for (let at = 0; at < whole.length; at += 31) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 0x55;
      writeFileSync(path, bytes);
      const read = readOrRefuse();
      if (read instanceof PagetrailError) outcomes.refused++;
      else if (isDeepStrictEqual(read, events)) outcomes.right++;
      else wrong.push(`byte ${at}: ${String(read)}`);
    }
    expect(wrong).toEqual([]);
    expect(Math.min(outcomes.right, outcomes.refused)).toBeGreaterThan(50);
  });

  /** All pages of the trail, or the error that it was refused with. */
  function readOrRefuse(): unknown {
    try {
      const reader = TrailReader.open(path);
      try {
        snapshotAtOrBefore(reader, reader.events);
        return pagesOf(reader);
      } finally {
        reader.close();
      }
    } catch (error) {
      return error;
    }
  }

  it('because a chunk is damaged: names chunk and file, and the rest stays readable', async () => {
    await record(path);
    const db = new Database(path);
    db.exec("UPDATE chunk SET body = CAST(substr(body, 1, 50) || x'00' || substr(body, 52) AS BLOB) WHERE id = 2");
    db.close();
    const reader = TrailReader.open(path);
    const batch = new EventBatch();
    const error = errorOf(() => reader.readChunk(1, batch));
    expect(error).toBeInstanceOf(TrailFormatError);
    expect(error).toMatchObject({
      what: `chunk 2 of ${path} (events 1001 to 2000) cannot be read`,
      why: 'its checksum is wrong',
    });
    reader.readChunk(2, batch);
    expect(batch.length).toBe(1000);
    reader.close();
  });

  it('because a chunk holds a kind of a newer version: names the chunk, and the rest stays readable', async () => {
    await record(path);
    const db = new Database(path);
    const body = db.prepare('SELECT body FROM chunk WHERE id = 2').pluck().get() as Buffer;
    const envelope = decode(body.subarray(4)) as [number, number, number, number, Array<[kind: number]>];
    envelope[4][1]![0] = 31;
    const row = 'kinds = 1 << 31, counts = \'{"hyper-write":1000}\'';
    db.prepare(`UPDATE chunk SET body = ?, ${row} WHERE id = 2`).run(sealed(envelope));
    db.close();
    const reader = TrailReader.open(path);
    expect(reader.counts).toEqual({ write: 2000 });
    const batch = new EventBatch();
    expect(errorOf(() => reader.readChunk(1, batch))).toMatchObject({
      name: 'TrailVersionError',
      what: `chunk 2 of ${path} (events 1001 to 2000) cannot be read`,
      why: expect.stringContaining('event kind 31'),
    });
    reader.readChunk(0, batch);
    reader.close();
  });

  it.each([
    ['CREATE TRIGGER t AFTER INSERT ON meta BEGIN SELECT 1; END', "the trigger 't'"],
    ['CREATE VIEW v AS SELECT 1', "the view 'v'"],
    ['ALTER TABLE chunk ADD COLUMN more ANY', "table 'chunk' is another"],
    ['DROP TABLE checkpoint', "table 'checkpoint' is missing"],
    ['DELETE FROM chunk WHERE id = 1', 'chunk 1 is missing'],
    ['DELETE FROM chunk WHERE id = 3', 'it holds 2000 of 3000 events'],
    ['UPDATE chunk SET first_seq = 500 WHERE id = 2', 'chunk 2 does not follow'],
    ['UPDATE chunk SET events = 1e6 WHERE id = 3', '1000000 as events'],
    ['UPDATE chunk SET counts = \'{"write":7}\'', 'counts that cannot be'],
    ['UPDATE chunk SET kinds = 4', 'kinds that differ from its counts'],
    ["UPDATE meta SET value = 'later' WHERE key = 'mode'", "row 'mode' of meta"],
    ['UPDATE meta SET value = \'{"sets":"many"}\' WHERE key = \'tlb\'', "row 'tlb' of meta"],
    ["UPDATE meta SET value = '[[' WHERE key = 'steps'", "row 'steps' of meta"],
    ["DELETE FROM meta WHERE key = 'seed'", "row 'seed' of meta"],
  ])('after %s: says so', async (sql, text) => {
    await record(path);
    const db = new Database(path);
    db.exec(sql);
    db.close();
    const error = openError();
    expect(error).toBeInstanceOf(TrailFormatError);
    expect((error as Error).message).toContain(text);
    expect((error as Error).message).toContain(path);
  });

  it('because a row speaks of other kinds than its chunk holds: names the chunk', async () => {
    await record(path);
    const db = new Database(path);
    db.exec('UPDATE chunk SET kinds = 4, counts = \'{"read":1000}\' WHERE id = 2');
    db.close();
    const reader = TrailReader.open(path);
    const error = errorOf(() => reader.readChunk(1, new EventBatch()));
    expect(error).toBeInstanceOf(TrailFormatError);
    expect((error as TrailFormatError).what).toContain('chunk 2 of');
    reader.close();
  });

  it('because its end is missing: says how much', async () => {
    const { bytes } = await record(path);
    truncateSync(path, bytes - 4096);
    expect(openError()).toMatchObject({ why: `it has ${bytes - 4096} of ${bytes} bytes: the end is cut off` });
  });
});

describe('a checkpoint', () => {
  it('comes back as it was', async () => {
    const writer = TrailWriter.create(path, sampleMeta);
    writer.append(writesBatch(1, 1000));
    const snapshots = [sampleSnapshot(100, 0), sampleSnapshot(400, 9000), sampleSnapshot(900, 700, 2 ** 52 - 5000)];
    checkpoint(writer, ...snapshots);
    await writer.close(sampleEnding);
    const reader = TrailReader.open(path);
    expect(snapshotAtOrBefore(reader, 99)).toBeNull();
    expect(snapshotAtOrBefore(reader, 399)).toMatchObject(snapshots[0]);
    expect(snapshotAtOrBefore(reader, 400)).toMatchObject(snapshots[1]);
    expect(snapshotAtOrBefore(reader, 5000)).toMatchObject(snapshots[2]);
    reader.close();
  });

  it('stores again only the shards that changed', async () => {
    const writer = TrailWriter.create(path, sampleMeta);
    writer.append(writesBatch(1, 1000));
    const first = sampleSnapshot(100, 12_000);
    const equal = { ...first, seq: 200 };
    const generation = first.frames.generation.slice();
    generation[11_999]! += 1;
    const changed = { ...first, seq: 300, frames: { ...first.frames, generation } };
    checkpoint(writer, first, equal, changed, { ...changed });
    await writer.close(sampleEnding);
    const db = new Database(path, { readonly: true });
    const shards = db.prepare('SELECT shard FROM checkpoint WHERE seq = ? ORDER BY shard').pluck();
    expect(shards.all(100).length).toBeGreaterThan(6);
    expect(shards.all(200)).toEqual(['head']);
    expect(shards.all(300)).toEqual(['changes:2', 'head']);
    db.close();
    const reader = TrailReader.open(path);
    expect(snapshotAtOrBefore(reader, 299)).toMatchObject(equal);
    expect(snapshotAtOrBefore(reader, 300)).toMatchObject(changed);
    reader.close();
  });

  it('comes back from any changes since the one before', async () => {
    const random = new Random(11);
    const state = new Map<number, number[]>();
    const snapshots = Array.from({ length: 60 }, (_, i) => {
      // Little changes, or a lot; pages come, go and come again; some share a frame.
      for (let changes = [3, 3, 3, 3, 3, 3, 40, 400][random.below(8)]!; changes > 0; changes--) {
        const page = random.below(3) === 0 ? random.below(9000) : random.below(200);
        if (random.below(5) === 0) state.delete(page);
        else state.set(page, [random.below(4) === 0 ? 7 : 1e6 + page, random.below(4096), random.below(50)]);
      }
      return stateOf(100 * (i + 1), state);
    });
    const writer = TrailWriter.create(path, sampleMeta);
    writer.append(writesBatch(1, 8000));
    checkpoint(writer, ...snapshots);
    await writer.close(sampleEnding);
    const reader = TrailReader.open(path);
    for (const snapshot of snapshots) {
      const found = snapshotAtOrBefore(reader, snapshot.seq + 99)!;
      expect(found).toMatchObject(snapshot);
      const from = random.below(400);
      const scope = { space: 0, from, to: from + 50 };
      expect(snapshotAtOrBefore(reader, snapshot.seq, scope)!.pages).toEqual(narrowed(snapshot, scope).pages);
    }
    reader.close();
    const db = new Database(path, { readonly: true });
    const stored = db.prepare("SELECT count(*) FROM checkpoint WHERE shard LIKE 'changes:%'").pluck().get();
    const heads = db.prepare("SELECT seq, body FROM checkpoint WHERE shard = 'head'").all() as HeadRow[];
    const stacked = heads.map(({ seq, body }) => readHead(body, seq).shards[0]!.seqs.length);
    db.close();
    expect(stored).toBeLessThan(60 * 3);
    expect(Math.max(...stacked)).toBe(13);
    // Neither are they put together at once, nor is all stored again each time.
    expect(new Set(stacked).size).toBe(13);
  });

  it('comes back where pages came to others that are all alike', async () => {
    const alike = (seq: number, pages: number): ReturnType<typeof sampleSnapshot> => {
      const snapshot = sampleSnapshot(seq, pages);
      // Every entry is the same but for its frame, and so is every column of a shard of entries.
      snapshot.pages.space.fill(0);
      snapshot.pages.page.forEach((_, i) => (snapshot.pages.page[i] = 4096 * 512 + i));
      snapshot.pages.pteLow.forEach((_, i) => (snapshot.pages.pteLow[i] = (((1000 + i) << 12) | 0x225) >>> 0));
      snapshot.pages.marks.fill(0);
      return snapshot;
    };
    const writer = TrailWriter.create(path, sampleMeta);
    writer.append(writesBatch(1, 1000));
    const [first, second] = [alike(100, 10), alike(200, 30)];
    checkpoint(writer, first, second);
    await writer.close(sampleEnding);
    const reader = TrailReader.open(path);
    expect(snapshotAtOrBefore(reader, 199)).toMatchObject(first);
    expect(snapshotAtOrBefore(reader, 200)).toMatchObject(second);
    reader.close();
  });

  it('some of whose shards are absent is passed over; a damaged one is named', async () => {
    const writer = TrailWriter.create(path, sampleMeta);
    writer.append(writesBatch(1, 1000));
    const [first, second] = [sampleSnapshot(100, 10), sampleSnapshot(200, 30)];
    checkpoint(writer, first, second);
    await writer.close(sampleEnding);
    const db = new Database(path);
    db.exec("DELETE FROM checkpoint WHERE seq = 200 AND shard LIKE 'tlbs:%'");
    const reader = TrailReader.open(path);
    expect(snapshotAtOrBefore(reader, 900)).toMatchObject(first);
    db.exec("UPDATE checkpoint SET body = x'0011223344' WHERE seq = 100 AND shard LIKE 'changes:%'");
    db.close();
    expect(errorOf(() => snapshotAtOrBefore(reader, 900))).toBeInstanceOf(TrailFormatError);
    reader.close();
  });

  it.each([
    ['that promises more rows than any state has', () => hugePages, 'changes:', 12],
    ['of a CPU that cannot be', (body: Uint8Array) => body, 'tlbs:', 40_000],
  ])('%s is refused', async (_, change, part, number) => {
    const writer = TrailWriter.create(path, sampleMeta);
    writer.append(writesBatch(1, 1000));
    checkpoint(writer, sampleSnapshot(100, 10));
    await writer.close(sampleEnding);
    const db = new Database(path);
    const name = `${part}${number}`;
    const row = db.prepare('SELECT shard, body FROM checkpoint WHERE shard LIKE ?').get(`${part}%`) as {
      shard: string;
      body: Uint8Array;
    };
    const { body: old, seq } = db.prepare("SELECT seq, body FROM checkpoint WHERE shard = 'head'").get() as HeadRow;
    const { head, shards } = readHead(old, seq);
    const names = [...shards, { name, seqs: [100] }].map((shard) => `${shard.name}@${shard.seqs.join('+')}`);
    db.prepare("UPDATE checkpoint SET body = ? WHERE shard = 'head'").run(sealHead(head, names.join(' ')));
    db.prepare('INSERT INTO checkpoint VALUES (100, ?, ?)').run(name, change(row.body));
    db.close();
    const reader = TrailReader.open(path);
    expect(errorOf(() => snapshotAtOrBefore(reader, 900))).toBeInstanceOf(TrailFormatError);
    reader.close();
  });
});

interface HeadRow {
  readonly seq: number;
  readonly body: Uint8Array;
}

/** A state of pages: frame, low half of the entry, writes that the frame has seen. */
function stateOf(seq: number, state: ReadonlyMap<number, readonly number[]>): MachineSnapshot {
  const sorted = [...state].sort(([a], [b]) => a - b);
  const of = (column: number) => Float64Array.from(sorted, ([, values]) => values[column]!);
  const frame = Float64Array.from(new Set(of(0))).sort();
  const on = new Map<number, number[]>();
  for (const [, [behind, , writes]] of sorted) on.set(behind!, [...(on.get(behind!) ?? []), writes!]);
  const seen = (number: number) => on.get(number)!;
  return {
    ...sampleSnapshot(seq, 4),
    pages: {
      space: new Uint16Array(sorted.length),
      page: Float64Array.from(sorted, ([page]) => page),
      frame: of(0),
      pteLow: Uint32Array.from(of(1)),
      pteHigh: new Uint32Array(sorted.length),
      marks: new Uint16Array(sorted.length),
    },
    frames: {
      frame,
      generation: frame.map((number) => Math.max(...seen(number))),
      captured: frame.map((number) => Math.min(...seen(number))),
      cached: new Float64Array(frame.length),
      memory: new Uint8Array(frame.length),
      mappers: Uint32Array.from(frame, (number) => seen(number).length),
    },
  };
}

/** Stores these states, one after the other. */
function checkpoint(writer: TrailWriter, ...snapshots: readonly MachineSnapshot[]): void {
  for (const [i, snapshot] of snapshots.entries()) writer.checkpoint(changesSince(snapshots[i - 1] ?? null, snapshot));
}

/** A value with its checksum before it, as blobs are stored. */
function sealed(value: unknown): Uint8Array {
  const packed = encode(value);
  const bytes = new Uint8Array(4 + packed.length);
  bytes.set(packed, 4);
  new DataView(bytes.buffer).setUint32(0, crc32(packed), true);
  return bytes;
}

/** 2^24 pages, each column but that of the page constant: less than a hundred bytes, and one row too many beside the others. */
const constant = [0, 0];
const others = Array.from({ length: 9 }, () => constant);
const hugePages = sealed([
  1,
  2 ** 24,
  [2, 3, ...others.map(({ length }) => length)],
  0,
  23,
  Uint8Array.from([...constant, 3, 0, 2, ...others.flat()]),
]);
