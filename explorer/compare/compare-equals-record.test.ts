/**
 * A comparison keeps nothing and reads its accesses once, and still every figure is that of a recording with the same settings and the cost of its
 * trail: for every strategy, on workloads, on a random log with operations and DMA, on the shipped log, and on a trail of it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cost, type CostReport } from '../../analyzer/index.js';
import { Random } from '../../base/index.js';
import { record, replay, type SourceRequest } from '../../recorder/index.js';
import { type SimulationRequest, STRATEGIES } from '../../simulator/index.js';
import { TrailReader } from '../../traces/index.js';
import { compareRuns } from './compare.js';
import { suppliesFor } from './supply.js';
import { combinationsOf } from './combinations.js';
import { run } from './run.js';

const folder = mkdtempSync(join(tmpdir(), 'pagetrail-compare-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const SHIPPED = join(import.meta.dirname, '../../examples/logs/ls.lk.gz');
const OUTPUT = join(folder, 'one.trail');

function costIn(trail: string): CostReport {
  const reader = TrailReader.open(trail);
  try {
    return cost(reader);
  } finally {
    reader.close();
  }
}

async function recordedCost(request: SimulationRequest, source: SourceRequest): Promise<CostReport> {
  await record({ ...request, source, output: OUTPUT });
  return costIn(OUTPUT);
}

/** Accesses of three CPUs, with loads, DMA, unmaps, moves and harvests among them. */
function randomLog(): string {
  const random = new Random(3);
  const lines = Array.from({ length: 1500 }, (_, i) => {
    const kind = random.below(6) > 0 ? 'w' : 'rrrrrrrrrdumh'[random.below(13)]!;
    const address = 0x4000_0000 + random.below(60) * 4096 + random.below(4090);
    const whole = 'umh'.includes(kind);
    return `${i},${kind === 'd' ? 0 : random.below(3)},${whole ? 0 : address},${whole ? 0 : 1 + random.below(16)},${kind}`;
  });
  const path = join(folder, 'random.csv');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const SOURCES: ReadonlyArray<readonly [string, SourceRequest, SimulationRequest]> = [
  ['zipf', { workload: 'zipf', writes: 6000, pages: 100 }, { harvestEvery: 1000 }],
  ['multi-cpu-shared', { workload: 'multi-cpu-shared', writes: 5000, pages: 64 }, { harvestEvery: 1000, cpus: 3 }],
  ['device-and-cpu', { workload: 'device-and-cpu', writes: 4000, pages: 64 }, { harvestEvery: 900 }],
  [
    'moves',
    { workload: 'zipf', writes: 6000, pages: 100, moveEvery: 1500 },
    { harvestEvery: 1000, tlbSets: 8, tlbWays: 2 },
  ],
  ['a random log', { import: randomLog(), reads: true }, { harvestEvery: 300, cpus: 2, objectPages: 64 }],
  [
    'a random log, interleaved',
    { import: randomLog(), reads: true },
    { harvestEvery: 300, interleave: 'fine', objectPages: 64 },
  ],
  ['the shipped log', { import: SHIPPED }, { harvestEvery: 20_000, objectPages: 600 }],
];

describe.each(SOURCES)('%s', (_, source, common) => {
  it('has the figures of recordings', async () => {
    const { runs, refused } = await compareRuns({
      source,
      common,
      strategies: ['all'],
      ...(common.cpus !== undefined && { cpus: [common.cpus] }),
    });
    expect([...runs, ...refused].map(({ strategy }) => strategy).sort()).toEqual(STRATEGIES.map(({ id }) => id).sort());
    for (const { strategy, cost: compared, rank, figures } of runs) {
      const expected = await recordedCost({ ...common, strategy }, source);
      expect(compared, `${strategy}, rank ${rank}`).toEqual(expected);
      expect(figures).toMatchObject({
        overhead: expected.ns.overhead,
        bytes: expected.bytesTransferred,
        lag: expected.lagNs.mean,
      });
    }
    for (const { strategy, what } of refused)
      await expect(recordedCost({ ...common, strategy }, source), strategy).rejects.toThrow(what);
  });
});

describe('a trail', () => {
  const trail = join(folder, 'recorded.trail');
  const axes = {
    archs: ['x86-64', 'arm64'],
    cpus: [1, 2],
    tlbs: [{ sets: 2, ways: 2 }],
    harvestEvery: [100, 700],
    costs: ['x86-64-vm'],
  };

  it('has the figures of replays, whatever is varied', async () => {
    await record({ strategy: 'page-mkwrite', mms: 2, output: trail, source: { import: randomLog(), reads: true } });
    const { runs, varying } = await compareRuns({
      source: { trail },
      common: {},
      strategies: ['hw-dirty', 'pfn-mkwrite'],
      ...axes,
    });
    expect(varying).toEqual(['arch', 'cpus', 'harvestEvery']);
    expect(new Set(runs.map((each) => each.run)).size).toBe(16);
    for (const { run: name, strategy, settings, cost: compared } of runs) {
      const { arch, cpus, tlb, harvestEvery, cost: profile } = settings;
      const changes = { strategy, arch, cpus, tlbSets: tlb.sets, tlbWays: tlb.ways, harvestEvery, cost: profile };
      await replay({ ...changes, trail, output: OUTPUT });
      expect(compared, name).toEqual(costIn(OUTPUT));
    }
  });

  it('says what was recorded and does not fit', async () => {
    const { runs } = await compareRuns({
      source: { trail },
      common: {},
      strategies: ['hw-dirty', 'soft-dirty', 'pml'],
    });
    const notes = Object.fromEntries(runs.map(({ strategy, notes: said }) => [strategy, said]));
    const without = ['without --mms 2, which was recorded and does not fit it'];
    // A shared file can be soft-dirty too; the memory of a guest has one process.
    expect(notes).toEqual({ 'hw-dirty': [], 'soft-dirty': [], pml: without });
  });
});

describe('what is kept', () => {
  it('are the trails of the runs, and the figures are the same', async () => {
    const request = {
      source: { import: randomLog() },
      common: {},
      strategies: ['hw-dirty', 'kvm-dirty-log:manual'],
      harvestEvery: [100, 200],
    };
    const keep = join(folder, 'kept/deep');
    const kept = await compareRuns({ ...request, keep });
    const without = (await compareRuns(request)).runs.map((each) => ({ ...each, trail: null }));
    expect(kept.runs.map((each) => ({ ...each, trail: null }))).toEqual(without);
    for (const { trail, cost: compared } of kept.runs) expect(costIn(trail!)).toEqual(compared);
    expect(kept.runs.map(({ trail }) => trail!.slice(keep.length + 1)).sort()).toEqual([
      'hw-dirty.every-100.trail',
      'hw-dirty.every-200.trail',
      'kvm-dirty-log-manual.every-100.trail',
      'kvm-dirty-log-manual.every-200.trail',
    ]);
  });

  it('never takes the place of what is compared', async () => {
    const trail = join(folder, 'hw-dirty.trail');
    await record({ output: trail, source: { workload: 'zipf', writes: 10, pages: 3 } });
    const request = { source: { trail }, common: {}, strategies: ['hw-dirty'], keep: folder };
    await expect(compareRuns(request)).rejects.toThrow('would be overwritten');
    expect(costIn(trail).writes).toBe(10);
  });
});

describe('accesses that do not fit in memory', () => {
  it.each<[string, SourceRequest]>([
    ['workload', { workload: 'multi-cpu-shared', writes: 3000, pages: 30 }],
    ['log', { import: randomLog() }],
  ])('are read again for each run: %s', async (_, source) => {
    const { runs } = combinationsOf({ strategies: ['hw-dirty', 'pfn-mkwrite'], cpus: [1, 2] }, {}, null);
    const held = await suppliesFor(source, runs);
    const read = await suppliesFor(source, runs, undefined, 100);
    expect(held.supplies.every((supply) => 'held' in supply)).toBe(true);
    expect(read.supplies.every((supply) => 'source' in supply)).toBe(true);
    expect([held.accesses !== null, read.accesses]).toEqual([true, null]);
    for (const [index, { request, cpus }] of runs.entries()) {
      const [a, b] = [held, read].map(({ supplies, of }) =>
        run(supplies[of[index]!]!, { request, cpus, supply: 0, trail: null }),
      );
      expect(await b).toEqual(await a);
    }
  });
});
