/** What a recorder leaves behind that is killed, or whose disk is full. It runs as a process of its own, from compiled code. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventBatch } from '../batch.js';
import { compile } from '../testing/compiled.js';
import { TrailReader } from './index.js';
import { writesBatch } from './samples.js';

const folder = mkdtempSync(join(tmpdir(), 'pagetrail-killed-'));
const script = join(folder, 'record.mjs');
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
  compile(folder, ['traces/file/samples.ts', 'traces/file/index.ts']);
  writeFileSync(
    script,
    `import { TrailWriter } from './built/traces/file/index.js';
     import { sampleMeta, writesBatch } from './built/traces/file/samples.js';
     const writer = TrailWriter.create(process.argv[2], sampleMeta);
     try {
       for (let seq = 1; seq < 1e8; seq += 2000) {
         writer.commitOpen(writesBatch(seq, 500));
         await writer.drain();
         console.log('committed ' + (seq + 499));
         writer.append(writesBatch(seq, 2000));
         await writer.drain();
         console.log('committed ' + (seq + 1999));
       }
     } catch (error) {
       console.log('failed ' + JSON.stringify({ name: error.name, what: error.what, why: error.why }));
       await writer.close({ complete: false, incompleteReason: 'disk', cpus: 1, programNs: 0, skippedLines: 0, firstSkippedLine: null })
         .catch((again) => console.log('closed ' + again.name));
     }`,
  );
});

/** Checks every event of the trail against what the child was to write, and gives their number. */
function checkEvents(path: string): number {
  const reader = TrailReader.open(path);
  const batch = new EventBatch();
  for (const [index, { firstSeq, events }] of reader.chunks.entries()) {
    reader.readChunk(index, batch);
    const written = writesBatch(firstSeq, events);
    expect(batch.firstSeq).toBe(firstSeq);
    expect(batch.page.slice(0, events)).toEqual(written.page);
    expect(batch.slots[0]!.slice(0, events)).toEqual(written.slots[0]);
  }
  expect(reader.ending).toBeNull();
  const { events } = reader;
  reader.close();
  return events;
}

describe('a recorder', () => {
  it('that is killed has lost nothing it committed', async () => {
    const path = join(folder, 'killed.trail');
    const child = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const gone = new Promise((done) => child.once('close', done));
    let committed = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      committed = Number(line.split(' ')[1]);
      if (committed >= 20_500) child.kill('SIGKILL');
    }
    await gone;
    expect(checkEvents(path)).toBeGreaterThanOrEqual(committed);
    // The trail stays readable for whoever comes next.
    expect(checkEvents(path)).toBeGreaterThanOrEqual(20_500);
  });

  it('whose disk is full says so and has lost nothing it committed', () => {
    const path = join(folder, 'full.trail');
    // Files may not grow beyond 400 blocks of 512 bytes; without the trap the signal would end the process.
    const limited = `trap '' XFSZ; ulimit -f 400; exec "$0" "$1" "$2"`;
    const output = execFileSync('sh', ['-c', limited, process.execPath, script, path], { encoding: 'utf8' });
    const lines = output.trim().split('\n');
    expect(lines.at(-1)).toBe('closed InputError');
    const failure = JSON.parse(lines.at(-2)!.replace('failed ', ''));
    expect(failure).toEqual({
      name: 'InputError',
      what: `cannot write ${path}`,
      why: expect.stringContaining('disk is full'),
    });
    const committed = Number(lines.at(-3)!.split(' ')[1]);
    expect(committed).toBeGreaterThan(5000);
    expect(checkEvents(path)).toBeGreaterThanOrEqual(committed);
  });
});
