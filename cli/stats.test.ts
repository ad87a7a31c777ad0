/** `stats` as its users meet it: plots that fit the terminal, selections, errors. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { amount, TIME_UNITS } from '../base/index.js';
import { grouped } from './histogram.js';
import { ASCII, bar, BLOCKS, glyphsFor, sparkline } from './plot.js';
import { pagetrail, scratchFolder } from './testing.js';

const scratch = scratchFolder();
const trail = scratch.path('a.trail');
const UTF8 = { env: { LANG: 'C.UTF-8' } };

beforeAll(async () => {
  const options = '--workload zipf --writes 20000 --pages 64 --harvest-every 1000 --strategy pfn-mkwrite';
  expect((await pagetrail(['record', ...options.split(' '), '-o', trail])).code).toBe(0);
});
afterAll(() => scratch.remove());

const TITLES = [
  'dirty rate',
  'working set',
  're-dirty interval',
  'reuse distance of writes',
  'faults',
  'stalls',
  'harvests',
  'pages',
  'CPUs',
];

describe('stats', () => {
  it('shows every statistic under its title, within the width of the terminal', async () => {
    const { stdout, stderr, code } = await pagetrail(['stats', trail], UTF8);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const lines = stdout.split('\n');
    expect(lines.filter((line) => TITLES.includes(line))).toEqual(TITLES);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(stdout).toMatch(/[▁▂▃▄▅▆▇█]{10}/);
  });

  it.each([
    ['in a locale that is not UTF-8', ['stats', trail], { env: { LANG: 'C' } }],
    ['in no locale', ['stats', trail], {}],
    ['where the first variable says so', ['stats', trail], { env: { LC_ALL: 'C', LANG: 'C.UTF-8' } }],
    ['with --ascii', ['stats', trail, '--ascii'], UTF8],
  ])('is ASCII %s', async (_, argv, surroundings) => {
    const { stdout } = await pagetrail(argv, surroundings);
    expect(stdout).toMatch(/^[\n -~]+$/);
    expect(stdout).toContain('####');
  });

  it('gives as JSON what it was asked for, with windows and totals', async () => {
    const { stdout } = await pagetrail(['stats', trail, 'working-set', 'faults', '--window', '50us', '--json']);
    const report = JSON.parse(stdout);
    expect(Object.keys(report)).toEqual(['trail', 'strategy', 'selection', 'window', 'totals', 'workingSet', 'faults']);
    expect(report.window).toEqual({ unit: 'ns', size: 50_000 });
    expect(report.workingSet.windows[1]).toEqual({ from: 50_000, below: 100_000, pages: expect.any(Number) });
    expect(Object.keys(report.faults.latency)).toEqual([
      'unit',
      'count',
      'min',
      'mean',
      'p50',
      'p90',
      'p99',
      'p999',
      'max',
      'exact',
      'buckets',
    ]);
  });

  it('looks at what was selected: positions as in state', async () => {
    const json = async (...options: string[]) =>
      JSON.parse((await pagetrail(['stats', trail, ...options, '--json'])).stdout);
    const part = await json('--from', 'harvest:2', '--to', 'harvest:5');
    expect(part.totals.writes).toBe(3000);
    expect(part.dirtyRate.epochs.map(({ epoch }: { epoch: number }) => epoch)).toEqual([3, 4, 5]);
    expect(part.harvests.count).toBe(3);
    const { page, count } = part.pages.writes.top[0];
    const one = await json('--from', 'harvest:2', '--to', 'harvest:5', '--page', String(page), '--top', '1');
    expect(one.totals).toMatchObject({ pages: 1, writes: count });
    expect(one.pages.writes).toMatchObject({ total: count, top: [{ page, count, share: 1 }] });
    expect((await json('--cpu', '7')).totals.writes).toBe(0);
    const text = (await pagetrail(['stats', trail, 'cpus', '--from', 'harvest:2', '--page', '0x10000'])).stdout;
    expect(text).toMatch(/of events [0-9,]+ to [0-9,]+, page 0x10000\n/);
  });

  it('has something to say of nothing', async () => {
    const empty = scratch.path('empty.trail');
    await pagetrail(['record', '--workload', 'zipf', '--writes', '1', '-o', empty]);
    const { stdout, code } = await pagetrail(['stats', empty, '--cpu', '9']);
    expect(code).toBe(0);
    expect(stdout).toContain('no page was dirtied twice');
    expect(stdout).not.toMatch(/NaN|Infinity|undefined/);
  });

  it.each([
    ['an unknown statistic', ['dirty-rat'], "did you mean 'dirty-rate'?"],
    ['a window of nothing', ['--window', '0'], 'is not a size of windows'],
    ['a window of a broken ns', ['--window', '0.5ns'], 'is not a size of windows'],
    ['a window of an unknown unit', ['--window', '5 parsecs'], 'is not a size of windows'],
    ['no epochs', ['--window', 'epochs:0'], 'is not a size of windows'],
    ['windows without number', ['--window', '1ns'], 'windows of 1 ns are too small'],
    ['a range that is empty', ['--from', 'harvest:3', '--to', 'harvest:3'], 'there is no event after harvest:3'],
    ['a range the wrong way round', ['--from', '500', '--to', '20'], 'let --from be before --to'],
    ['a position outside', ['--to', 'harvest:99'], '1 to 20'],
    ['a position that is none', ['--from', 'noon'], 'is not a position'],
    ['a page that is none', ['--page', 'x'], "--page 'x' is not a page number"],
  ])('%s is refused', async (_, options, text) => {
    const ran = await pagetrail(['stats', trail, ...options]);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain(text);
  });
});

describe('plots', () => {
  it.each([
    ['values as they are', [0, 1, 4, 8], 10, ' ▁▄█'],
    ['the smallest that is not 0', [1, 1000], 10, '▁█'],
    ['the most of several', [0, 8, 0, 0, 2, 0], 3, '█ ▂'],
    ['nothing', [], 10, ''],
    ['zeros', [0, 0], 10, '  '],
  ])('%s on a line', (_, values, width, expected) => {
    expect(sparkline(values, width, BLOCKS)).toBe(expected);
  });

  it.each([
    [8, 8, '████'],
    [4, 8, '██'],
    [5, 8, '██▌'],
    [0, 8, ''],
    [0.001, 8, '▏'],
    [0, 0, ''],
  ])('%d of %d as a bar', (value, max, expected) => {
    expect(bar(value, max, 4, BLOCKS)).toBe(expected);
    expect(bar(value, max, 4, ASCII)).toMatch(/^#*$/);
  });

  it('choose glyphs by the locale', () => {
    expect(glyphsFor({ LANG: 'en_US.utf8' }, false)).toBe(BLOCKS);
    expect(glyphsFor({ LC_ALL: '', LANG: 'de_DE.UTF-8' }, false)).toBe(BLOCKS);
    expect(glyphsFor({ LC_CTYPE: 'C', LANG: 'C.UTF-8' }, false)).toBe(ASCII);
  });

  it('put buckets together without losing a value', () => {
    const buckets = [0, 7, 30, 400, 5e6, 9e9].map((from, i) => ({ from, below: from + 1, count: i + 1 }));
    for (let last = 0; last <= buckets.length; last++) {
      const groups = grouped(buckets.slice(0, last));
      expect(groups.length).toBeLessThanOrEqual(16);
      expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe((last * (last + 1)) / 2);
      for (const [i, group] of groups.slice(1).entries()) expect(group.from).toBe(groups[i]!.below);
    }
  });
});

it.each([
  ['500', 500],
  ['1.5us', 1500],
  ['2 ms', 2e6],
  ['1S', 1e9],
  ['-1', null],
  ['1e9', null],
  ['5 parsecs', null],
  ['', null],
])('an amount of %j is %d ns', (text, expected) => {
  expect(amount(text, TIME_UNITS)).toBe(expected);
});
