/** `shrink` as its users meet it: what it prints and writes, the JSON that others rely on, limits, Ctrl-C, and what is refused. */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pagetrail, scratchFolder } from './testing.js';

const scratch = scratchFolder();
afterAll(() => scratch.remove());

const bad = scratch.path('bad.trail');
const small = scratch.path('small.trail');
const litmus = scratch.path('small.litmus');
const shrink = (...argv: string[]) => pagetrail(['shrink', ...argv]);

async function recorded(path: string, ...options: string[]): Promise<void> {
  const source = ['--workload', 'zipf', '--writes', '20000', '--pages', '64', '--harvest-every', '2000'];
  expect(await pagetrail(['record', ...source, ...options, '-o', path])).toMatchObject({ code: 0 });
}

beforeAll(() => recorded(bad, '--strategy', 'hw-dirty', '--mutate', 'no-flush'));

it('prints the program in words, step by step', async () => {
  const ran = await shrink(bad, '-o', small);
  expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' });
  const printed = ran.stdout.replaceAll(scratch.path(''), '').replace(/took .*/, 'took S');
  expect(printed).toMatchInlineSnapshot(`
    "bad.trail: lost-write (missing-flush)
                recorded  shrunk
      accesses    20,000       2
      pages           64       1
      CPUs             1       1
      harvests        10       2

    2 writes, 1 page, 1 harvest  hw-dirty with no-flush, x86-64, TLB of 1 x 1
       1  cpu 0  writes 8 bytes to page 0x0
       2  cpu 0  harvest
       3  cpu 0  writes 8 bytes to page 0x0  <- lost-write
       end         harvest, as at the end of every recording

      page 0x0: 1 write never reached the consumer, the first at seq 15 on cpu 0
      cause: missing flush: cpu 0 kept a TLB entry with W and D (filled at seq 4) after D was cleared at
        seq 8, and no flush followed; its writes went on without leaving a mark

    1-minimal: no step can be left out; 27 programs tried
    the trail is small.trail
    took S
    "
  `);
});

it('writes a trail that check fails and a scenario that explore fails', async () => {
  const ran = await shrink(bad, '-o', small, '--scenario', litmus, '--json');
  expect(ran.code).toBe(0);
  const write = { cpu: 0, op: 'write', page: 0, offset: 0, size: 8 };
  expect(JSON.parse(ran.stdout)).toMatchObject({
    trail: small,
    scenario: litmus,
    scenarioVerdict: 'lost-write',
    scenarioNote: null,
    finding: { id: 'lost-write', cause: 'missing-flush', severity: 'critical' },
    from: { accesses: 20_000, operations: 0, pages: 64, cpus: 1, harvests: 10 },
    to: { accesses: 2, operations: 0, pages: 1, cpus: 1, harvests: 2 },
    runs: expect.any(Number) as unknown,
    seconds: expect.any(Number) as unknown,
    minimal: true,
    stopped: null,
    program: [write, { cpu: 0, op: 'harvest', page: null, offset: 0, size: 0 }, write],
  });
  const checked = await pagetrail(['check', small, '--json']);
  expect(checked.code).toBe(1);
  expect(JSON.parse(checked.stdout)).toMatchObject({ counts: { 'lost-write': 1 } });
  const explored = await pagetrail(['explore', litmus, '-o', scratch.path('ce.trail'), '--json']);
  expect(explored.code).toBe(1);
  expect(JSON.parse(explored.stdout)).toMatchObject({ verdict: 'lost-write', expects: 'lost-write' });
  // And what explore wrote can be shrunk in turn.
  const again = await shrink(scratch.path('ce.trail'), '-o', scratch.path('ce.small.trail'), '--json');
  expect(JSON.parse(again.stdout)).toMatchObject({ minimal: true, to: { accesses: 1 } });
});

it('takes any finding by name', async () => {
  const ran = await shrink(bad, '--finding', 'stale-tlb-write:2', '-o', small, '--json');
  expect(JSON.parse(ran.stdout)).toMatchObject({ finding: { id: 'stale-tlb-write', severity: 'high' }, minimal: true });
});

it('keeps what it has when it is stopped: the trail is valid, fails, and is not called minimal', async () => {
  const ran = await shrink(bad, '-o', small, '--max-runs', '3', '--json');
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.stdout)).toMatchObject({ minimal: false, stopped: 'runs', runs: 3 });
  expect(await pagetrail(['check', small])).toMatchObject({ code: 1 });
  const printed = await shrink(bad, '-o', small, '--max-runs', '3');
  expect(printed.stdout).toContain('not known to be minimal: stopped at the number of programs that was allowed');
});

it('leaves nothing where Ctrl-C comes first', async () => {
  const output = scratch.path('none.trail');
  expect(await shrink(bad, '-o', output)).toMatchObject({ code: 0 });
  const untouched = readFileSync(output);
  expect(await pagetrail(['shrink', bad, '-o', output], { interruptAfterMs: 0 })).toMatchObject({ code: 130 });
  expect(readFileSync(output)).toEqual(untouched);
});

it('says so where there is nothing to shrink, and where there is no scenario', async () => {
  const good = scratch.path('good.trail');
  await recorded(good, '--strategy', 'full-upload');
  expect(await shrink(good, '--finding', 'lost-write', '-o', small)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('no lost-write to shrink') as unknown,
  });
  const huge = scratch.path('huge.trail');
  await recorded(huge, '--strategy', 'kvm-dirty-log', '--mutate', 'large-entry-logs-one', '--page-size', '2m');
  const ran = await shrink(huge, '-o', small, '--scenario', scratch.path('huge.litmus'));
  expect(ran.code).toBe(1);
  expect(ran.stdout).toContain('no scenario: entries of a search are small');
  expect(existsSync(scratch.path('huge.litmus'))).toBe(false);
});

describe('what is refused', () => {
  it.each([
    [['--finding', 'lost-writ'], 2, "did you mean 'lost-write'?"],
    [['--finding', 'lost-write:99'], 2, 'there is no lost-write:99'],
    [['--finding', 'lost-write:0'], 2, 'is no name of a finding'],
    [['--max-runs', 'many'], 2, 'is not a whole number'],
    [['-o', '/nowhere/small.trail'], 3, 'the folder /nowhere does not exist'],
    [['--scenario', '/nowhere/small.litmus', '-o', small], 3, 'the folder /nowhere does not exist'],
  ])('%j', async (options, code, text) => {
    const ran = await shrink(bad, ...options);
    expect(ran).toMatchObject({ code, stdout: '' });
    expect(ran.stderr).toContain(text);
  });

  it('its own input as output', async () => {
    const copy = scratch.path('copy.trail');
    copyFileSync(bad, copy);
    expect(await shrink(copy, '-o', copy)).toMatchObject({ code: 2 });
    expect(readFileSync(copy)).toEqual(readFileSync(bad));
  });

  it('a way through a scenario', async () => {
    const trail = scratch.path('scenario.trail');
    await pagetrail(['explore', 'check-then-protect', '-o', trail]);
    const ran = await shrink(trail, '-o', small);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('`pagetrail explore check-then-protect --repair`');
  });

  it('what is no trail', async () => {
    writeFileSync(scratch.path('text.trail'), 'hello');
    expect(await shrink(scratch.path('text.trail'))).toMatchObject({ code: 3 });
  });
});
