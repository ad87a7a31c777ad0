/** The chunks of a trail one after the other, on one thread here, and on two in processes of compiled code. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TrailFormatError } from '../../base/index.js';
import { EventBatch } from '../batch.js';
import { kindMask } from '../codec/index.js';
import { TrailReader, TrailWriter } from '../file/index.js';
import { sampleEnding, sampleMeta, writesBatch } from '../file/samples.js';
import { compile } from '../testing/compiled.js';
import { chunksOf } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'pagetrail-chunks-'));
afterAll(() => rmSync(folder, { recursive: true }));
const short = join(folder, 'short.trail');
const long = join(folder, 'long.trail');
const damaged = join(folder, 'damaged.trail');
/** Enough that a thread is worth it, and then some. */
const LONG_CHUNKS = 30;
const DAMAGED_CHUNK = 20;

async function record(path: string, chunks: number, events: number): Promise<void> {
  const writer = TrailWriter.create(path, sampleMeta);
  const batch = new EventBatch(events);
  for (let i = 0; i < chunks; i++) {
    writer.append(writesBatch(1 + i * events, events, batch));
    await writer.drain();
  }
  await writer.close(sampleEnding);
}

beforeAll(async () => {
  await record(short, 4, 1000);
  await record(long, LONG_CHUNKS, 65_536);
  copyFileSync(long, damaged);
  const db = new Database(damaged);
  db.exec(
    `UPDATE chunk SET body = CAST(substr(body, 1, 50) || x'00' || substr(body, 52) AS BLOB) WHERE id = ${DAMAGED_CHUNK + 1}`,
  );
  db.close();
  compile(folder, ['traces/chunks/worker.ts', 'traces/index.ts']);
});

describe('chunks of a trail', () => {
  it('are those that are read one by one, with what is wanted of them', () => {
    const reader = TrailReader.open(short);
    for (const wanted of [undefined, kindMask('write'), kindMask('fault')]) {
      const alone = new EventBatch(1000);
      let chunk = 0;
      for (const batch of chunksOf(reader, wanted)) {
        reader.readChunk(chunk++, alone, wanted);
        expect(batch).toEqual(alone);
      }
      expect(chunk).toBe(4);
    }
    reader.close();
  });
});

/** Runs statements that print a value, with `reader` on that trail, in a process of compiled code. */
function printed(path: string, statements: string): unknown {
  const script = join(folder, 'script.mjs');
  writeFileSync(
    script,
    `import { chunksOf, EventBatch, kindMask, TrailReader } from './built/traces/index.js';
     const reader = TrailReader.open(process.argv[2]);
     const bell = new Int32Array(new SharedArrayBuffer(4));
     /** As if much was done with each chunk: the thread is ahead then, however busy the machine is. */
     const dawdle = () => void Atomics.wait(bell, 0, 0, 30);
     const isShared = (batch) => batch.page.buffer instanceof SharedArrayBuffer;
     const print = (value) => console.log(JSON.stringify(value));
     ${statements}
     reader.close();`,
  );
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, path], {
    encoding: 'utf8',
    timeout: 100_000,
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return JSON.parse(stdout);
}

