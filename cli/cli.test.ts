/** The command line as its users meet it: answers, exit codes, errors, help. Every command runs in this process. */
import { existsSync, copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DETECTORS } from '../analyzer/index.js';
import { STRATEGIES } from '../simulator/index.js';
import { COMMANDS } from './commands/index.js';
import type { Io } from './io.js';
import { Progress } from './progress.js';
import { pagetrail, scratchFolder } from './testing.js';

const scratch = scratchFolder();
const good = scratch.path('good.trail');
const bad = scratch.path('bad.trail');
const MUTATED = STRATEGIES.flatMap(({ mutations }) => mutations);
const RECORDING = ['record', '--workload', 'zipf', '--writes', '5000', '--pages', '64', '--harvest-every', '500'];

beforeAll(async () => {
  expect((await pagetrail([...RECORDING, '-o', good])).code).toBe(0);
  expect((await pagetrail([...RECORDING, '--mutate', 'no-flush', '-o', bad])).code).toBe(0);
});
afterAll(() => scratch.remove());

/** A file of this content in the scratch folder. */
function file(name: string, content: string | Uint8Array): string {
  writeFileSync(scratch.path(name), content);
  return scratch.path(name);
}

describe('JSON', () => {
  const keys = {
    record:
      'trail events writes bytes bytesPerWrite bytesPerEvent seconds writesPerSecond eventsPerSecond strategy variant vm arch epochs complete skipped',
    info: 'formatVersion strategy variant vm options spaces arch cpus pages events writes kinds epochs timeNs complete bytes source',
    state: 'seq timeNs epoch ptes tlbs marks stale',
    check: 'verdict counts findings',
    cost:
      'writes faults flushes ipis exits ptesScanned pagesReported bytesTransferred bytesWritten lostWrites lostPages ' +
      'falseDirtyPages ns stallNs slowdown',
    diff: 'aligned sides firstDivergence reconverges epochs alignment writes topWrites writeTotals pages',
    query: 'columns rows',
    list: 'strategies architectures monitors workloads mutations detectors importers',
  };
  it.each([
    ['record', keys.record, () => [...RECORDING, '-o', scratch.path('again.trail')], 0],
    [
      'replay',
      keys.record,
      () => ['replay', good, '--strategy', 'pfn-mkwrite', '-o', scratch.path('replayed.trail')],
      0,
    ],
    ['info', keys.info, () => ['info', good], 0],
    ['state', keys.state, () => ['state', good, '--at', 'end'], 0],
    ['check', keys.check, () => ['check', good], 0],
    ['check that finds', keys.check, () => ['check', bad], 1],
    ['cost', keys.cost, () => ['cost', good], 0],
    ['diff', keys.diff, () => ['diff', good, bad], 0],
    ['query', keys.query, () => ['query', good, 'select 1 as one'], 0],
    ['list', keys.list, () => ['list'], 0],
  ])('of %s is one object on stdout with the promised keys', async (_, expected, argv, code) => {
    const ran = await pagetrail([...argv(), '--json']);
    expect(ran.stderr).toBe('');
    expect(ran.code).toBe(code);
    expect(ran.stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(Object.keys(JSON.parse(ran.stdout))).toEqual(expect.arrayContaining(expected.split(' ')));
  });

  it('of state has the promised rows', async () => {
    const { stdout } = await pagetrail(['state', bad, '--at', 'harvest:2', '--json']);
    const state = JSON.parse(stdout);
    expect(Object.keys(state.ptes[0])).toEqual(
      expect.arrayContaining(['space', 'page', 'present', 'writable', 'dirty', 'raw']),
    );
    expect(Object.keys(state.tlbs[0])).toEqual(expect.arrayContaining(['cpu', 'space', 'page', 'writable', 'dirty']));
    expect(state.ptes[0].raw).toMatch(/^0x[0-9a-f]+$/);
    expect(state.epoch).toBe(2);
    expect(state.stale.length).toBeGreaterThan(0);
  });

  it('of check names lost pages with evidence, cause and fix', async () => {
    const { stdout } = await pagetrail(['check', bad, '--json']);
    const { verdict, counts, findings } = JSON.parse(stdout);
    expect(verdict).toBe('findings');
    expect(Object.keys(counts)).toEqual(DETECTORS.map(({ id }) => id));
    expect(counts['lost-write']).toBeGreaterThan(0);
    const lost = findings.find((finding: { id: string }) => finding.id === 'lost-write');
    expect(Object.keys(lost)).toEqual(
      expect.arrayContaining([
        'id',
        'severity',
        'certainty',
        'page',
        'cpu',
        'seq',
        'summary',
        'evidence',
        'rootCause',
        'fix',
      ]),
    );
    expect(lost.rootCause).toContain('flush');
    expect(Object.keys(lost.evidence[0])).toEqual(['seq', 'role']);
  });

  it('of a recording is the same twice but for the time it took', async () => {
    const timeless = async () => {
      const { stdout } = await pagetrail([...RECORDING, '-o', scratch.path('twice.trail'), '--json']);
      const { seconds, writesPerSecond, eventsPerSecond, ...rest } = JSON.parse(stdout);
      expect([seconds, writesPerSecond, eventsPerSecond].every((figure) => figure > 0)).toBe(true);
      return rest;
    };
    expect(await timeless()).toEqual(await timeless());
  });

  it('of a failing command is absent: the error is text on stderr', async () => {
    const ran = await pagetrail(['info', scratch.path('missing.trail'), '--json']);
    expect(ran).toMatchObject({ code: 3, stdout: '' });
    expect(ran.stderr).toContain('there is no such file');
  });
});

describe('exit codes and errors', () => {
  it.each([
    ['an unknown command', ['recrod'], 2, "did you mean 'record'?"],
    ['help for an unknown command', ['help', 'chekc'], 2, "did you mean 'check'?"],
    ['an unknown option', ['record', '--stratgey', 'x'], 2, "did you mean '--strategy'?"],
    ['an unknown strategy', [...RECORDING, '--strategy', 'hwdirty'], 2, "did you mean 'hw-dirty'?"],
    ['an unknown mutation', [...RECORDING, '--mutate', 'noflush'], 2, "did you mean 'no-flush'?"],
    ['an unknown architecture', [...RECORDING, '--arch', 'x86_64'], 2, "did you mean 'x86-64'?"],
    ['an unknown workload', ['record', '--workload', 'zip'], 2, "did you mean 'zipf'?"],
    ['an unknown cost', [...RECORDING, '--set', 'wpfault=1'], 2, "did you mean 'wpFault'?"],
    ['a cost without a figure', [...RECORDING, '--set', 'wpFault'], 2, 'is not NAME=NS'],
    ['an unknown list', ['list', 'stratgies'], 2, "did you mean 'strategies'?"],
    ['a word that is not offered', [...RECORDING, '--populate', 'eagr'], 2, "did you mean 'eager'?"],
    [
      'a strategy that cannot track the mapping',
      [...RECORDING, '--strategy', 'page-mkwrite', '--vma', 'pfnmap'],
      2,
      'struct page',
    ],
    ['a number that is none', [...RECORDING, '--cpus', 'two'], 2, "--cpus 'two' is not a whole number"],
    ['a negative number', [...RECORDING, '--harvest-every', '-1'], 2, 'it must be 0 or more'],
    ['a number too large to be exact', [...RECORDING, '--seed', '99999999999999999999'], 2, 'is too large'],
    ['a number out of range', [...RECORDING, '--cpus', '0'], 2, 'leave --cpus out for its default'],
    ['no source', ['record'], 2, 'there is nothing to play'],
    ['two sources', ['record', '--workload', 'zipf', '--import', 'x'], 2, 'accesses come from one source'],
    [
      'an option of another source',
      ['record', '--import', 'x', '--writes', '5'],
      2,
      '--writes does not fit the source',
    ],
    ['a missing argument', ['info'], 2, 'info needs a trail'],
    ['a missing option value', ['state', 'x', '--at'], 2, '--at <position> needs a value'],
    ['a missing required option', ['state', 'x'], 2, '--at <position>'],
    ['too many arguments', ['info', 'a', 'b'], 2, 'too many arguments'],
    [
      'a limit named like a property of every object',
      ['diff', 'a', 'b', '--limit', 'toString=5'],
      2,
      'is not NAME=PERCENT',
    ],
    ['an unknown limit', ['diff', 'a', 'b', '--limit', 'overheat=5'], 2, "did you mean 'overhead'?"],
    ['an unknown guest', [...RECORDING, '--guest', 'hwdirty'], 2, "did you mean 'hw-dirty'?"],
    ['a host that is none', [...RECORDING, '--host', 'hw-dirty'], 2, 'a host tracks second-stage memory'],
    ['an unknown monitor', [...RECORDING, '--guest', 'hw-dirty', '--monitor', 'nestd'], 2, "did you mean 'nested'?"],
    ['a variant of a strategy that has none', [...RECORDING, '--variant', 'manual'], 2, 'has no variants'],
    ['an unknown kind of memory', [...RECORDING, '--memory', 'sytem'], 2, "did you mean 'system'?"],
    ['an alias that is none', [...RECORDING, '--alias', '1=2'], 2, 'is not FROM=TO:PAGES'],
    ['a split of nothing', [...RECORDING, '--split', 'drop'], 2, 'add --page-size 2m'],
    ['moves after no write', [...RECORDING, '--move-every', '0'], 2, 'leave --move-every out'],
    ['unmaps of a broken number', [...RECORDING, '--unmap-every', 'x'], 2, "--unmap-every 'x' is not a whole number"],
    ['a missing cost profile', [...RECORDING, '--cost', 'missing.json'], 3, 'check the path'],
    ['a missing trail', ['info', 'missing.trail'], 3, 'there is no such file'],
    ['a missing log', ['record', '--import', 'missing.lk'], 3, 'there is no such file'],
  ])('%s', async (_, argv, code, text) => {
    const ran = await pagetrail(argv);
    expect(ran.stderr).toContain(text);
    expect(ran.stderr).toMatch(/^(note: .*\n)?pagetrail: .+\n( {2}why: {2}.+\n)?( {2}mend: .+\n)?$/);
    expect(ran).toMatchObject({ code, stdout: '' });
  });

  it.each([
    ['an empty log', ['record', '--import', 'EMPTY'], 'empty'],
    ['a log that is no log', ['record', '--import', 'BINARY'], 'in no format that can be imported'],
    ['an output in no folder', [...RECORDING, '-o', '/nowhere/a.trail'], 'the folder /nowhere does not exist'],
    ['an output that is a folder', [...RECORDING, '-o', 'FOLDER'], 'it is a folder'],
    ['an output over a file that is no trail', [...RECORDING, '-o', 'TEXT'], 'no trail'],
    ['a trail that is a folder', ['info', 'FOLDER'], 'it is a folder'],
    ['a trail that is text', ['check', 'TEXT'], 'is not a trail'],
    ['a trail that is empty', ['cost', 'EMPTY'], 'it is empty'],
    ['a trail cut short', ['state', 'CUT', '--at', 'end'], 'damaged'],
  ])('%s is unreadable or unwritable', async (_, argv, text) => {
    const cut = scratch.path('cut.trail');
    copyFileSync(good, cut);
    truncateSync(cut, 9_000);
    const paths: Record<string, string> = {
      EMPTY: file('empty', ''),
      TEXT: file('text.txt', 'precious\n'),
      BINARY: file(
        'binary',
        Uint8Array.from({ length: 5000 }, (_unused, i) => (i * 167 + (i >> 3)) & 0xff),
      ),
      FOLDER: scratch.path('.'),
      CUT: cut,
    };
    const ran = await pagetrail(argv.map((argument) => paths[argument] ?? argument));
    expect(ran.stderr).toContain(text);
    expect(ran.stderr).not.toMatch(/^\s+at /m);
    expect(ran.code).toBe(3);
    expect(readFileSync(paths['TEXT']!, 'utf8')).toBe('precious\n');
  });

  it('a position outside the trail is a usage error that tells the range', async () => {
    const ran = await pagetrail(['state', good, '--at', 'harvest:99']);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain('1 to 10');
  });

  it('diff says no only where it is asked to', async () => {
    expect((await pagetrail(['diff', good, bad])).code).toBe(0);
    expect((await pagetrail(['diff', good, bad, '--fail-on', 'divergence'])).code).toBe(1);
    expect((await pagetrail(['diff', good, good, '--fail-on', 'divergence'])).code).toBe(0);
    expect((await pagetrail(['diff', bad, good, '--limit', 'bytes=10000'])).code).toBe(0);
    const ran = await pagetrail(['diff', bad, good, '--limit', 'bytes=1']);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('note: bytes rose from');
    expect(ran.stderr).not.toContain('different writes');
  });

  it('a limit on runs of different writes says that it compares these', async () => {
    const other = scratch.path('other.trail');
    await pagetrail([...RECORDING, '--seed', '7', '-o', other]);
    const ran = await pagetrail(['diff', good, other, '--limit', 'bytes=10000']);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain('different writes');
    expect((await pagetrail(['diff', good, other, '--fail-on', 'divergence'])).code).toBe(1);
  });

  it('strict check refuses waste', async () => {
    // The scheduler lets writes fall between the steps of a harvest, and a page is then reported once more than needed.
    const wasteful = scratch.path('wasteful.trail');
    const shared = [
      'record',
      '--workload',
      'multi-cpu-shared',
      '--cpus',
      '2',
      '--writes',
      '20000',
      '--harvest-every',
      '500',
    ];
    await pagetrail([...shared, '--interleave', 'fine', '-o', wasteful]);
    expect((await pagetrail(['check', wasteful])).code).toBe(0);
    expect((await pagetrail(['check', wasteful, '--strict'])).code).toBe(1);
  });

  it('an interrupted recording is kept, and says so', async () => {
    const trail = scratch.path('interrupted.trail');
    const ran = await pagetrail(['record', '--workload', 'zipf', '-o', trail, '--json'], { interruptAfterMs: 300 });
    expect(ran.code).toBe(130);
    expect(ran.stderr).toMatch(/note: interrupted; [0-9,]+ events? (is|are) safe in /);
    expect(JSON.parse(ran.stdout)).toMatchObject({ complete: false });
    const info = JSON.parse((await pagetrail(['info', trail, '--json'])).stdout);
    expect(info).toMatchObject({ complete: false, incompleteReason: 'interrupted' });
  });

  it('a cost profile of one’s own is read from a .json file, stored, and kept by a replay', async () => {
    const costs = file('box.json', JSON.stringify({ id: 'box', ns: { wpFault: 5000 } }));
    const [first, second] = [scratch.path('box.trail'), scratch.path('box2.trail')];
    const workload = ['--workload', 'sequential-fill', '--writes', '100', '--strategy', 'pfn-mkwrite'];
    expect((await pagetrail(['record', ...workload, '--cost', costs, '-o', first])).code).toBe(0);
    expect((await pagetrail(['replay', first, '--strategy', 'pfn-mkwrite', '-o', second])).code).toBe(0);
    const reports = await Promise.all([first, second].map((trail) => pagetrail(['cost', trail, '--json'])));
    const [a, b] = reports.map(({ stdout }) => JSON.parse(stdout));
    expect(a).toMatchObject({ costProfile: 'box', ns: { fault: a.faults.writeProtect * 5300 } });
    expect(b).toEqual(a);
    const missing = await pagetrail(['record', ...workload, '--cost', 'nowhere.json', '-o', first]);
    expect([missing.code, missing.stderr]).toEqual([3, expect.stringMatching(/nowhere.json\n.*no such file/)]);
  });

  it('an interrupt before the first access leaves no trail', async () => {
    const trail = scratch.path('nothing.trail');
    const ran = await pagetrail(['record', '--workload', 'zipf', '-o', trail, '--json'], { interruptAfterMs: 0 });
    expect([ran.code, ran.stdout]).toEqual([130, '']);
    expect(ran.stderr).toMatch(/interrupted\n.*nothing had been recorded/);
    expect(existsSync(trail)).toBe(false);
  });

  it('a log that breaks off keeps what came before and says why', async () => {
    const log = readFileSync(new URL('../examples/logs/ls.lk.gz', import.meta.url)).subarray(0, 100_000);
    const trail = scratch.path('broken.trail');
    const ran = await pagetrail(['record', '--import', file('broken.lk.gz', log), '-o', trail, '--json']);
    expect(ran.code).toBe(3);
    expect(JSON.parse(ran.stdout)).toMatchObject({ complete: false });
    expect(JSON.parse(ran.stdout).writes).toBeGreaterThan(1000);
    expect(
      JSON.parse((await pagetrail(['query', trail, 'select count(*) from writes', '--json'])).stdout).rows,
    ).toEqual([[JSON.parse(ran.stdout).writes]]);
  });

  it('a bug of ours says that it is one, and where with --debug', async () => {
    const list = COMMANDS.find(({ name }) => name === 'list')!;
    const { run } = list;
    Object.assign(list, { run: () => Promise.reject(new TypeError('oops')) });
    try {
      const plain = await pagetrail(['list']);
      expect(plain).toMatchObject({ code: 70, stdout: '' });
      expect(plain.stderr).toContain('this is a bug in pagetrail');
      expect(plain.stderr).not.toContain('    at ');
      expect((await pagetrail(['list', '--debug'])).stderr).toContain('    at ');
    } finally {
      Object.assign(list, { run });
    }
  });

  it.each([
    ['a reader that went away is no error', 'EPIPE', 0, ''],
    ['a full disk is one', 'ENOSPC', 3, 'the output could not be written'],
  ])('%s', async (_, code, exitCode, text) => {
    const ran = await pagetrail(['list'], { stdoutError: Object.assign(new Error(`write ${code}`), { code }) });
    expect(ran.code).toBe(exitCode);
    if (text === '') expect(ran.stderr).toBe('');
    else expect(ran.stderr).toContain(text);
  });

  it('an answer of no stays no when nobody reads it', async () => {
    const ran = await pagetrail(['check', bad], {
      stdoutError: Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }),
    });
    expect(ran.code).toBe(1);
  });
});

