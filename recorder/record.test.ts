/** Recording from end to end: what a trail says must follow from the log alone, whatever way the log came in. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../base/index.js';
import { EVENT_BY_CODE, EventBatch, fault, read, report, TrailReader, transfer, write } from '../traces/index.js';
import { record, replay } from './index.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pagetrail-record-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A lackey log of random accesses to a stack-like and a heap-like region. */
function lackeyText(seed: number, lines: number): string {
  const random = new Random(seed);
  const text = ['==1== Lackey, an example Valgrind tool'];
  for (let i = 0; i < lines; i++) {
    const pick = random.below(10);
    const address = (random.below(3) === 0 ? 0x1fff000000 : 0x4000000) + random.below(30 * 4096);
    const hex = address.toString(16).padStart(8, '0');
    if (pick < 6) text.push(`I  ${hex},${1 + random.below(9)}`);
    else text.push(` ${pick < 8 ? 'S' : pick === 8 ? 'M' : 'L'} ${hex},${1 << random.below(6)}`);
  }
  return `${text.join('\n')}\n`;
}

interface NaiveCounts {
  writes: number;
  epochs: number;
  /** Sum over epochs of distinct pages written. */
  dirtyPages: number;
  /** Sum over harvests of pages mapped by then. */
  mappedPages: number;
}

/** Counts from the text alone, by regular expression. */
function naive(text: string, every: number): NaiveCounts {
  const mapped = new Set<number>();
  let dirty = new Set<number>();
  const counts = { writes: 0, epochs: 0, dirtyPages: 0, mappedPages: 0 };
  let counted = 0;
  const harvest = () => {
    counts.epochs++;
    counts.dirtyPages += dirty.size;
    counts.mappedPages += mapped.size;
    dirty = new Set();
  };
  for (const [, address, size] of text.matchAll(/^ [SM] ([0-9a-f]+),(\d+)$/gm)) {
    const first = Math.floor(parseInt(address!, 16) / 4096);
    const last = Math.floor((parseInt(address!, 16) + Number(size) - 1) / 4096);
    for (let page = first; page <= last; page++) {
      mapped.add(page);
      dirty.add(page);
      counts.writes++;
      counted++;
    }
    if (counted >= every) {
      counted -= every;
      harvest();
    }
  }
  if (dirty.size > 0) harvest();
  return counts;
}

interface TrailCounts {
  writes: number;
  writeProtect: number;
  notPresent: number;
  pagesReported: number;
  bytesTransferred: number;
}

function countTrail(path: string): TrailCounts {
  const reader = TrailReader.open(path);
  const batch = new EventBatch();
  const counts = { writes: 0, writeProtect: 0, notPresent: 0, pagesReported: 0, bytesTransferred: 0 };
  for (let chunk = 0; chunk < reader.chunks.length; chunk++) {
    reader.readChunk(chunk, batch);
    for (let row = 0; row < batch.length; row++) {
      const kind = batch.kind[row];
      if (kind === write.code) counts.writes++;
      if (kind === fault.code && batch.slots[fault.slot.handler]![row] === 1) counts.writeProtect++;
      if (kind === fault.code && batch.slots[fault.slot.handler]![row] === 0) counts.notPresent++;
      if (kind === report.code) counts.pagesReported += batch.slots[report.slot.pages]![row]!;
      if (kind === transfer.code) counts.bytesTransferred += batch.slots[transfer.slot.bytes]![row]!;
    }
  }
  reader.close();
  return counts;
}

/** Everything a trail holds but what may differ between equal runs. */
function contents(path: string): unknown {
  const reader = TrailReader.open(path);
  const meta = [...reader.metaRows].filter(([key]) => !key.startsWith('host.'));
  const batch = new EventBatch();
  const events: string[] = [];
  for (let chunk = 0; chunk < reader.chunks.length; chunk++) {
    reader.readChunk(chunk, batch);
    for (let row = 0; row < batch.length; row++) {
      const fields = Object.values(EVENT_BY_CODE[batch.kind[row]!]!.slot).map((slot) => batch.slots[slot]![row]);
      events.push(
        [
          batch.kind[row],
          batch.time[row],
          batch.cpu[row],
          batch.actor[row],
          batch.step[row],
          batch.page[row],
          ...fields,
        ].join(),
      );
    }
  }
  reader.close();
  return { meta, events };
}

