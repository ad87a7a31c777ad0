/** `explore` as its users meet it: verdicts and exit codes, the JSON that others rely on, the forms of a counterexample, limits, and what is refused. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { pagetrail, scratchFolder } from './testing.js';

const scratch = scratchFolder();
afterAll(() => scratch.remove());

const trail = scratch.path('ce.trail');
const explore = (...argv: string[]) => pagetrail(['explore', ...argv, '-o', trail]);

describe('verdicts', () => {
  it.each([
    ['check-then-protect', [], 'lost-write', 1],
    ['protect-flush-check', [], 'safe', 0],
    ['clear-needs-atomic-rmw', ['--variant', 'fixed'], 'safe', 0],
    ['clear-needs-atomic-rmw', ['--arch', 'riscv64-svadu'], 'lost-write', 1],
  ])('%s %s: %s', async (scenario, options, verdict, code) => {
    const ran = await explore(scenario, ...options);
    expect(ran.code).toBe(code);
    expect(ran.stdout).toMatch(new RegExp(`^${scenario}.*: ${verdict}\n`));
  });

  it('of a strategy as it is and with a defect', async () => {
    const good = await explore('--strategy', 'pfn-mkwrite', '--cpus', '1', '--json');
    expect(JSON.parse(good.stdout)).toMatchObject({
      verdict: 'safe',
      scenario: null,
      strategy: 'pfn-mkwrite',
      mutation: null,
    });
    const bad = await explore('--strategy', 'pfn-mkwrite', '--cpus', '1', '--mutate', 'no-flush', '--json');
    expect(JSON.parse(bad.stdout)).toMatchObject({ verdict: 'lost-write', mutation: 'no-flush' });
  });
});

describe('JSON', () => {
  it('has what others rely on', async () => {
    const ran = await explore('check-then-protect', '--json');
    expect(ran.stderr).toBe('');
    const answer = JSON.parse(ran.stdout) as Record<string, unknown>;
    expect(answer).toMatchObject({
      scenario: 'check-then-protect',
      strategy: 'hw-dirty',
      arch: 'x86-64',
      mutation: null,
      variant: null,
      expects: 'lost-write',
      verdict: 'lost-write',
      exhaustive: true,
      interleavings: expect.stringMatching(/^\d+$/) as unknown,
      states: expect.any(Number) as unknown,
      seconds: expect.any(Number) as unknown,
      statesPerSecond: expect.any(Number) as unknown,
      assumes: expect.any(Array) as unknown,
      counterexample: { steps: 18, preemptions: 1, trail },
    });
  });

  it('gives no interleavings of a reduced search, and the same verdict', async () => {
    const ran = await explore('check-then-protect', '--reduce', '--json');
    expect(JSON.parse(ran.stdout)).toMatchObject({ verdict: 'lost-write', interleavings: null, reduced: true });
  });
});

describe('--mutate all', () => {
  it('tells of every step of a protocol whether it is necessary', async () => {
    const ran = await explore('--strategy', 'pfn-mkwrite', '--mutate', 'all', '--json');
    expect(ran.code).toBe(0);
    const { results } = JSON.parse(ran.stdout) as { results: Array<Record<string, unknown>> };
    const of = (mutation: string) => results.find((row) => row['mutation'] === mutation);
    expect(of('no-flush')).toMatchObject({ step: 'flush', how: 'drop', verdict: 'lost-write', agrees: true });
    expect(of('plain-rmw')).toMatchObject({ verdict: 'safe', exhaustive: true, counterexample: null });
    expect(of('no-notifier')).toMatchObject({
      verdict: null,
      note: expect.stringContaining('not explored') as unknown,
    });
    expect((await explore('--strategy', 'pfn-mkwrite', '--mutate', 'all')).stdout).toContain(
      'steps shown to be necessary',
    );
  });

  it.each([[['check-then-protect']], [[]]])('is refused with %s', async (argv) => {
    expect((await explore(...argv, '--mutate', 'all')).code).toBe(2);
  });
});

describe('--repair', () => {
  it('lists single changes that make it safe, the cheapest first', async () => {
    const ran = await explore('check-then-protect', '--repair', '--json');
    expect(ran.code).toBe(0);
    const { repairs } = JSON.parse(ran.stdout) as { repairs: Array<{ kind: string; costNs: number; verdict: string }> };
    expect(repairs[0]).toMatchObject({ kind: 'at-once', verdict: 'safe' });
    expect(repairs.map(({ costNs }) => costNs)).toEqual(repairs.map(({ costNs }) => costNs).sort((a, b) => a - b));
    expect((await explore('check-then-protect', '--repair')).stdout).toContain('would mend it');
  });

  it('has nothing to do where nothing is wrong', async () => {
    const ran = await explore('protect-flush-check', '--repair');
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('there is nothing to repair');
  });
});

describe('--random', () => {
  it('finds a loss, and tells the seed', async () => {
    const ran = await explore('check-then-protect', '--random', '5000', '--seed', '7', '--json');
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      verdict: 'lost-write',
      exhaustive: false,
      sampled: { seed: 7 },
      counterexample: { trail },
    });
  });

  it('is never safe', async () => {
    const ran = await explore('protect-flush-check', '--random', '100', '--json');
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({ verdict: 'bounded', exhaustive: false, counterexample: null });
    expect((await explore('protect-flush-check', '--random', '100')).stdout).toContain('which is no proof');
  });
});

describe('the counterexample', () => {
  it('is a trail that check answers no to', async () => {
    await explore('check-then-protect');
    const ran = await pagetrail(['check', trail, '--strict', '--json']);
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({ counts: { 'lost-write': 1 } });
    const info = await pagetrail(['info', trail, '--json']);
    expect(JSON.parse(info.stdout)).toMatchObject({ source: { kind: 'scenario', name: 'check-then-protect' } });
  });

  it('is the same bytes every time', async () => {
    await explore('check-then-protect');
    const first = await pagetrail(['query', trail, 'select * from events', '--csv']);
    await explore('check-then-protect');
    const second = await pagetrail(['query', trail, 'select * from events', '--csv']);
    expect(first.stdout.length).toBeGreaterThan(500);
    expect(second.stdout).toBe(first.stdout);
  });

  it('goes through a litmus file and back', async () => {
    const written = await explore('check-then-protect', '--as', 'litmus');
    const file = scratch.path('ce.litmus');
    writeFileSync(file, written.stdout);
    const read = await explore(file, '--json');
    expect(read.code).toBe(1);
    expect(JSON.parse(read.stdout)).toMatchObject({
      verdict: 'lost-write',
      exhaustive: false,
      counterexample: { steps: 18, preemptions: 1 },
    });
    const again = await explore(file, '--as', 'litmus');
    expect(again.stdout).toBe(written.stdout);
  });

  it('of a litmus file without a schedule is searched for', async () => {
    const file = scratch.path('search.litmus');
    writeFileSync(file, 'pagetrail litmus 1\nscenario=check-then-protect\narch=x86-64\nexists (lost-write)\n');
    expect(JSON.parse((await explore(file, '--json')).stdout)).toMatchObject({
      verdict: 'lost-write',
      exhaustive: true,
    });
  });

  it('is drawn as a Mermaid diagram', async () => {
    expect((await explore('check-then-protect', '--as', 'mermaid')).stdout).toMatch(/^sequenceDiagram\n/);
  });
});

describe('limits', () => {
  it.each([
    ['--max-states', '2000'],
    ['--max-seconds', '0'],
    ['--max-memory', '0'],
  ])('%s ends in bounded, which is not safe', async (option, value) => {
    const ran = await explore('fault-races-flush', option, value, '--json');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('what was not seen may be unsafe');
    expect(JSON.parse(ran.stdout)).toMatchObject({ verdict: 'bounded', exhaustive: false, interleavings: null });
  });

  it('Ctrl-C tells what is known', async () => {
    const ran = await pagetrail(['explore', 'fault-races-flush', '--json'], { interruptAfterMs: 0 });
    expect(ran.code).toBe(130);
    expect(JSON.parse(ran.stdout)).toMatchObject({ verdict: 'bounded', exhaustive: false });
  });
});

describe('what cannot be explored is refused', () => {
  it.each([
    [['nosuch'], "there is no scenario 'nosuch'"],
    [['chek-then-protect'], "did you mean 'check-then-protect'?"],
    [[], 'there is nothing to explore'],
    [['check-then-protect', '--cpus', '3'], '--cpus does not go with a scenario'],
    [['check-then-protect', '--variant', 'fixed'], 'it has one form only'],
    [['clear-needs-atomic-rmw', '--variant', 'good'], 'it has buggy and fixed'],
    [['check-then-protect', '--arch', 'arm64'], "is not asked on 'arm64'"],
    [['--strategy', 'hw-dirty', '--cpus', '9'], '--cpus 9 is out of range'],
    [['--strategy', 'nosuch'], 'nosuch'],
    [['check-then-protect', '--reduce', '--count'], 'cannot be counted in a reduced search'],
    [['./none.litmus'], 'cannot read ./none.litmus'],
  ])('%s', async (argv, message) => {
    const ran = await explore(...argv);
    expect([2, 3]).toContain(ran.code);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toContain(message);
  });

  it('a file that is no litmus file is told by its line', async () => {
    const file = scratch.path('bad.litmus');
    writeFileSync(file, 'pagetrail litmus 1\nscenario=none\nexists (lost-write)\n');
    const ran = await explore(file);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain('line 2');
    expect(readFileSync(file, 'utf8')).toContain('none');
  });
});
