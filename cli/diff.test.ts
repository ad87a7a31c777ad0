/** `diff` as its users meet it: what it says of writes, pages and where consumers part, and what it refuses. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALIGNMENTS, PAGE_ORDERS, SHOWN } from '../analyzer/index.js';
import { ALIGN, BY } from './commands/diff.js';
import { pagetrail, scratchFolder } from './testing.js';

const scratch = scratchFolder();
afterAll(() => scratch.remove());
const good = scratch.path('good.trail');
const bad = scratch.path('bad.trail');
const faulting = scratch.path('faulting.trail');
const other = scratch.path('other.trail');

beforeAll(async () => {
  const run = ['record', '--workload', 'zipf', '--writes', '3000', '--pages', '64', '--harvest-every', '500'];
  await pagetrail([...run, '-o', good]);
  await pagetrail([...run, '--mutate', 'no-flush', '-o', bad]);
  await pagetrail([...run, '--strategy', 'pfn-mkwrite', '-o', faulting]);
  await pagetrail([...run, '--seed', '7', '-o', other]);
});

const lines = async (...argv: string[]) => (await pagetrail(['diff', ...argv])).stdout.split('\n');

describe('the answer', () => {
  it('begins with the verdict, and has both costs, whose they are, writes, pages and epochs', async () => {
    const [a, b, verdict, ...rest] = await lines(good, faulting);
    expect([a, b]).toEqual([`a ${good}`, `b ${faulting}`]);
    expect(verdict).toBe('same: both consumers were told the same, and lack the same');
    const text = rest.join('\n');
    for (const part of [
      'a: hw-dirty',
      'whose overhead it is',
      'costs furthest apart:',
      '\npages: ',
      '\nepochs: 0 of 6',
    ])
      expect(text).toContain(part);
    expect(text).toContain('mark bitmap, pte fault, fill WD');
  });

  it('says where consumers part, and whether they meet again', async () => {
    const text = (await lines(good, bad)).join('\n');
    expect(text).toContain('diverged: the consumers were told different things');
    expect(text).toContain('first divergence: after write 1,000, in epoch 2');
    expect(text).toContain('they do not meet again');
  });

  it('says nothing of pages and writes where there is nothing to say', async () => {
    const text = (await lines(good, good)).join('\n');
    expect(text).toContain('writes: 0 of 3,000 differ\n\npages: 0 of 64 differ\n\nepochs: 0 of 6 compared differ\n');
  });

  it('lists writes in order, from where it is asked to, and says how to go on', async () => {
    const listed = await lines(good, faulting, '--writes', '--from', '3', '--limit-writes', '2');
    const writes = listed
      .filter((line) => line.startsWith('  write '))
      .map((line) => Number(/write ([\d,]+)/.exec(line)![1]));
    expect(writes[0]).toBeGreaterThanOrEqual(3);
    expect(writes).toHaveLength(2);
    expect(listed.join('\n')).toContain(`--from ${writes[1]! + 1} goes on`);
    expect(listed.join('\n')).not.toContain('pages:');
  });

  it('has the same in JSON', async () => {
    const { stdout } = await pagetrail(['diff', good, faulting, '--json']);
    const report = JSON.parse(stdout);
    expect(report.writes).toHaveLength(SHOWN);
    expect(report.writes[0]).toMatchObject({
      cpu: 0,
      n: 1,
      sides: [{ costNs: expect.any(Number) }, { did: expect.any(Array) }],
    });
    expect(Object.keys(report.writes[0])).toEqual(expect.arrayContaining(['page', 'offset', 'size', 'differenceNs']));
    expect(report.pages).toHaveLength(SHOWN);
    expect(report.reconverges).toBeNull();
  });

  it.each([
    ['page', 'writes matched by page and order'],
    ['first-touch', 'writes matched by order of first touch and order'],
    ['write', 'writes matched by CPU and order'],
  ])('matches other writes by %s', async (align, text) => {
    const ran = await pagetrail(['diff', good, other, '--align', align]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain(text);
    expect(ran.stdout).toContain('unmatched: ');
  });

  it('notices that it chose to', async () => {
    const ran = await pagetrail(['diff', good, other]);
    expect(ran.stderr).toContain('note: the writes are not the same, so they are matched by page and order');
  });
});

describe('what is refused', () => {
  it.each([
    ['a stretch that ends before it begins', ['--from', '9', '--to', '3'], '--from 9 lies behind --to 3'],
    ['no writes', ['--limit-writes', '0'], '--limit-writes 0 is not from 1 to 100,000'],
    ['more than can be held', ['--limit-pages', '1000000'], '--limit-pages 1000000 is not from 1 to 100,000'],
    ['a negative number', ['--from', '-3'], "--from '-3' is not"],
    ['an unknown way of matching', ['--align', 'pages'], "did you mean 'page'?"],
    ['an unknown figure', ['--by', 'costs'], "did you mean 'cost'?"],
  ])('%s', async (_, argv, text) => {
    const ran = await pagetrail(['diff', good, bad, ...argv]);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain(text);
  });
});

it('offers what the analyzer has', () => {
  expect(ALIGN).toEqual(['auto', ...ALIGNMENTS]);
  expect(BY).toEqual(PAGE_ORDERS);
});
