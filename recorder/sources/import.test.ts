/** Inputs as they come: files, folders, pipes, gzip, cut and empty and foreign ones. */
import { execFileSync, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ErrorText, InputError, Random, UsageError } from '../../base/index.js';
import { AccessBatch } from '../../simulator/index.js';
import { drain } from './drain.testing.js';
import { type AccessSource, detectFormat, IMPORTERS, openImport } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'pagetrail-import-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A log of `lines` lines; every fifth is a store. */
function lackeyText(lines: number, seed = 1): string {
  const random = new Random(seed);
  return Array.from({ length: lines }, (_, index) =>
    index % 5 === 4
      ? ` S 1fff${(0x100000 + random.below(0x80000)).toString(16)},8\n`
      : `I  0401${(0x1000 + random.below(0xe000)).toString(16)},4\n`,
  ).join('');
}

async function failureOf(promise: Promise<unknown>): Promise<ErrorText & Error> {
  return promise.then(
    () => expect.fail('no error'),
    (error) => error,
  );
}

async function summary(source: AccessSource) {
  const accesses = await drain(source, 1_000);
  const { programNs, skipped, failure, progress } = source;
  source.close();
  source.close();
  return { accesses, programNs, skipped: { ...skipped }, failure: failure?.what ?? null, progress };
}

const text = lackeyText(20_000);
let expected: Awaited<ReturnType<typeof summary>>;
beforeAll(async () => {
  expected = await summary(await openImport({ path: file('plain.lk', text), reads: false }));
});

describe('the same log', () => {
  it('plain', () => {
    expect(expected).toMatchObject({
      programNs: 20_000,
      failure: null,
      progress: 1,
      skipped: { lines: 0, firstLine: null },
    });
    expect(expected.accesses).toHaveLength(4_000);
  });

  const half = text.indexOf('\n', text.length / 2) - 3; // in the middle of a line
  it.each([
    ['with its format named', 'named.lk', text],
    ['without its last newline', 'open.lk', text.slice(0, -1)],
    ['with carriage returns', 'crlf.lk', text.replaceAll('\n', '\r\n')],
    ['as gzip', 'log.lk.gz', gzipSync(text)],
    ['as gzip, whatever it is called', 'log.lk', gzipSync(text)],
    ['as gzip, stored', 'stored.gz', gzipSync(text, { level: 0 })],
    ['as two gzip members', 'two.gz', Buffer.concat([gzipSync(text.slice(0, half)), gzipSync(text.slice(half))])],
    ['as gzip with an empty member', 'empty-member.gz', Buffer.concat([gzipSync(''), gzipSync(text)])],
  ])('%s', async (_, name, bytes) => {
    const source = await openImport({
      path: file(name, bytes),
      reads: false,
      ...(name === 'named.lk' && { format: 'lackey' }),
    });
    expect(source.meta).toEqual({ kind: 'lackey', name, programTime: 'assumed', reads: false, parameters: {} });
    expect(await summary(source)).toEqual(expected);
  });

  it('as many gzip members', async () => {
    const members = text.match(/[^]{1,1500}/g)!.map((part) => gzipSync(part));
    expect(await summary(await openImport({ path: file('many.gz', Buffer.concat(members)), reads: false }))).toEqual(
      expected,
    );
  });

  it('through a named pipe', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const opened = openImport({ path, reads: false });
    createWriteStream(path).end(text);
    expect(await summary(await opened)).toEqual({ ...expected, progress: null });
  });

  it('through a named pipe, as gzip', async () => {
    const path = join(folder, 'gzip-pipe');
    execFileSync('mkfifo', [path]);
    const opened = openImport({ path, reads: false });
    createWriteStream(path).end(gzipSync(text));
    expect(await summary(await opened)).toEqual({ ...expected, progress: null });
  });
});