describe.each([1, 7, 50, 1000])('a lackey log harvested every %i writes', (harvestEvery) => {
  const text = lackeyText(harvestEvery, 6000);
  const expected = naive(text, harvestEvery);
  const cases = [
    { strategy: 'full-upload', faults: 0, reported: expected.mappedPages },
    { strategy: 'hw-dirty', faults: 0, reported: expected.dirtyPages },
    { strategy: 'pfn-mkwrite', faults: expected.dirtyPages, reported: expected.dirtyPages },
    { strategy: 'page-mkwrite', faults: expected.dirtyPages, reported: expected.dirtyPages },
    { strategy: 'bounce-buffer', faults: expected.dirtyPages, reported: expected.dirtyPages },
    { strategy: 'hw-dirty-wp', faults: expected.dirtyPages, reported: expected.dirtyPages },
  ];

  it.each(cases)(
    'gives the counts of the log under $strategy, also from gzip and by replay',
    async ({ strategy, faults, reported }) => {
      const log = join(folder, `${harvestEvery}-${strategy}.lk`);
      const packed = `${log}.gz`;
      writeFileSync(log, text);
      writeFileSync(packed, gzipSync(text));
      const other = join(folder, `${harvestEvery}-${strategy}-other.trail`);
      const outputs = ['plain', 'gzip', 'replayed'].map((name) =>
        join(folder, `${harvestEvery}-${strategy}-${name}.trail`),
      );
      const results = [
        await record({ strategy, harvestEvery, output: outputs[0]!, source: { import: log } }),
        await record({ strategy, harvestEvery, output: outputs[1]!, source: { import: packed } }),
      ];
      await record({
        strategy: strategy === 'hw-dirty' ? 'page-mkwrite' : 'hw-dirty',
        harvestEvery,
        output: other,
        source: { import: log },
      });
      results.push(await replay({ strategy, trail: other, output: outputs[2]! }));
      for (const [i, result] of results.entries()) {
        expect(result).toMatchObject({
          writes: expected.writes,
          epochs: expected.epochs,
          complete: true,
          skipped: { lines: 0, firstLine: null },
        });
        expect(countTrail(outputs[i]!)).toEqual({
          writes: expected.writes,
          writeProtect: faults,
          notPresent: 0,
          pagesReported: reported,
          bytesTransferred: 4096 * reported,
        });
      }
    },
  );
});

it('records the same bytes twice', async () => {
  const log = join(folder, 'twice.lk');
  writeFileSync(log, lackeyText(3, 20_000));
  const request = { strategy: 'pfn-mkwrite', harvestEvery: 500, source: { import: log } };
  await record({ ...request, output: join(folder, 'one.trail') });
  await record({ ...request, output: join(folder, 'two.trail') });
  expect(contents(join(folder, 'two.trail'))).toEqual(contents(join(folder, 'one.trail')));
});

it('keeps program time apart from overhead, so a replay has the same program', async () => {
  const log = join(folder, 'time.lk');
  writeFileSync(log, lackeyText(4, 5000));
  await record({
    strategy: 'pfn-mkwrite',
    harvestEvery: 20,
    output: join(folder, 'slow.trail'),
    source: { import: log },
  });
  await replay({ strategy: 'full-upload', trail: join(folder, 'slow.trail'), output: join(folder, 'fast.trail') });
  const [slow, fast] = ['slow.trail', 'fast.trail'].map((name) => {
    const reader = TrailReader.open(join(folder, name));
    const { ending } = reader;
    reader.close();
    return ending;
  });
  const lines = lackeyText(4, 5000).match(/^(I | [SLM])/gm)!.length;
  expect(slow!.programNs).toBe(lines);
  expect(fast!.programNs).toBe(lines);
});

