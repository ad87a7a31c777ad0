/**
 * Shrunk trails, judged by the public ways: `check` finds the same in them, a recording of all steps but one does not, and the explorer finds it in their
 * scenario. `house/shrink-of-mutations.test.ts` goes through every defect of every strategy.
 */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError, InterruptedError, UsageError } from '../../base/index.js';
import { check } from '../../analyzer/index.js';
import { record } from '../../recorder/index.js';
import { STRATEGIES } from '../../simulator/index.js';
import { TrailReader } from '../../traces/index.js';
import { explore } from '../explore.js';
import { strategySetting } from '../strategy-scenario.js';
import { writeTrail } from '../trail.js';
import { shrink } from './shrink.js';
import {
  contentsOf,
  type Defect,
  dispensable,
  findingsOf,
  isSame,
  recordDefect,
  shrinkTo,
  verdictOf,
} from './testing.js';

const folder = mkdtempSync(join(tmpdir(), 'pagetrail-shrink-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

function defect(strategy: string, mutation: string, interleave: Defect['interleave']): Defect {
  const found = STRATEGIES.find(({ id }) => id === strategy)!.mutations.find(({ id }) => id === mutation)!;
  return { strategy, mutation: found, interleave };
}

/** What is left, and how the explorer sees it. By strategy, defect, mode, seed. */
const CASES: ReadonlyArray<readonly [string, string, Defect['interleave'], number, string]> = [
  ['hw-dirty', 'no-flush', 'coarse', 1, '2 writes, 1 page, 1 harvest'],
  ['hw-dirty', 'no-mark', 'coarse', 1, '1 write, 1 page'],
  ['hw-dirty', 'no-collect', 'coarse', 1, '1 write, 1 unmap, 1 page'],
  ['hw-dirty', 'move-drops-dirty', 'coarse', 1, '1 write, 1 move, 1 page'],
  ['hw-dirty', 'no-cache-flush', 'coarse', 1, '1 write, 1 page'],
  ['page-mkwrite', 'no-rearm', 'coarse', 1, '2 writes, 1 page, 1 harvest'],
  ['adaptive', 'no-flush', 'coarse', 1, '2 writes, 1 page, 1 harvest'],
  ['kvm-dirty-ring', 'no-rearm', 'coarse', 1, '2 writes, 1 page, 1 harvest'],
  // Decided by a race: the finding stays one of an interleaving.
  ['pfn-mkwrite', 'transfer-first', 'fine', 1, '1 write, 1 page, 1 harvest'],
  ['hw-dirty', 'flush-first', 'fine', 1, '2 writes, 1 page, 1 harvest'],
];

describe.each(CASES)('%s with %s, %s, seed %i', (strategy, mutation, interleave, seed, summary) => {
  const name = `${strategy}.${mutation}`;
  let result: Awaited<ReturnType<typeof shrinkTo>>;
  beforeAll(async () => {
    await recordDefect(at(`${name}.trail`), defect(strategy, mutation, interleave), seed);
    result = await shrinkTo(at(`${name}.trail`), at(`${name}.small.trail`));
  }, 60_000);

  it('still shows the finding, by the same cause, in a few steps', () => {
    const { shrunk, original } = result;
    expect(shrunk).toMatchObject({ minimal: true, stopped: null, from: { accesses: expect.any(Number) } });
    expect(shrunk.summary.replace(/, \d CPUs/, '')).toBe(summary);
    const same = findingsOf(at(`${name}.small.trail`)).filter((finding) => isSame(finding, original));
    expect(same).toHaveLength(1);
    // What was found in memory is what the file shows.
    expect(same[0]).toEqual(shrunk.finding);
  });

  it('shows it no more, whichever step is left out', async () => {
    const { shrunk, original } = result;
    expect(await dispensable(folder, at(`${name}.small.trail`), shrunk.steps, original)).toEqual([]);
  });

  it('has a scenario in which the explorer finds it', async () => {
    const { shrunk, original } = result;
    const { text, verdict, note } = await shrunk.scenario();
    expect({ verdict, note }).toEqual({ verdict: original.id, note: null });
    expect(await verdictOf(text!)).toMatchObject({ verdict: original.id, expects: original.id });
  });

  it('is the same a second time', async () => {
    await shrinkTo(at(`${name}.trail`), at(`${name}.again.trail`));
    expect(contentsOf(at(`${name}.again.trail`))).toEqual(contentsOf(at(`${name}.small.trail`)));
  }, 60_000);
});

describe('what is asked for', () => {
  const trail = at('asked.trail');
  beforeAll(() => recordDefect(trail, defect('hw-dirty', 'no-flush', 'coarse'), 3));

  it('is any finding, not only the gravest', async () => {
    const { shrunk } = await shrinkTo(
      trail,
      at('elided.trail'),
      {},
      (findings) => findings.find(({ id }) => id === 'elided-flush')!,
    );
    expect(shrunk).toMatchObject({ summary: '1 write, 1 page', minimal: true });
    expect(findingsOf(at('elided.trail'))[0]).toMatchObject({ id: 'elided-flush' });
    // In another order the flush that is missing loses the write.
    const note = 'the explorer finds elided-flush too, and lost-write, which is graver, in the same program';
    const { text, ...said } = await shrunk.scenario();
    expect(said).toMatchObject({ verdict: 'lost-write', note });
    const { broken } = await verdictOf(text!);
    expect(broken).toContain('elided-flush');
  });

  it('keeps its cause unless any will do', async () => {
    // Two defects: what is lost by the move is shrunk as such although one without would be as short.
    const both = at('both.trail');
    writeFileSync(
      at('both.csv'),
      '1,0,0x5000,8\n2,0,0x6000,8\n3,0,0,0,h\n4,0,0x5000,8\n5,0,0x6000,8\n6,0,0x6000,4096,m\n7,0,0x5000,8\n',
    );
    await record({
      strategy: 'hw-dirty',
      mutations: ['no-flush', 'move-drops-dirty'],
      harvestEvery: 0,
      output: both,
      source: { import: at('both.csv') },
    });
    const causes = findingsOf(both).flatMap(({ cause }) => cause ?? []);
    expect(causes).toContain('missing-flush');
    for (const cause of new Set(causes)) {
      const { shrunk } = await shrinkTo(
        both,
        at('cause.trail'),
        {},
        (findings) => findings.find((one) => one.cause === cause)!,
      );
      expect(shrunk.cause).toBe(cause);
      expect(findingsOf(at('cause.trail')).some((one) => one.cause === cause)).toBe(true);
    }
  });

  it('may be stopped, and what is left is honest and still fails', async () => {
    for (const maxRuns of [1, 3, 10]) {
      const { shrunk, original } = await shrinkTo(trail, at('stopped.trail'), { maxRuns });
      expect(shrunk).toMatchObject({ minimal: false, stopped: 'runs', runs: maxRuns });
      expect(findingsOf(at('stopped.trail')).some((one) => isSame(one, original))).toBe(true);
    }
    const { shrunk } = await shrinkTo(trail, at('stopped.trail'), { maxSeconds: 0 });
    expect(shrunk).toMatchObject({ minimal: false, stopped: 'seconds' });
  });

  it('may be interrupted: the best so far is kept, and before there is one nothing is', async () => {
    const reader = TrailReader.open(trail);
    const finding = check(reader).findings[0]!;
    const abort = new AbortController();
    await expect(shrink(reader, finding, { signal: AbortSignal.abort() })).rejects.toThrow(InterruptedError);
    let seen = 0;
    const shrunk = await shrink(reader, finding, {
      signal: abort.signal,
      onProgress: () => void (++seen === 2 && setImmediate(() => abort.abort())),
    });
    reader.close();
    expect(shrunk.finding).toMatchObject({ id: 'lost-write', cause: 'missing-flush' });
    expect(['interrupted', null]).toContain(shrunk.stopped);
  });

  it('never overwrites the recording', async () => {
    copyFileSync(trail, at('kept.trail'));
    await expect(shrinkTo(at('kept.trail'), at('kept.trail'))).rejects.toThrow(/input of this recording/);
  });

  it('says where it comes from, by name and never by path', () => {
    const reader = TrailReader.open(at('elided.trail'));
    const { source } = reader.meta;
    reader.close();
    expect(source).toMatchObject({
      kind: 'shrink',
      name: 'asked.trail',
      parameters: { of: 'csv:asked.trail.csv', finding: 'elided-flush', accesses: 300 },
    });
  });
});

describe('a counterexample of the explorer', () => {
  const size = { cpus: 2, pages: 2, writes: 2, harvests: 2, evictions: 0 };
  const program = { machine: { strategy: 'hw-dirty', mutations: ['no-flush'] }, ...size };

  it('is shrunk by exploring smaller programs', async () => {
    const setting = strategySetting(program);
    const found = await explore(setting, { reduce: true });
    await writeTrail({
      path: at('ce.trail'),
      setting,
      schedule: found.execution!.schedule,
      reduce: true,
      name: 'explore-hw-dirty',
      parameters: { verdict: 'lost-write' },
      spec: { program },
    });
    const { shrunk, original } = await shrinkTo(at('ce.trail'), at('ce.small.trail'));
    expect(shrunk).toMatchObject({ summary: '1 write, 1 page, 1 harvest', minimal: true, unordered: true });
    expect(findingsOf(at('ce.small.trail')).some((one) => isSame(one, original))).toBe(true);
    const { text } = await shrunk.scenario();
    expect(await verdictOf(text!)).toMatchObject({ verdict: 'lost-write', expects: 'lost-write' });
    // Nothing of it can be left out: neither its store nor its harvest.
    for (const less of [{ does: [[]] }, { harvests: 0 }]) {
      const smaller = { ...program, cpus: 1, pages: 1, writes: 1, harvests: 1, ...less };
      expect(await explore(strategySetting(smaller), { reduce: true })).toMatchObject({ verdict: 'safe' });
    }
  });

  it('of a scenario cannot be shrunk, which is said', async () => {
    const setting = strategySetting(program);
    const found = await explore(setting, { reduce: true });
    const { schedule } = found.execution!;
    await writeTrail({
      path: at('own.trail'),
      setting,
      schedule,
      reduce: true,
      name: 'clear-without-flush',
      parameters: { verdict: 'lost-write' },
      spec: { scenario: 'clear-without-flush', variant: 'buggy', arch: 'x86-64' },
    });
    await expect(shrinkTo(at('own.trail'), at('none.trail'))).rejects.toThrow(UsageError);
    await expect(shrinkTo(at('own.trail'), at('none.trail'))).rejects.toThrow(/--repair/);
  });
});

it('says so where the finding does not show again', async () => {
  const trail = at('other.trail');
  await recordDefect(trail, defect('hw-dirty', 'no-flush', 'coarse'), 3);
  const reader = TrailReader.open(trail);
  const finding = { ...check(reader).findings[0]!, cause: 'never-marked' as const };
  await expect(shrink(reader, finding)).rejects.toThrow(InputError);
  await expect(shrink(reader, { ...finding, certainty: 'undecidable' })).rejects.toThrow(/cannot be decided/);
  reader.close();
});