describe('a slow pipe', () => {
  it('hands over a line as soon as it is there, and lets the event loop turn', async () => {
    const path = join(folder, 'slow');
    execFileSync('mkfifo', [path]);
    const opened = openImport({ path, reads: false });
    const writer = createWriteStream(path);
    writer.write('I  0401ab70,3\n S 1fff000748,8\n S 1ff');
    const source = await opened;
    const batch = new AccessBatch(100);
    expect(await source.fill(batch)).toBe(1);
    const waiting = source.fill(batch);
    expect(typeof waiting).not.toBe('number');
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await new Promise<void>((resolve) => setInterval(() => turns > 5 && resolve(), 1).unref());
    clearInterval(timer);
    writer.write('f000750,4\nI  0401ab73,1\n');
    expect(await waiting).toBe(1);
    expect(Array.from(batch.size.subarray(0, batch.length))).toEqual([8, 4]);
    writer.end();
    expect(await source.fill(batch)).toBe(0);
    expect(await source.fill(batch)).toBe(0);
    expect(source.programNs).toBe(4);
    source.close();
  });

  it('can be closed while it is silent', async () => {
    const path = join(folder, 'silent');
    execFileSync('mkfifo', [path]);
    const opened = openImport({ path, reads: false, format: 'lackey' });
    const writer = createWriteStream(path);
    writer.on('error', () => {});
    writer.write(' S 1fff000748,8\n');
    const source = await opened;
    const batch = new AccessBatch(100);
    await source.fill(batch);
    const waiting = source.fill(batch);
    source.close();
    expect(await waiting).toBe(0);
    writer.destroy();
  });
});

describe('standard input', () => {
  const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  const built = join(folder, 'built');

  beforeAll(() => {
    mkdirSync(built);
    symlinkSync(join(root, 'node_modules'), join(built, 'node_modules'));
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const options = [
      '--ignoreConfig',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--types',
      'node',
      '--typeRoots',
      join(root, 'node_modules/@types'),
      '--skipLibCheck',
      '--noCheck',
      '--rootDir',
      root,
    ];
    execFileSync(process.execPath, [compiler, join(root, 'recorder/sources/index.ts'), ...options, '--outDir', built], {
      stdio: 'pipe',
    });
    writeFileSync(join(built, 'package.json'), '{"type":"module"}');
    writeFileSync(
      join(built, 'read.js'),
      `import { openImport } from './recorder/sources/index.js';
       import { AccessBatch } from './simulator/accesses.js';
       try {
         const source = await openImport({ path: '-', reads: false });
         const batch = new AccessBatch(500);
         let writes = 0;
         do { batch.length = 0; writes += await source.fill(batch); } while (batch.length > 0);
         console.log(JSON.stringify({ writes, programNs: source.programNs, failure: source.failure?.what ?? null, name: source.meta.name }));
         source.close();
       } catch (error) { console.log(JSON.stringify({ error: error.what })); }`,
    );
  });

  async function reading(send: (input: NodeJS.WritableStream) => void): Promise<unknown> {
    const child = spawn(process.execPath, [join(built, 'read.js')], { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => (output += chunk));
    send(child.stdin);
    await new Promise((resolve) => child.on('close', resolve));
    return JSON.parse(output);
  }

  it.each([
    [
      'a pipe',
      (input: NodeJS.WritableStream) => void input.end(text),
      { writes: 4_000, programNs: 20_000, failure: null, name: '-' },
    ],
    [
      'gzip in a pipe',
      (input: NodeJS.WritableStream) => void input.end(gzipSync(text)),
      { writes: 4_000, programNs: 20_000, failure: null, name: '-' },
    ],
    ['nothing', (input: NodeJS.WritableStream) => void input.end(), { error: 'standard input is empty' }],
    [
      'gzip that is cut',
      (input: NodeJS.WritableStream) => void input.end(gzipSync(text).subarray(0, -9)),
      { writes: 4_000, programNs: 20_000, failure: 'standard input ends inside its compressed data', name: '-' },
    ],
  ])('from %s', async (_, send, outcome) => {
    expect(await reading(send)).toEqual(outcome);
  });

  it('from a file', () => {
    const path = file('redirected.lk', text);
    const output = execFileSync('sh', ['-c', `"${process.execPath}" "${join(built, 'read.js')}" < "${path}"`], {
      encoding: 'utf8',
    });
    expect(JSON.parse(output)).toMatchObject({ writes: 4_000, programNs: 20_000 });
  });
});

describe('a log that breaks off', () => {
  it('in the middle of a line: what is whole counts, the rest is one skipped line', async () => {
    const source = await openImport({ path: file('cut.lk', `${lackeyText(100)} S 1fff00`), reads: false });
    expect(await summary(source)).toMatchObject({
      programNs: 100,
      skipped: { lines: 1, firstLine: 101 },
      failure: null,
    });
  });

  it('in the middle of gzip: all that can be decoded is delivered', async () => {
    const random = new Random(7);
    const compressed = gzipSync(text);
    for (const cut of [
      compressed.length - 1,
      compressed.length - 8,
      ...Array.from({ length: 20 }, () => 2_000 + random.below(compressed.length - 2_000)),
    ]) {
      const path = file('cut.gz', compressed.subarray(0, cut));
      const got = await summary(await openImport({ path, reads: false }));
      expect(got.failure).toBe(`${path} ends inside its compressed data`);
      const decoded = decodedBytes(compressed.subarray(0, cut));
      const whole = text.slice(0, decoded).split('\n').length - 1;
      expect(got.programNs).toBeGreaterThanOrEqual(whole);
      expect(got.programNs).toBeLessThanOrEqual(whole + 1);
      expect(got.accesses).toEqual(expected.accesses.slice(0, got.accesses.length));
    }
  });

  it('in the second gzip member', async () => {
    const first = gzipSync(lackeyText(1_000));
    const second = gzipSync(lackeyText(1_000));
    const path = file('cut-second.gz', Buffer.concat([first, second.subarray(0, second.length - 4)]));
    expect(await summary(await openImport({ path, reads: false }))).toMatchObject({
      programNs: 2_000,
      failure: `${path} ends inside its compressed data`,
    });
  });

  it('at damage inside gzip: never a crash, and always told', async () => {
    const compressed = gzipSync(text);
    let failures = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const random = new Random(seed);
      const damaged = Uint8Array.from(compressed);
      damaged[5_000 + random.below(compressed.length - 5_000)]! ^= 1 << random.below(8);
      const source = await openImport({ path: file('damaged.gz', damaged), reads: false, format: 'lackey' });
      const got = await summary(source);
      if (got.failure !== null) failures++;
    }
    expect(failures).toBe(20); // the CRC at the end finds what nothing else does
  });
});