it('replays with the settings of the trail, and keeps accesses apart that only touch', async () => {
  const log = join(folder, 'touching.csv');
  writeFileSync(log, Array.from({ length: 40 }, (_, i) => `0,0,${0x10000 + i * 4096},4096\n`).join(''));
  const [first, second] = ['first.trail', 'second.trail'].map((name) => join(folder, name));
  const machine = { arch: 'arm64', vmaGapPages: 3, cpus: 2, tlbSets: 8, costOverrides: { upload4k: 1 } };
  const recorded = await record({
    strategy: 'hw-dirty',
    harvestEvery: 5,
    ...machine,
    output: first!,
    source: { import: log },
  });
  expect(recorded.epochs).toBe(8);
  const changed = { strategy: 'pfn-mkwrite', costOverrides: { wpFault: 900 } };
  const replayed = await replay({ trail: first!, output: second!, ...changed });
  expect(replayed.epochs).toBe(8);
  const reader = TrailReader.open(second!);
  expect(reader.meta).toMatchObject({
    arch: 'arm64',
    tlb: { sets: 8 },
    options: { vmaGapPages: 3, cpus: 2 },
    costProfile: { id: 'arm64', overrides: { upload4k: 1, wpFault: 900 } },
  });
  reader.close();
  const moved = await replay({ trail: first!, output: second!, arch: 'x86-64' });
  expect(moved.arch).toBe('x86-64');
  const again = TrailReader.open(second!);
  expect(again.meta.costProfile).toMatchObject({ id: 'x86-64-native', overrides: {} });
  again.close();
});

it('plays loads only when asked for', async () => {
  const log = join(folder, 'loads.lk');
  const text = lackeyText(5, 3000);
  writeFileSync(log, text);
  const loads = text.match(/^ L /gm)!.length;
  for (const reads of [false, true]) {
    const output = join(folder, `loads-${reads}.trail`);
    await record({ harvestEvery: 50, output, source: { import: log, reads } });
    const reader = TrailReader.open(output);
    expect(reader.counts[read.kind] ?? 0).toBeGreaterThanOrEqual(reads ? loads : 0);
    if (!reads) expect(reader.counts[read.kind] ?? 0).toBe(0);
    reader.close();
  }
});

describe('input that is not as it should be', () => {
  const output = () => join(folder, 'bad.trail');

  it('refuses a log without accesses and leaves no trail', async () => {
    const log = join(folder, 'headers.lk');
    writeFileSync(log, '==1== Lackey\n==1== done\n');
    await expect(record({ output: output(), source: { import: log, format: 'lackey' } })).rejects.toThrow(/no access/);
    expect(() => readFileSync(output())).toThrow(/ENOENT/);
  });

  it('takes a log of one access, however its steps interleave', async () => {
    const log = join(folder, 'one.lk');
    writeFileSync(log, ' S 04000000,8\n');
    for (const interleave of ['coarse', 'fine'] as const) {
      const result = await record({ output: output(), interleave, source: { import: log } });
      expect(result).toMatchObject({ writes: 1, epochs: 1, complete: true });
    }
  });

  it('counts what it skips', async () => {
    const log = join(folder, 'garbage.lk');
    writeFileSync(log, ' S 04000000,8\nwhat is this\n S 04000008,8\n S 0400');
    const result = await record({ output: output(), source: { import: log, format: 'lackey' } });
    expect(result).toMatchObject({ writes: 2, skipped: { lines: 2, firstLine: 2 }, complete: true });
  });

  it('keeps what came before a cut in a gzip file, and says that it is not all', async () => {
    const log = join(folder, 'cut.lk.gz');
    const packed = gzipSync(lackeyText(6, 30_000));
    writeFileSync(log, packed.subarray(0, packed.length / 2));
    const result = await record({ output: output(), source: { import: log } });
    expect(result.complete).toBe(false);
    expect(result.failure?.message).toMatch(/gzip|end/i);
    expect(result.writes).toBeGreaterThan(1000);
    expect(countTrail(output()).writes).toBe(result.writes);
  });

  it('refuses to overwrite its own input', async () => {
    const log = join(folder, 'self.lk');
    writeFileSync(log, ' S 04000000,8\n');
    await record({ output: output(), source: { import: log } });
    await expect(record({ output: output(), source: { trail: output() } })).rejects.toThrow(/input of this recording/);
    expect(countTrail(output()).writes).toBe(1);
  });

  it.each([
    { request: { strategy: 'hw-dity' }, error: /did you mean 'hw-dirty'/ },
    { request: { strategy: 'page-mkwrite', vma: 'pfnmap' }, error: /cannot track a pfnmap.*struct page/ },
    { request: { mutations: ['no-flus'] }, error: /did you mean 'no-flush'/ },
    { request: { strategy: 'full-upload', mutations: ['no-flush'] }, error: /no mutation 'no-flush'/ },
    { request: { cost: 'arm' }, error: /cost profile 'arm' is not known/ },
    { request: { costOverrides: { wpFalt: 1 } }, error: /did you mean 'wpFault'/ },
    { request: { harvestEvery: -1 }, error: /harvest-every/ },
  ])('refuses $request', async ({ request, error }) => {
    await expect(
      record({ ...request, output: output(), source: { workload: 'hot-page', writes: 10 } }),
    ).rejects.toThrow(error);
  });
});

