/** What `stats` tells of a real log, against counts made straight from the log's text. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatisticsReport } from '../analyzer/index.js';
import { pagetrail, scratchFolder } from '../cli/index.js';
import { ROOT } from './sources.js';

const LOG = join(ROOT, 'examples/logs/ls.lk.gz');
const HARVEST_EVERY = 5000;
const PAGE_BYTES = 4096;
const scratch = scratchFolder();
const trail = scratch.path('ls.trail');
afterAll(() => scratch.remove());

/** Every store of the log, one for each page that it touches. */
const writes = [
  ...gunzipSync(readFileSync(LOG))
    .toString('latin1')
    .matchAll(/^ [SM] ([0-9a-f]+),(\d+)$/gm),
].flatMap(([, address, size]) => {
  const first = Number.parseInt(address!, 16);
  const end = first + Number(size);
  const page = Math.floor(first / PAGE_BYTES);
  const border = (page + 1) * PAGE_BYTES;
  return end <= border
    ? [{ page, bytes: end - first, begins: true }]
    : [
        { page, bytes: border - first, begins: true },
        { page: page + 1, bytes: end - border, begins: false },
      ];
});

/** Epoch of each write: a harvest follows the access that holds the n-th write, and a surplus counts for the next. */
function epochsOf(): number[] {
  let epoch = 1;
  return writes.map(({ begins }, i) => {
    if (begins && i >= epoch * HARVEST_EVERY) epoch++;
    return epoch;
  });
}

async function stats(...options: string[]): Promise<StatisticsReport> {
  const { stdout, stderr, code } = await pagetrail(['stats', trail, '--json', ...options]);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return JSON.parse(stdout) as StatisticsReport;
}

beforeAll(async () => {
  const ran = await pagetrail(['record', '--import', LOG, '--harvest-every', String(HARVEST_EVERY), '-o', trail]);
  expect(ran.code).toBe(0);
});

describe('of the shipped log, stats tells', () => {
  it('writes, bytes and pages', async () => {
    const { totals, dirtyRate } = await stats('dirty-rate');
    const bytes = writes.reduce((sum, write) => sum + write.bytes, 0);
    expect(totals).toMatchObject({ writes: writes.length, pages: new Set(writes.map(({ page }) => page)).size });
    expect(dirtyRate).toMatchObject({ writes: writes.length, bytesWritten: bytes });
  });

  it.each([1, 100, 777, 10_000])('distinct pages per %i writes', async (size) => {
    const { workingSet } = await stats('working-set', '--window', `writes:${size}`);
    const expected = Array.from(
      { length: Math.ceil(writes.length / size) },
      (_, i) => new Set(writes.slice(i * size, (i + 1) * size).map(({ page }) => page)).size,
    );
    expect(workingSet!.windows.map(({ pages }) => pages)).toEqual(expected);
  });

  it('dirtyings, by epoch, and how many epochs lie between those of a page', async () => {
    const { dirtyRate, redirty } = await stats('dirty-rate', 'redirty');
    const epochs = epochsOf();
    const pagesOf = new Map<number, Set<number>>();
    const intervals: number[] = [];
    const last = new Map<number, number>();
    for (const [i, { page }] of writes.entries()) {
      const epoch = epochs[i]!;
      pagesOf.set(epoch, (pagesOf.get(epoch) ?? new Set()).add(page));
      const before = last.get(page);
      if (before !== undefined && before !== epoch) intervals.push(epoch - before);
      last.set(page, epoch);
    }
    expect(dirtyRate!.epochs.map(({ pagesDirtied }) => pagesDirtied)).toEqual(
      [...pagesOf.values()].map((pages) => pages.size),
    );
    intervals.sort((a, b) => a - b);
    expect(redirty!.epochs).toMatchObject({
      count: intervals.length,
      p50: intervals[Math.ceil(intervals.length / 2) - 1],
      max: intervals.at(-1),
    });
  });

  it('reuse distances, as a stack of the pages by their last write tells them', async () => {
    const { reuseDistance } = await stats('reuse-distance');
    const stack: number[] = [];
    const distances: number[] = [];
    for (const { page } of writes) {
      const depth = stack.indexOf(page);
      if (depth >= 0) distances.push(stack.splice(depth, 1).length && depth);
      stack.unshift(page);
    }
    distances.sort((a, b) => a - b);
    const rank = (percent: number) => distances[Math.ceil((percent * distances.length) / 100) - 1];
    expect(reuseDistance!.first).toBe(stack.length);
    expect(reuseDistance!.distance).toMatchObject({
      count: distances.length,
      p50: rank(50),
      p90: rank(90),
      p99: rank(99),
      p999: rank(99.9),
      max: distances.at(-1),
      exact: true,
    });
  });

  it('what cost and SQL tell too', async () => {
    const { stalls, faults, pages, harvests } = await stats();
    const cost = JSON.parse((await pagetrail(['cost', trail, '--json'])).stdout);
    expect(stalls).toMatchObject({ writes: cost.writes, wait: { max: cost.stallNs.max } });
    expect(faults!.count).toBe(cost.faults.total);
    expect(harvests!.count).toBe(cost.epochs);
    const sql = 'SELECT sum(writes), sum(faults), sum(reports), sum(transfers), sum(false_reports) FROM pages';
    const { rows } = JSON.parse((await pagetrail(['query', trail, sql, '--json'])).stdout);
    expect(rows[0]).toEqual(Object.values(pages!).map(({ total }) => total));
  });
});