/** How much text gzip itself gets out of a cut file. */
function decodedBytes(compressed: Uint8Array): number {
  return Number(execFileSync('sh', ['-c', 'gzip -dc 2>/dev/null | wc -c'], { input: compressed, encoding: 'utf8' }));
}

describe('inputs that are refused', () => {
  const perf =
    '           known 22424 [000]  1999.480702:          1 page-faults:  ffffffff817554ea elf_load+0x28a ([kernel.kallsyms])\n';
  const ftrace =
    '# tracer: nop\n#\n           <...>-229     [001] .....    23.106161: page_fault_user: address=0x7f0 ip=0x7f0 error_code=0x6\n';
  const garbage = () => {
    const random = new Random(3);
    return Uint8Array.from({ length: 5_000 }, () => random.below(256));
  };
  it.each<[string, () => string, string, RegExp, RegExp]>([
    ['a missing file', () => join(folder, 'none'), 'cannot read', /no such file/, /check the path/],
    ['a path through a file', () => join(file('f', 'x'), 'none'), 'cannot read', /not a folder/, /check the path/],
    ['a folder', () => folder, 'cannot read', /folder/, /file in it/],
    ['an empty file', () => file('empty.lk', ''), 'is empty', /nothing to record/, /./],
    ['an empty gzip', () => file('empty.gz', gzipSync('')), 'is empty', /nothing to record/, /./],
    [
      'a gzip cut in its head',
      () => file('head.gz', gzipSync(text).subarray(0, 6)),
      'compressed data',
      /cut short/,
      /again/,
    ],
    ['binary garbage', () => file('garbage', garbage()), 'in no format', /binary.*lackey, csv/, /--format/],
    ['plain words', () => file('words', 'Dear reader,\n\nhello.\n'), 'in no format', /lackey, csv/, /--format/],
    ['one endless line', () => file('line', 'a'.repeat(10_000)), 'in no format', /lackey, csv/, /--format/],
    ['perf script', () => file('perf.txt', perf.repeat(60)), 'cannot be imported', /perf script/, /lackey/],
    ['ftrace', () => file('ftrace.txt', ftrace), 'cannot be imported', /ftrace/, /lackey/],
    ['a database', () => file('x.trail', 'SQLite format 3\0\x10\0'), 'cannot be imported', /SQLite/, /replay/],
    ['zstd', () => file('x.zst', Buffer.from('28b52ffd0000', 'hex')), 'cannot be imported', /zstd/, /zstd -dc/],
  ])('%s', async (_, path, what, why, mend) => {
    const error = await failureOf(openImport({ path: path(), reads: false }));
    expect(error).toBeInstanceOf(InputError);
    expect(error.what).toContain(what);
    expect(error.why).toMatch(why);
    expect(error.mend).toMatch(mend);
  });

  it('an empty file even when the format is named', async () => {
    const error = await failureOf(openImport({ path: file('empty2.lk', ''), reads: false, format: 'lackey' }));
    expect(error.what).toContain('is empty');
  });

  it('but garbage under a named format is only skipped lines', async () => {
    const bytes = Buffer.concat([garbage(), Buffer.from('\n S 1fff000748,8\n')]);
    const got = await summary(await openImport({ path: file('garbage2', bytes), reads: false, format: 'lackey' }));
    expect(got.accesses).toHaveLength(1);
    expect(got.skipped.lines).toBeGreaterThan(10);
    expect(got.skipped.firstLine).toBe(1);
  });

  it.each([
    ['lacky', /did you mean 'lackey'/],
    ['parquet', /known are lackey, csv/],
  ])('the unknown format %s', async (format, why) => {
    const error = await failureOf(openImport({ path: file('ok.lk', text), reads: false, format }));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.why).toMatch(why);
  });
});