describe('chunks of a long trail, decoded on a thread', () => {
  it.each(['undefined', 'kindMask("write")', 'kindMask("fault")'])('are the same: wanted are %s', (wanted) => {
    const found = printed(
      long,
      `const alone = new EventBatch();
       let [chunks, ahead, differing] = [0, 0, 0];
       for (let round = 0; round < 10 && ahead === 0; round++) {
         chunks = 0;
         for (const batch of chunksOf(reader, ${wanted})) {
           dawdle();
           if (isShared(batch)) ahead++;
           reader.readChunk(chunks++, alone, ${wanted});
           const columns = (of) => Buffer.concat([of.kind, of.row, of.time, of.page, ...of.slots.slice(0, 3)].map((column) => {
             const { buffer, byteOffset, byteLength } = column.subarray(0, alone.length);
             return Buffer.from(buffer, byteOffset, byteLength);
           }));
           const isEqual = batch.length === alone.length && batch.firstSeq === alone.firstSeq && columns(batch).equals(columns(alone));
           if (!isEqual) differing++;
         }
       }
       print({ chunks, differing, isAhead: ahead > 0 });`,
    );
    expect(found).toEqual({ chunks: LONG_CHUNKS, differing: 0, isAhead: true });
  });

  it('end at a damaged one with the words of one thread', () => {
    const reader = TrailReader.open(damaged);
    let error: unknown;
    try {
      reader.readChunk(DAMAGED_CHUNK, new EventBatch());
    } catch (caught) {
      error = caught;
    }
    reader.close();
    expect(error).toBeInstanceOf(TrailFormatError);
    const found = printed(
      damaged,
      `let [chunks, ahead] = [0, 0];
       try {
         for (const batch of chunksOf(reader)) {
           dawdle();
           chunks++;
           if (isShared(batch)) ahead++;
         }
       } catch ({ name, message }) {
         print({ chunks, isAhead: ahead > 0, name, message });
       }`,
    );
    const { name, message } = error as TrailFormatError;
    expect(found).toEqual({ chunks: DAMAGED_CHUNK, isAhead: true, name, message });
  });

  it('are the same of two trails in step, and again in the reading after that, all by one thread', () => {
    const found = printed(
      long,
      `const { default: workers } = await import('node:worker_threads');
       const { syncBuiltinESMExports } = await import('node:module');
       let threads = 0;
       workers.Worker = class extends workers.Worker {
         constructor(...given) {
           super(...given);
           threads++;
         }
       };
       syncBuiltinESMExports();
       const other = TrailReader.open(process.argv[2]);
       const alone = new EventBatch();
       let [ahead, differing] = [[0, 0, 0], 0];
       const check = (batch, chunk, reading) => {
         dawdle();
         if (isShared(batch)) ahead[reading]++;
         reader.readChunk(chunk, alone);
         const column = (of) => Buffer.from(of.page.buffer, of.page.byteOffset, 8 * alone.length);
         if (batch.firstSeq !== alone.firstSeq || batch.length !== alone.length || !column(batch).equals(column(alone))) differing++;
       };
       const [left, right] = [chunksOf(reader, undefined, { toEnd: true }), chunksOf(other)];
       for (let chunk = 0; chunk < ${LONG_CHUNKS}; chunk++) {
         check(left.next().value, chunk, 0);
         check(right.next().value, chunk, 1);
       }
       const isOver = [left, right].every((reading) => reading.next().done);
       let chunk = 0;
       for (const batch of chunksOf(reader, undefined, { toEnd: true })) check(batch, chunk++, 2);
       print({ isAhead: ahead.map((chunks) => chunks > 0), isOver, differing, chunk, threads });`,
    );
    const isAhead = [true, true, true];
    expect(found).toEqual({ isAhead, isOver: true, differing: 0, chunk: LONG_CHUNKS, threads: 1 });
  });

  it.each(['break', 'throw new Error("enough")'])('let the process end where the reading does: %s', (leave) => {
    const found = printed(
      long,
      `let ahead = 0;
       try {
         for (const batch of chunksOf(reader)) {
           dawdle();
           if (isShared(batch)) { ahead++; ${leave}; }
         }
       } catch ({ message }) {
         if (message !== 'enough') throw new Error(message);
       }
       print({ ahead });`,
    );
    expect(found).toEqual({ ahead: 1 });
  });

  it('are those of the file that was opened, though another has taken its place or it is gone', async () => {
    const moved = join(folder, 'moved.trail');
    for (const [replace, what] of [
      [`renameSync(${JSON.stringify(join(folder, 'other.trail'))}, process.argv[2])`, 'replaced'],
      ['unlinkSync(process.argv[2])', 'gone'],
    ] as const) {
      copyFileSync(long, moved);
      const writer = TrailWriter.create(join(folder, 'other.trail'), { ...sampleMeta, seed: 8 });
      writer.append(writesBatch(1, 100));
      await writer.close(sampleEnding);
      const found = printed(
        moved,
        `const { renameSync, unlinkSync } = await import('node:fs');
         ${replace};
         let [chunks, ahead] = [0, 0];
         for (const batch of chunksOf(reader)) {
           dawdle();
           chunks++;
           if (isShared(batch)) ahead++;
         }
         print({ chunks, ahead });`,
      );
      expect({ what, found }).toEqual({ what, found: { chunks: LONG_CHUNKS, ahead: 0 } });
      rmSync(join(folder, 'other.trail'), { force: true });
    }
  });
});
