import { describe, expect, it } from 'vitest';
import { PAGE_SIZE, UsageError } from '../../base/index.js';
import { AccessBatch, AccessKind } from '../../simulator/index.js';
import { WORKLOADS, type WorkloadOptions, workloadNamed } from './index.js';

interface Row {
  readonly page: number;
  readonly offset: number;
  readonly size: number;
  readonly cpu: number;
  readonly kind: number;
  readonly process: number;
  readonly program: number;
}

/** All accesses of a run, in batches of a size that need not divide their number. */
function play(id: string, options: WorkloadOptions, capacity = 777): Row[] {
  const source = workloadNamed(id).open(options);
  const batch = new AccessBatch(capacity);
  batch.cpu.fill(9);
  batch.kind.fill(1);
  batch.process.fill(5);
  const rows: Row[] = [];
  for (;;) {
    batch.length = 0;
    const count = source.fill(batch);
    if (typeof count !== 'number') throw new Error('a workload never waits');
    expect(count).toBe(batch.length);
    if (count === 0) break;
    for (let row = 0; row < count; row++) {
      const { page, offset, size, cpu, kind, process, program } = batch;
      rows.push({
        page: page[row]!,
        offset: offset[row]!,
        size: size[row]!,
        cpu: cpu[row]!,
        kind: kind[row]!,
        process: process[row]!,
        program: program[row]!,
      });
    }
    expect(source.programNs).toBe(rows.reduce((max, { program }) => Math.max(max, program), 0));
  }
  expect(source.progress).toBe(1);
  return rows;
}

const ids = WORKLOADS.map(({ id }) => id);
const pagesOf = (rows: Row[]) => new Set(rows.map(({ page }) => page));

describe.each(ids)('%s', (id) => {
  const pages = id === 'hot-page' ? 1 : 37;
  const options = { writes: 5_000, pages, seed: 1 };
  const rows = play(id, options);

  it('makes as many writes as asked for, one by one in time, inside its object', () => {
    expect(rows).toHaveLength(5_000);
    const first = Math.min(...pagesOf(rows));
    const lastNs = new Map<number, number>();
    for (const row of rows) {
      expect([AccessKind.store, ...(id === 'device-and-cpu' ? [AccessKind.deviceWrite] : [])]).toContain(row.kind);
      expect(row.process).toBe(id === 'two-processes' ? row.cpu : 0);
      expect(row.page - first).toBeLessThan(pages);
      expect(row.offset % row.size).toBe(0);
      expect(row.offset).toBeGreaterThanOrEqual(0);
      expect(row.offset + row.size).toBeLessThanOrEqual(PAGE_SIZE);
      expect(row.program).toBe((lastNs.get(row.cpu) ?? 0) + 1);
      lastNs.set(row.cpu, row.program);
    }
  });

  it('is the same for the same seed, whatever the batches', () => {
    expect(play(id, options, 64)).toEqual(rows);
    expect(play(id, options, 5_000)).toEqual(rows);
  });

  it('appends to what a batch holds', () => {
    const source = workloadNamed(id).open({ ...options, writes: 10 });
    const batch = new AccessBatch(8);
    batch.length = 3;
    batch.page[2] = 42;
    expect(source.fill(batch)).toBe(5);
    expect(batch.length).toBe(8);
    expect(batch.page[2]).toBe(42);
    expect(Array.from(batch.page.subarray(3, 8))).toEqual(rows.slice(0, 5).map(({ page }) => page));
  });

  it('has defaults it accepts, and says what it did', () => {
    const { defaults } = workloadNamed(id);
    const source = workloadNamed(id).open({ seed: 7 });
    expect(source.meta).toEqual({
      kind: 'workload',
      name: id,
      programTime: 'assumed',
      reads: false,
      parameters: { ...defaults, seed: 7 },
    });
  });

  it.each([
    ['writes', 0],
    ['writes', -1],
    ['writes', 1.5],
    ['writes', Number.NaN],
    ['pages', 0],
    ['pages', 2 ** 30],
  ])('refuses --%s %d', (name, value) => {
    expect(() => workloadNamed(id).open({ seed: 1, [name]: value })).toThrow(UsageError);
  });

  it.each(id === 'hot-page' ? [1] : [1, 2, 3])('runs with pages: %i', (few) => {
    const small = play(id, { writes: 3_000, pages: few, seed: 1 });
    expect(pagesOf(small).size).toBeLessThanOrEqual(few);
  });
});