describe('detection', () => {
  it.each([
    ['a lackey log', 'lackey', lackeyText(50)],
    ['a lackey log with superblocks', 'lackey', 'SB 0401ab70\nI  0401ab70,3\n S 1fff000758,8\n'],
    ['the banner alone', 'lackey', '==31357== Lackey, an example Valgrind tool\n==31357== \n'],
    ['a lackey log after output of its program', 'lackey', `hello\nworld\nfoo\n${lackeyText(2)}`],
    ['a lackey log, one line without newline', 'lackey', ' S 1fff000748,8'],
    ['csv with a header', 'csv', 'time_ns,cpu,address,size\n'],
    ['csv without one', 'csv', '1,0,0x1000,8\n2,0,4096,8,w\n'],
    ['csv with operations and processes', 'csv', '1,0,0x1000,8,d\n2,0,0,0,u\n3,0,4096,8,w,1\n'],
    ['csv after comments', 'csv', '# made by hand\n# at night\n1,0,0x1000,8\n'],
    ['csv with bad lines', 'csv', 'x\ny\nz\n1,0,0x1000,8\n'],
    ['nothing', null, ''],
    ['words', null, 'hello\n'],
    ['other numbers', null, '1,2,3\n4,5,6\n'],
  ])('%s', (_, format, head) => {
    expect(detectFormat(Buffer.from(head, 'latin1'))).toBe(format);
  });

  it('knows every importer by a sample', () => {
    const samples: Record<string, string> = { lackey: lackeyText(10), csv: '1,0,0x1000,8\n' };
    expect(Object.keys(samples)).toEqual(IMPORTERS.map(({ id }) => id));
    for (const importer of IMPORTERS) expect(detectFormat(Buffer.from(samples[importer.id]!))).toBe(importer.id);
  });
});
