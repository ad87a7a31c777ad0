/** `why` as its users meet it: the sentence, the chain, the JSON that others rely on, exit codes, and what is refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pagetrail, scratchFolder } from './testing.js';

const scratch = scratchFolder();
afterAll(() => scratch.remove());
const bad = scratch.path('bad.trail');
const good = scratch.path('good.trail');

beforeAll(async () => {
  const run = ['--workload', 'zipf', '--writes', '3000', '--pages', '64', '--harvest-every', '500'];
  await pagetrail(['record', ...run, '--strategy', 'hw-dirty', '--mutate', 'no-flush', '-o', bad]);
  await pagetrail(['record', ...run, '--strategy', 'pfn-mkwrite', '-o', good]);
});

interface Answer {
  readonly about: string;
  readonly sentence: string;
  readonly cause: string;
  readonly fix: string | null;
  readonly finding: { readonly id: string } | null;
  readonly links: ReadonlyArray<{
    readonly seq: number | null;
    readonly gap: { readonly after: number; readonly before: number } | null;
    readonly kind: string;
    readonly step: string;
    readonly isCause: boolean;
  }>;
}

async function asked(...argv: string[]): Promise<Answer> {
  const ran = await pagetrail(['why', ...argv, '--json']);
  expect(ran.stderr).toBe('');
  return JSON.parse(ran.stdout) as Answer;
}

describe('a finding', () => {
  it('is explained in a sentence, a chain in columns, cause and fix; exit code 1', async () => {
    const ran = await pagetrail(['why', bad]);
    expect(ran.code).toBe(1);
    const lines = ran.stdout.split('\n');
    expect(lines[0]).toBe(`${bad}: lost-write:1 (critical, proved)`);
    expect(lines.some((line) => /^ +seq +time +who +step +what$/.test(line))).toBe(true);
    expect(lines.some((line) => /^ +missing +harvest +flush +no flush of page 0x\w+ reached cpu 0/.test(line))).toBe(
      true,
    );
    expect(ran.stdout).toMatch(/\n {2}cause: missing flush/);
    expect(ran.stdout).toMatch(/\n {2}fix: {3}flush the TLBs/);
  });

  it('is one object for scripts', async () => {
    const answer = await asked(bad);
    expect(answer).toMatchObject({ about: 'lost-write:1', finding: { id: 'lost-write' } });
    const kinds = answer.links.map(({ kind }) => kind);
    expect(kinds).toEqual(['tlb-fill', 'pte', 'missing', 'mark', 'transfer', 'write']);
    const missing = answer.links[2]!;
    expect(missing).toMatchObject({ seq: null, step: 'flush', isCause: true });
    expect(missing.gap!.after).toBe(answer.links[1]!.seq);
  });

  it.each(['f:2', 'lost-write:2', 'stale-tlb-write', 'elided-flush'])('can be named: %s', async (target) => {
    const { finding, links } = await asked(bad, target);
    expect(finding).not.toBeNull();
    expect(links.length).toBeGreaterThan(1);
  });

  it('that is not there: nothing to explain, exit code 0', async () => {
    const ran = await pagetrail(['why', good]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain('nothing was found');
    expect(await asked(good)).toMatchObject({ finding: null, links: [] });
  });
});

describe('--prove', () => {
  interface Proved {
    readonly proof: { readonly method: string; readonly guilty: Record<string, unknown> } | null;
    readonly links: ReadonlyArray<{ readonly isCause: boolean; readonly proof: { readonly verdict: string } }>;
  }

  it('plays a recording again without the defect, without the accesses, without the harvest', async () => {
    const { proof, links } = (await asked(bad, '--prove')) as unknown as Proved;
    expect(proof).toMatchObject({ method: 'replay', guilty: { actor: 'harvest', step: 'flush', isConvicted: true } });
    expect(links.find(({ isCause }) => isCause)!.proof.verdict).toBe('necessary');
    const ran = await pagetrail(['why', bad, '--prove']);
    expect(ran.stdout).toMatch(
      /\n {2}guilty: 'flush' of harvest, which is missing \(proved by playing the accesses again\)/,
    );
  });

  it('searches the program of a counterexample again', async () => {
    const trail = scratch.path('ce.trail');
    await pagetrail(['explore', 'check-then-protect', '-o', trail]);
    const { proof, links } = (await asked(trail, '--prove')) as unknown as Proved;
    expect(proof).toMatchObject({ method: 'search', guilty: { actor: 'reclaim', step: 'look at D', how: 'early' } });
    expect(links.every(({ proof: one }) => one !== null)).toBe(true);
    // What it carries for that is not shown to people.
    expect((await pagetrail(['info', trail])).stdout).not.toContain('schedule');
  });

  it('tells who else could have mended it, whoever owed it first', async () => {
    const trail = scratch.path('owed.trail');
    await pagetrail(['explore', 'mmu-unlock-before-flush', '-o', trail]);
    const { proof } = (await asked(trail, '--prove')) as unknown as Proved & { proof: { others: unknown[] } };
    expect(proof).toMatchObject({
      guilty: { actor: 'GET_DIRTY_LOG', step: 'flush', how: 'late', left: null },
      others: [{ actor: 'vcpu1', step: 'flush', how: 'missing', isConvicted: true }],
    });
    expect((await pagetrail(['why', trail, '--prove'])).stdout).toContain("also: 'flush' of vcpu1, which is missing");
  });

  it('what only costs may be mended in part', async () => {
    const trail = scratch.path('twice.trail');
    await pagetrail(['explore', 'get-dirty-log-copies-twice', '-o', trail]);
    expect((await pagetrail(['why', trail, '--prove'])).stdout.replace(/\s+/g, ' ')).toContain(
      'it comes to 1.5 reports at worst for each page that was written anew, where it was 2',
    );
  });

  it('a program of a strategy too', async () => {
    const trail = scratch.path('window.trail');
    const mutated = ['--strategy', 'pfn-mkwrite', '--cpus', '1', '--mutate', 'no-flush'];
    await pagetrail(['explore', ...mutated, '-o', trail]);
    const { proof } = (await asked(trail, '--prove')) as unknown as Proved;
    expect(proof).toMatchObject({ method: 'search', guilty: { actor: 'harvest', step: 'flush', isConvicted: true } });
  });

  it('says nothing of what was not found', async () => {
    expect(await asked(good, '--prove')).toMatchObject({ finding: null, proof: null });
  });
});

describe('pages and events', () => {
  it.each([['p:0x10000'], ['page', '0x10000']])('%s %s', async (...target) => {
    const { page } = ((await asked(bad)) as unknown as { finding: { page: number } }).finding;
    const words = target.map((word) => word.replace('0x10000', `0x${page.toString(16)}`));
    const lost = await asked(bad, ...words);
    expect(lost.sentence).toMatch(/is stale and not marked/);
    const earlier = await asked(bad, ...words, '--at', 'harvest:1');
    expect(earlier.about).toContain('after event');
    expect(earlier.fix).toBeNull();
  });

  it('an event goes back to what caused it', async () => {
    const transfer = (await asked(bad)).links.find(({ kind }) => kind === 'transfer')!;
    const { links } = await asked(bad, `e:${transfer.seq}`);
    expect(links.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['mark', 'report', 'transfer']));
  });
});

describe('what is refused', () => {
  it.each([
    [['lost-wirte'], /did you mean 'lost-write'\?/],
    [['f:0'], /findings are counted from 1/],
    [['lost-write:9999'], /there is no finding 9999 of lost-write/],
    [['e:99999999'], /event 99999999 is not in the trail/],
    [['e:-1'], /does not say the number of an event/],
    [['p:0xdeadbeef'], /page 0xdeadbeef is not in the trail/],
    [['p:0x10000', '--at', 'harvest:77'], /harvest 77 is not in the trail/],
    [['lost-write', '--at', 'end'], /--at does not fit/],
    [['e:5', '--prove'], /--prove needs a finding/],
  ])('%j', async (argv, message) => {
    const ran = await pagetrail(['why', bad, ...argv]);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(message);
  });

  it('a file that is not there', async () => {
    expect(await pagetrail(['why', scratch.path('no.trail')])).toMatchObject({ code: 3, stdout: '' });
  });
});