describe('what each is for', () => {
  it('sequential-fill writes every byte once a pass, in order', () => {
    const rows = play('sequential-fill', { writes: 2 * 3 * 512, pages: 3, seed: 1 });
    const places = rows.map(({ page, offset }) => page * PAGE_SIZE + offset);
    expect(places.slice(0, 1_536)).toEqual(Array.from({ length: 1_536 }, (_, index) => places[0]! + index * 8));
    expect(places.slice(1_536)).toEqual(places.slice(0, 1_536));
  });

  it('sparse-scatter uses all pages alike', () => {
    const rows = play('sparse-scatter', { writes: 64_000, pages: 64, seed: 1 });
    const counts = [...countBy(rows).values()];
    expect(counts).toHaveLength(64);
    // 1000 a page expected, standard deviation 31: six of them.
    expect(Math.min(...counts)).toBeGreaterThan(1_000 - 190);
    expect(Math.max(...counts)).toBeLessThan(1_000 + 190);
  });

  it('zipf follows its law, page by page', () => {
    const pages = 100;
    const writes = 400_000;
    const counts = [...countBy(play('zipf', { writes, pages, seed: 3 })).values()].sort((a, b) => b - a);
    const total = Array.from({ length: pages }, (_, rank) => (rank + 1) ** -0.99).reduce(
      (sum, share) => sum + share,
      0,
    );
    expect(counts).toHaveLength(pages);
    for (let rank = 0; rank < 20; rank++) {
      const wanted = ((rank + 1) ** -0.99 / total) * writes;
      expect(Math.abs(counts[rank]! - wanted), `rank ${rank + 1}`).toBeLessThan(6 * Math.sqrt(wanted));
    }
  });

  it('zipf scatters its popular pages by the seed', () => {
    const popular = (seed: number) =>
      [...countBy(play('zipf', { writes: 20_000, pages: 1_000, seed }))].sort((a, b) => b[1] - a[1])[0]![0];
    expect(new Set([1, 2, 3, 4].map(popular)).size).toBeGreaterThan(1);
  });

  it('framebuffer repaints one rectangle, leaving out what is beside it', () => {
    const lines = 8;
    const frame = (4 * 4_096) / 16; // 4 of 8 lines, half of a stride of 8192 bytes each
    const rows = play('framebuffer', { writes: 2 * frame, pages: 2 * lines, seed: 1 });
    const places = rows.map(({ page, offset }) => (page - 0x10000) * PAGE_SIZE + offset);
    expect(places.slice(frame)).toEqual(places.slice(0, frame));
    expect(new Set(places).size).toBe(frame);
    expect(Math.min(...places)).toBe(2 * 8_192 + 2_048);
    expect(Math.max(...places)).toBe(5 * 8_192 + 6_144 - 16);
    for (const place of places) expect(place % 8_192).toBeLessThan(6_144);
  });

  it('hot-page writes one page, and refuses more', () => {
    expect(pagesOf(play('hot-page', { writes: 5_000, seed: 1 })).size).toBe(1);
    expect(() => workloadNamed('hot-page').open({ seed: 1, pages: 2 })).toThrow(/single page/);
  });

  it.each([undefined, 1, 3, 255])('multi-cpu-shared takes turns, %s CPUs', (cpus) => {
    const rows = play('multi-cpu-shared', { writes: 4_000, pages: 5, seed: 1, ...(cpus !== undefined && { cpus }) });
    const count = cpus ?? 4;
    expect(rows.map(({ cpu, program }) => [cpu, program])).toEqual(
      rows.map((_, index) => [index % count, Math.floor(index / count) + 1]),
    );
  });

  it('multi-cpu-shared lets each CPU write every page', () => {
    const rows = play('multi-cpu-shared', { writes: 4_000, pages: 5, cpus: 3, seed: 1 });
    for (let cpu = 0; cpu < 3; cpu++) expect(pagesOf(rows.filter((row) => row.cpu === cpu)).size).toBe(5);
  });

  it('two-processes has each CPU in a process, both writing every page', () => {
    const rows = play('two-processes', { writes: 4_000, pages: 5, cpus: 5, seed: 1 });
    for (const { cpu, process } of rows) expect(process).toBe(cpu % 2);
    for (let process = 0; process < 2; process++)
      expect(pagesOf(rows.filter((row) => row.process === process)).size).toBe(5);
  });

  it.each([1, 2, 3, 4, 5, 8, 16])(
    'device-and-cpu writes one page in four by DMA, in the end every one: %i pages',
    (pages) => {
      const rows = play('device-and-cpu', { writes: 16 * pages * 16, pages, seed: 1 });
      const byDevice = rows.filter(({ kind }) => kind === AccessKind.deviceWrite);
      // Whole pages, so off by one page's 16 writes where the turns are not done.
      expect(Math.abs(byDevice.length - rows.length / 4)).toBeLessThanOrEqual(16);
      expect(pagesOf(byDevice).size).toBe(pages);
      expect(pagesOf(rows.filter(({ kind }) => kind === AccessKind.store)).size).toBe(pages);
      for (let at = 0; at < rows.length; at += 16)
        expect(new Set(rows.slice(at, at + 16).map(({ page, kind }) => `${page} ${kind}`)).size).toBe(1);
    },
  );

  it.each([0, 256, 1.5])('multi-cpu-shared refuses %d CPUs', (cpus) => {
    expect(() => workloadNamed('multi-cpu-shared').open({ seed: 1, cpus })).toThrow(UsageError);
  });
});

describe('the list', () => {
  it('has each id once', () => {
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each([
    ['zpf', /did you mean 'zipf'/],
    ['hot', /did you mean 'hot-page'/],
    ['nothing-like-it', /known are sequential-fill/],
  ])('refuses %s', (id, why) => {
    expect(() => workloadNamed(id)).toThrow(why);
  });

  it('gives other writes for another seed, where chance plays a part', () => {
    for (const id of ['sparse-scatter', 'zipf', 'multi-cpu-shared']) {
      expect(play(id, { writes: 100, seed: 1, pages: 50 })).not.toEqual(play(id, { writes: 100, seed: 2, pages: 50 }));
    }
  });
});

function countBy(rows: Row[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { page } of rows) counts.set(page, (counts.get(page) ?? 0) + 1);
  return counts;
}
