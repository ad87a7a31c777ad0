/** What a trail says does not depend on whether a second thread decodes it: compiled code asks long trails both ways. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compile } from '../traces/testing/compiled.js';

const folder = mkdtempSync(join(tmpdir(), 'pagetrail-ahead-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs statements that print a value, in a process of compiled code. */
function printed(statements: string): unknown {
  const script = join(folder, 'script.mjs');
  writeFileSync(
    script,
    `import * as analyzer from './built/analyzer/index.js';
     import { record } from './built/recorder/index.js';
     import { TrailReader } from './built/traces/index.js';
     const print = (value) => console.log(JSON.stringify(value));
     ${statements}`,
  );
  const { stdout, stderr, status } = spawnSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return JSON.parse(stdout);
}

beforeAll(() => {
  compile(folder, ['traces/chunks/worker.ts', 'recorder/index.ts', 'analyzer/index.ts']);
  const events = printed(
    `const events = [];
     for (const [strategy, mutations] of [['hw-dirty', ['no-flush']], ['pfn-mkwrite', []]]) {
       const source = { workload: 'zipf', writes: 1_200_000 };
       events.push((await record({ strategy, mutations, cpus: 2, source, output: strategy + '.trail' })).events);
     }
     print(events);`,
  ) as number[];
  // So long that a thread is started for them.
  for (const number of events) expect(number).toBeGreaterThan(1_400_000);
});

/** What is asked of the trails, and how many threads it takes: one for each trail that is gone through. */
const QUESTIONS = [
  ['detectors', '([a]) => analyzer.check(a)'],
  ['statistics', '([a]) => analyzer.statistics(a)'],
  ['differences', '([a, b]) => analyzer.diff(a, b, { events: true })'],
  ['differences by page', '([a, b]) => analyzer.diff(a, b, { align: "page" })'],
] as const;

it.each(QUESTIONS)('%s are the same', (_, question) => {
  const found = printed(
    `let threads = 0;
     process.on('worker', () => threads++);
     const ask = ${question};
     const trails = ['hw-dirty.trail', 'pfn-mkwrite.trail'].map((path) => TrailReader.open(path));
     /** The same trail as anything that has chunks. */
     const plain = (trail) => ({
       meta: trail.meta,
       ending: trail.ending,
       chunks: trail.chunks,
       readChunk: (...args) => trail.readChunk(...args),
       snapshotAtOrBefore: (seq) => trail.snapshotAtOrBefore(seq),
       scopedSnapshotAtOrBefore: (...args) => trail.scopedSnapshotAtOrBefore(...args),
       lastChunkAbout: (...args) => trail.lastChunkAbout(...args),
     });
     const alone = JSON.stringify(ask(trails.map(plain)));
     await new Promise(setImmediate);
     const before = threads;
     const ahead = JSON.stringify(ask(trails));
     await new Promise(setImmediate);
     print({ isEqual: ahead === alone, isLong: alone.length > 1000, before, hasThreads: threads > 0 });
     for (const trail of trails) trail.close();`,
  );
  expect(found).toEqual({ isEqual: true, isLong: true, before: 0, hasThreads: true });
});
