/** A search on real threads: they run what the compiler made, in a process of their own that has to end by itself. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explore } from './explore.js';
import { scenarioTarget, specOf, strategyTarget, targetOf, type TargetSpec } from './target.js';
import { exploreInThreads } from './threads.js';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..');
const ROOMS = ['base', 'traces', 'simulator', 'recorder', 'explorer'];
const WORKER = 'explorer/search/worker.js';

let built = join(ROOT, 'dist');
const scratch = mkdtempSync(join(tmpdir(), 'pagetrail-'));

beforeAll(async () => {
  if (isCurrent(built)) return;
  built = join(scratch, 'dist');
  mkdirSync(built);
  symlinkSync(join(ROOT, 'node_modules'), join(built, 'node_modules'));
  symlinkSync(join(ROOT, 'package.json'), join(built, 'package.json'));
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  // It compiles also where it complains, which is for others to see.
  await run(process.execPath, [compiler, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', built]).catch(() => null);
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** Whether what is there was compiled after the last change of a source. */
function isCurrent(folder: string): boolean {
  if (!existsSync(join(folder, WORKER))) return false;
  const compiled = statSync(join(folder, WORKER)).mtimeMs;
  return ROOMS.flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' }).map((file) => join(ROOT, room, file)),
  )
    .filter((file) => file.endsWith('.ts'))
    .every((file) => statSync(file).mtimeMs < compiled);
}

/** Runs a script that has the explorer as `e`, and gives what it prints as JSON. */
async function inProcess(script: string): Promise<unknown> {
  const text = `import * as e from ${JSON.stringify(join(built, 'explorer/index.js'))};
    const print = (found) => console.log(JSON.stringify(found, (_, value) => typeof value === 'bigint' ? String(value) : value));
    const pick = ({ verdict, states, transitions, depth, ends, badEnds, broken, stopped, execution }) =>
      ({ verdict, states, transitions, depth, ends, badEnds, broken, stopped, schedule: execution?.schedule ?? null });
    ${script}`;
  writeFileSync(join(scratch, 'script.mjs'), text);
  const { stdout } = await run(process.execPath, [join(scratch, 'script.mjs')]);
  return JSON.parse(stdout);
}

const program = { machine: { strategy: 'pfn-mkwrite' }, cpus: 2, pages: 1, writes: 2, harvests: 2, evictions: 0 };
const unflushed = { ...program, machine: { ...program.machine, mutations: ['no-flush'] } };

describe('exploreInThreads', () => {
  it.each([
    ['a strategy', specOf(strategyTarget(program)), false],
    ['one in steps that are taken together', specOf(strategyTarget(program)), true],
    ['one that loses a write', specOf(strategyTarget(unflushed)), false],
    ['a scenario', specOf(scenarioTarget('check-then-protect', undefined, undefined)), false],
  ])('shows of %s what one thread shows', async (_, spec: TargetSpec, reduce) => {
    const found = await inProcess(
      `print(pick(await e.exploreInThreads(${JSON.stringify(spec)}, { threads: 2, aloneStates: 10, reduce: ${reduce} })));`,
    );
    const one = await explore(targetOf(spec).setting, { reduce });
    const { verdict, states, transitions, depth, ends, badEnds, broken, stopped, execution } = one;
    const schedule = execution?.schedule ?? null;
    expect(found).toEqual({ verdict, states, transitions, depth, ends, badEnds, broken, stopped, schedule });
  });

  it('ends its threads when it is interrupted', async () => {
    const large = { ...program, machine: { strategy: 'hw-dirty' }, cpus: 4, pages: 3, harvests: 3 };
    const found = await inProcess(
      `const stop = new AbortController();
      let told = 0;
      const onProgress = () => { if (++told === 2) stop.abort(); };
      const spec = { program: ${JSON.stringify(large)} };
      print(pick(await e.exploreInThreads(spec, { threads: 2, aloneStates: 10, signal: stop.signal, onProgress })));`,
    );
    expect(found).toMatchObject({ verdict: 'bounded', stopped: 'interrupted' });
  });

  it('ends its threads when one of them fails', async () => {
    const message = await inProcess(
      `import { Worker } from 'node:worker_threads';
      const post = Worker.prototype.postMessage;
      Worker.prototype.postMessage = function () { post.call(this, null); };
      const spec = { program: ${JSON.stringify(program)} };
      print(await e.exploreInThreads(spec, { threads: 2, aloneStates: 10 }).catch((error) => error.message));`,
    );
    expect(message).toMatch(/null/);
  });

  it('calls nobody for a small search, and counts its interleavings', async () => {
    const target = strategyTarget(program);
    const [one, many] = [await explore(target.setting), await exploreInThreads(specOf(target), { threads: 2 })];
    expect(many.interleavings).not.toBeNull();
    expect(many).toMatchObject({ states: one.states, interleavings: one.interleavings, verdict: one.verdict });
  });

  it.each([
    ['no thread', { threads: 0 }],
    ['half a thread', { threads: 1.5 }],
    ['more threads than a machine has', { threads: 1000 }],
    ['interleavings counted on several', { threads: 2, count: true }],
    ['interleavings counted in a reduced search', { threads: 1, count: true, reduce: true }],
  ])('refuses %s', async (_, options) => {
    await expect(exploreInThreads(specOf(strategyTarget(program)), options)).rejects.toThrow(/threads|reduced/);
  });
});