describe('virtual machines and other machines', () => {
  const small = ['record', '--workload', 'zipf', '--writes', '500', '--pages', '16', '--harvest-every', '100'];

  it('are told of by record, info and cost', async () => {
    const trail = scratch.path('vm.trail');
    const vm = ['--guest', 'hw-dirty', '--host', 'kvm-dirty-log', '--variant', 'manual'];
    const ran = await pagetrail([...small, ...vm, '--mutate', 'guest:no-flush', '-o', trail]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const who = 'hw-dirty in a guest, kvm-dirty-log outside (manual), monitor nested with guest:no-flush';
    expect(ran.stdout).toContain(`  strategy  ${who} on x86-64\n`);
    expect((await pagetrail(['info', trail])).stdout).toContain(who);
    expect((await pagetrail(['info', trail])).stdout).toMatch(
      /consumer reads .*\n +in space 1 \(second-stage\): bitmap/,
    );
    const { stdout } = await pagetrail(['cost', trail, good]);
    expect(stdout).toContain('hw-dirty in kvm-dirty-log + guest:no-flush  hw-dirty\n');
    expect(JSON.parse((await pagetrail(['info', trail, '--json'])).stdout)).toMatchObject({
      strategy: 'hw-dirty',
      variant: 'manual',
      vm: { guest: 'hw-dirty', host: 'kvm-dirty-log', monitor: 'nested' },
    });
  });

  it('have their options in info, in the words that ask for them', async () => {
    const trail = scratch.path('machine.trail');
    const options = '--memory system --device non-coherent --device-mmu --mms 2 --alias 131072=65536:16';
    expect((await pagetrail([...small, ...options.split(' '), '-o', trail])).code).toBe(0);
    expect((await pagetrail(['info', trail])).stdout).toContain(`${options}\n`);
    const again = scratch.path('machine-again.trail');
    expect((await pagetrail(['replay', trail, '--no-device-mmu', '-o', again])).code).toBe(0);
    expect((await pagetrail(['info', again])).stdout).toContain(`${options.replace(' --device-mmu', '')}\n`);
  });

  it.each([
    [['--guest', 'hw-dirty', '--host', 'pml'], 'zipf.hw-dirty-in-pml.trail'],
    [['--guest', 'hw-dirty', '--monitor', 'broken'], 'zipf.hw-dirty-in-broken.trail'],
    [
      ['--guest', 'hw-dirty', '--host', 'pml', '--mutate', 'guest:no-flush'],
      'zipf.hw-dirty-in-pml+guest-no-flush.trail',
    ],
    [['--host', 'pml'], 'zipf.pml.trail'],
  ])('%j goes to %s', async (options, expected) => {
    const before = process.cwd();
    process.chdir(scratch.path(''));
    try {
      const ran = await pagetrail([...small, ...options, '--json']);
      expect(JSON.parse(ran.stdout)).toMatchObject({ trail: expected });
      expect(ran.stderr).toContain(`the trail goes to ${expected}`);
    } finally {
      process.chdir(before);
    }
  });

  it('are seen in state: memory, CPU caches, TLBs of devices, huge entries, who reads what', async () => {
    const at = async (name: string, options: readonly string[], position: string) => {
      const trail = scratch.path(`${name}.trail`);
      expect((await pagetrail([...small, ...options, '-o', trail])).code).toBe(0);
      return (await pagetrail(['state', trail, '--at', position])).stdout;
    };
    const guest = await at('guest', ['--guest', 'hw-dirty', '--host', 'pml'], '450');
    expect(guest).toMatch(/the consumer reads pte-dirty, bitmap\n +that of space 1 reads bitmap, pml-buffer/);
    expect(guest).toMatch(/space +page +frame +memory +raw/);
    expect(guest).toMatch(/^ +0 +0x10000 +0x[0-9a-f]+ +guest /m);
    const caches = await at('caches', ['--device', 'non-coherent'], '50');
    expect(caches).toMatch(/captured +in caches/);
    expect(caches).not.toMatch(/memory/);
    expect(await at('huge', ['--page-size', '2m'], '600')).toMatch(/W +D +2 MiB +slot.*\n.* W +. +H /);
    writeFileSync(scratch.path('dma.csv'), '1,0,0x10000,8,d\n2,0,0x10000,8\n');
    const dma = scratch.path('dma.trail');
    await pagetrail(['record', '--import', scratch.path('dma.csv'), '--device-mmu', '--harvest-every', '0', '-o', dma]);
    expect((await pagetrail(['state', dma, '--at', '5'])).stdout).toContain('TLB of the device (1)');
  });

  it('keep what was put in between the writes when they are replayed', async () => {
    const [once, twice, more] = ['put.trail', 'put-again.trail', 'put-more.trail'].map(scratch.path);
    const shared = ['--vma', 'shared-file', '--move-every', '200', '--unmap-every', '150'];
    await pagetrail([...small, ...shared, '-o', once!]);
    await pagetrail(['replay', once!, '--strategy', 'page-mkwrite', '-o', twice!]);
    await pagetrail(['replay', once!, '--unmap-every', '250', '-o', more!]);
    const kinds = async (trail: string) => JSON.parse((await pagetrail(['info', trail, '--json'])).stdout).kinds;
    expect((await kinds(once!)).operation).toBe(5);
    expect((await kinds(twice!)).operation).toBe(5);
    expect((await kinds(more!)).operation).toBe(7);
  });
});

describe('cost', () => {
  const small = ['record', '--workload', 'zipf', '--writes', '2000', '--pages', '16', '--harvest-every', '500'];

  it('tells exits by their reasons, cache flushes and what writes waited, of one trail and of several', async () => {
    const [vm, caches] = [scratch.path('exits.trail'), scratch.path('flushes.trail')];
    await pagetrail([...small, '--strategy', 'kvm-dirty-log', '-o', vm]);
    await pagetrail([...small, '--device', 'non-coherent', '-o', caches]);
    const report = JSON.parse((await pagetrail(['cost', vm, '--json'])).stdout);
    const exits = report.exitsByReason['ept-violation'];
    expect(exits).toBeGreaterThan(0);
    const flushes = JSON.parse((await pagetrail(['cost', caches, '--json'])).stdout).cacheFlushes;
    expect(flushes).toBeGreaterThan(0);
    expect((await pagetrail(['cost', vm])).stdout).toMatch(new RegExp(`exit .*VM exits: ${exits} ept-violation\n`));
    expect((await pagetrail(['cost', caches])).stdout).toContain(`CPU caches written back ${flushes} times`);
    const { stdout } = await pagetrail(['cost', vm, caches]);
    expect(stdout).toMatch(new RegExp(`  VM exits +${exits} +0\n    ept-violation +${exits} +0\n`));
    expect(stdout).toMatch(new RegExp(`  CPU cache flushes +0 +${flushes}\n`));
    expect(stdout).toMatch(/ {2}stall at p99 +[0-9.]+ [nu]s +[0-9.]+ [nu]s\n {2}longest stall/);
  });
});

describe('lists', () => {
  const listed = async (kind: string) => {
    const [text, json] = [await pagetrail(['list', kind]), await pagetrail(['list', kind, '--json'])];
    const entries = JSON.parse(json.stdout)[kind] as ReadonlyArray<Record<string, unknown>>;
    return {
      text: text.stdout.replaceAll(/\s+/g, ' '),
      entry: (id: string) => entries.find((one) => one['id'] === id)!,
    };
  };

  it('tell of a strategy its variants, steps and their mutations', async () => {
    const { text, entry } = await listed('strategies');
    expect(text).toContain('variant manual: ');
    expect(text).toMatch(/step flush: [^;]+; mutations: no-flush, flush-first \(fine\)/);
    expect(entry('hw-dirty')).toMatchObject({
      runsIn: 'kernel',
      variants: [],
      steps: expect.arrayContaining([{ step: 'flush', summary: expect.any(String) }]),
      mutations: expect.arrayContaining([expect.objectContaining({ id: 'no-flush', step: 'flush', bites: 'coarse' })]),
    });
    expect(entry('pml')).toMatchObject({ runsIn: 'monitor' });
  });

  it('tell of a mutation what it stands for, and where it bites when', async () => {
    const { text, entry } = await listed('mutations');
    expect(text).toMatch(/no-flush entries are .* leaves a step out history: 2001, D cleared without a flush/);
    expect(text).toMatch(/can bite in every mode, in step flush: .*hw-dirty/);
    const needs = MUTATED.flatMap((mutation) => mutation.needs);
    for (const need of new Set<string>(needs)) expect(text).not.toContain(`needs: ${need} `);
    expect(entry('no-flush')).toMatchObject({
      how: 'drop',
      history: expect.arrayContaining([expect.objectContaining({ id: 'A2', year: 2001 })]),
      needs: ['separate-flush'],
      strategies: expect.arrayContaining([{ strategy: 'hw-dirty', step: 'flush', bites: 'coarse', history: 'A2' }]),
    });
  });

  it('tell of an architecture its walker and how it flushes', async () => {
    const { text, entry } = await listed('architectures');
    expect(text).toContain('walker: hardware sets D in the entry; may be blind (--walker blind)');
    expect(text).toContain('flush: other CPUs flush by one broadcast instruction');
    expect(entry('arm64')).toMatchObject({ hardwareSetsDirty: false, flushBy: 'broadcast', mayBeBlind: false });
  });

  it('have the monitors', async () => {
    expect((await listed('monitors')).text).toMatch(/^nested .* shadow .* broken /);
  });
});

describe('terminals', () => {
  it.each([
    ['a terminal', { terminal: true }, true],
    ['a pipe', {}, false],
    ['a terminal with NO_COLOR', { terminal: true, env: { NO_COLOR: '1' } }, false],
    ['a terminal with an empty NO_COLOR', { terminal: true, env: { NO_COLOR: '' } }, true],
    ['a dumb terminal', { terminal: true, env: { TERM: 'dumb' } }, false],
    ['a pipe with FORCE_COLOR', { env: { FORCE_COLOR: '1' } }, true],
    ['FORCE_COLOR over NO_COLOR', { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }, true],
  ])('%s: colour is right', async (_, surroundings, coloured) => {
    const ran = await pagetrail(['check', bad], surroundings);
    expect(ran.stdout.includes('\x1b[')).toBe(coloured);
    expect((await pagetrail(['nonsense'], surroundings)).stderr.includes('\x1b[')).toBe(coloured);
    expect((await pagetrail(['--help'], surroundings)).stdout.includes('\x1b[')).toBe(coloured);
  });

  it('shows the progress of a recording, and wipes it', async () => {
    const long = ['record', '--workload', 'zipf', '--writes', '2000000', '-o', scratch.path('long.trail')];
    const seen = await pagetrail(long, { terminal: true, env: { NO_COLOR: '1' }, tickMs: 2_000 });
    expect(seen.stderr).toMatch(/\r\x1b\[2K\[[#.]{16}\] +\d+ % .*writes\/s/);
    expect(seen.stderr.endsWith('\r\x1b[2K')).toBe(true);
  });

  it.each([
    ['after a second on a terminal', true, 1_001, '[########........]  50 %  half  2 s left'],
    ['never before', true, 999, ''],
    ['never in a pipe', false, 5_000, ''],
  ])('draws progress %s', (_, terminal, elapsedMs, expected) => {
    let nowMs = 0;
    let drawn = '';
    const stderr = { isTTY: terminal, write: (text: string) => (drawn += text) };
    const progress = new Progress({ stderr, now: () => nowMs } as unknown as Io);
    nowMs = elapsedMs;
    progress.update(0.5, () => 'half');
    progress.update(0.5, () => 'too soon to draw again');
    expect(drawn.replace('\r\x1b[2K', '')).toBe(expected);
    progress.end();
    expect(drawn.endsWith('\r\x1b[2K')).toBe(expected !== '');
  });
});

describe('query', () => {
  it.each([
    ['a small result as a table', [], "select 1 as one, 'x' as word", 'one  word\n  1  x\n'],
    ['nothing as -', [], 'select null as n', 'n\n-\n'],
    ['no row as its heading', [], 'select seq from writes where seq < 0', 'seq\n'],
    [
      'csv with quotes where they are needed',
      ['--csv'],
      `select 'a,"b"' as q, null as n, 1 as one`,
      'q,n,one\n"a,""b""",,1\n',
    ],
    ['the second trail as schema b', ['--with', 'BAD'], 'select count(*) as n from b.flushes', 'n\n0\n'],
  ])('gives %s', async (_, options, sql, expected) => {
    const ran = await pagetrail(['query', good, sql, ...options.map((option) => (option === 'BAD' ? bad : option))]);
    expect(ran).toEqual({ code: 0, stderr: '', stdout: expected });
  });

  it('counts what was recorded', async () => {
    const { stdout } = await pagetrail(['query', good, 'select count(*) from writes', '--json']);
    expect(JSON.parse(stdout)).toEqual({ columns: ['count(*)'], rows: [[5000]] });
  });

  it('streams large results in the widths of the first rows', async () => {
    const { stdout } = await pagetrail(['query', good, 'select seq, address from writes']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(5001);
    expect(new Set(lines.slice(1).map((line) => line.indexOf('0x'))).size).toBe(1);
  });

  it.each([
    ['a slip in the SQL', 'select * frm writes', 'syntax error'],
    ['an unknown view', 'select * from write', "did you mean 'writes'?"],
    ['a change', 'delete from writes', 'read-only'],
    ['two statements', 'select 1; select 2', 'cannot be run'],
    ['a function that is given nonsense', "select * from writes_in('x')", 'must be an integer'],
  ])('refuses %s without half an answer', async (_, sql, text) => {
    const ran = await pagetrail(['query', good, sql, '--json']);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain(text);
  });
});

describe('help', () => {
  it('without arguments is short and names every command', async () => {
    const { code, stdout, stderr } = await pagetrail([]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const { name, summary } of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} +${summary}$`, 'm'));
    expect(stdout).toMatchSnapshot();
  });

  it.each([['--help'], ...COMMANDS.map(({ name }) => [`${name} --help`])])('%s', async (line) => {
    const { code, stdout, stderr } = await pagetrail(line.split(' '));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatchSnapshot();
  });

  it.each(COMMANDS.map((command) => [command.name, command] as const))('%s has one to three examples', (_, command) => {
    expect(command.examples.length).toBeGreaterThanOrEqual(1);
    expect(command.examples.length).toBeLessThanOrEqual(3);
    for (const { line } of command.examples) expect(line).toContain(`pagetrail ${command.name}`);
  });

  it('help COMMAND is the same as COMMAND --help', async () => {
    expect(await pagetrail(['help', 'check'])).toEqual(await pagetrail(['check', '--help']));
    expect(await pagetrail(['help'])).toEqual(await pagetrail(['--help']));
  });

  it('--version is that of the manifest', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    expect((await pagetrail(['--version'])).stdout).toBe(`${version}\n`);
  });
});