it('keeps a valid trail of what was recorded when it is interrupted', async () => {
  const output = join(folder, 'interrupted.trail');
  const abort = new AbortController();
  const recording = record(
    { output, source: { workload: 'zipf', writes: 50_000_000 } },
    { signal: abort.signal, onProgress: ({ writes }) => writes > 0 && abort.abort() },
  );
  const result = await recording;
  expect(result.complete).toBe(false);
  expect(result.writes).toBeGreaterThan(0);
  expect(result.writes).toBeLessThan(50_000_000);
  expect(countTrail(output).writes).toBe(result.writes);
});

describe('what a trail says of the machine', () => {
  const recorded = async (name: string, request: Omit<Parameters<typeof record>[0], 'output'>) => {
    const output = join(folder, `${name}.trail`);
    const result = await record({ ...request, output });
    const reader = TrailReader.open(output);
    const { meta } = reader;
    reader.close();
    return { result, meta };
  };

  it('is who tracks inside and outside of a virtual machine', async () => {
    const vm = { guest: 'hw-dirty', host: 'kvm-dirty-log', monitor: 'nested' };
    const { result, meta } = await recorded('vm', {
      ...vm,
      variant: 'manual',
      source: { workload: 'zipf', writes: 100, pages: 8 },
    });
    expect(result).toMatchObject({ strategy: 'hw-dirty', variant: 'manual', vm });
    expect(meta).toMatchObject({ strategy: 'hw-dirty', variant: 'manual', vm });
    expect(meta.spaces.map(({ kind, layout }) => [kind, layout])).toEqual([
      ['mm', 'x86-64'],
      ['second-stage', 'ept'],
    ]);
  });

  it('is every process that there was in the end, and every CPU', async () => {
    const log = join(folder, 'processes.csv');
    writeFileSync(log, '1,0,0x1000,8\n2,0,0,0,f\n3,1,0x1000,8,w,1\n4,0,0x1000,8,w,4\n5,2,0x1000,8\n');
    const { meta } = await recorded('processes', { vma: 'shared-file', source: { import: log } });
    expect(meta.spaces).toEqual(Array.from({ length: 5 }, () => ({ kind: 'mm', layout: 'x86-64' })));
    expect(meta.actors.at(-1)).toBe('program on CPU 2');
  });

  it('names a process before it appears in an event that is committed', async () => {
    const output = join(folder, 'growing.trail');
    const abort = new AbortController();
    let spaces: readonly unknown[] = [];
    await record(
      { output, source: { workload: 'two-processes', writes: 3_000_000 } },
      {
        signal: abort.signal,
        onProgress({ events }) {
          if (events < 200_000 || abort.signal.aborted) return;
          const reader = TrailReader.open(output);
          ({ spaces } = reader.meta);
          reader.close();
          abort.abort();
        },
      },
    );
    expect(spaces).toHaveLength(2);
  });
});
