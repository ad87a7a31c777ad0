/** What is recommended where theory says the answer, with the words and figures that it comes with; and what needs and defects change. */
import { describe, expect, it } from 'vitest';
import { type SimulationRequest, STRATEGIES } from '../../simulator/index.js';
import { type ComparedRun, type Comparison, compareRuns, type CompareRequest } from './compare.js';
import { NEEDS, type NeedId, strategyNamed } from './needs.js';

const PAGE = 4096;

async function compared(request: Partial<CompareRequest> & Pick<CompareRequest, 'source'>): Promise<Comparison> {
  return compareRuns({ common: {}, strategies: ['all'], ...request });
}

const of = ({ runs }: Comparison, strategy: string): ComparedRun => runs.find((run) => run.strategy === strategy)!;
const overheadOf = (comparison: Comparison, strategy: string): number => of(comparison, strategy).figures.overhead;

describe('what theory says', () => {
  it('a hot page: a fault an epoch is nothing, and a strategy of faults next to free', async () => {
    const comparison = await compared({
      source: { workload: 'hot-page', writes: 100_000 },
      harvestEvery: [10_000],
    });
    const faults = of(comparison, 'pfn-mkwrite');
    expect(faults.figures.faults).toBe(10);
    expect(faults.figures.slowdown).toBeLessThan(1.5);
    // One page, the same for all: nobody transfers less than who tracks nothing.
    expect(new Set(comparison.runs.map(({ figures }) => figures.bytes)).size).toBe(1);
    expect(comparison.recommend).toMatchObject({ strategy: 'full-upload' });
    expect(comparison.recommend.because[0]).toBe(
      'a harvest finds, on average, 1 of 1 mapped page written (100 %), each of them 10,000 times',
    );
    expect(comparison.recommend.because).toContain(
      'what is mapped is written in each epoch, so knowing what was written would save nothing',
    );
  });

  it('a few writes scattered over a huge object: scans are dear; logs, rings and faults are good', async () => {
    const comparison = await compared({
      source: { workload: 'sparse-scatter', writes: 2000, pages: 100_000 },
      harvestEvery: [10],
    });
    const { strategy, because } = comparison.recommend;
    // Recommended is one that pays by page written and not by page mapped.
    expect(of(comparison, strategy!).cost.ptesScanned).toBeLessThan(of(comparison, 'hw-dirty').cost.ptesScanned / 2);
    for (const scans of ['hw-dirty', 'hw-dirty-wp', 'soft-dirty', 'compare', 'full-upload'])
      for (const byPage of ['kvm-dirty-ring', 'pml', 'page-mkwrite'])
        expect(overheadOf(comparison, scans)).toBeGreaterThan(overheadOf(comparison, byPage));
    expect(overheadOf(comparison, 'full-upload')).toBeGreaterThan(20 * overheadOf(comparison, strategy!));
    expect(because.join('\n')).toMatch(/full-upload, which tracks nothing, \d+(\.\d+)? times as much/);
    const { ns } = of(comparison, 'hw-dirty').cost;
    expect(ns.scan).toBeGreaterThan(ns.overhead / 2);
  });

  it('everything dirty in each epoch: who tracks nothing wins', async () => {
    const comparison = await compared({
      // Two passes of 512 writes over each of 16 pages an epoch.
      source: { workload: 'sequential-fill', writes: 16 * 512 * 6, pages: 16 },
      harvestEvery: [16 * 512 * 2],
    });
    expect(['full-upload', 'compare']).toContain(comparison.recommend.strategy);
    expect(comparison.runs.map(({ figures }) => figures.bytes)).toEqual(comparison.runs.map(() => 3 * 16 * PAGE));
  });

  it('a small part of a small object written often: scanning it beats a fault a page', async () => {
    const comparison = await compared({
      source: { workload: 'zipf', writes: 20_000, pages: 200 },
      harvestEvery: [2000],
    });
    expect(overheadOf(comparison, 'hw-dirty')).toBeLessThan(overheadOf(comparison, 'pfn-mkwrite'));
    expect(overheadOf(comparison, 'pfn-mkwrite')).toBeLessThan(overheadOf(comparison, 'uffd-wp-sync'));
  });
});

describe('a recommendation', () => {
  const source = { workload: 'zipf', writes: 6000, pages: 200 };

  it.each(['overhead', 'bytes', 'lag', 'stall', 'faults', 'memory'] as const)('is the best by %s', async (by) => {
    const { runs, recommend } = await compared({ source, by, harvestEvery: [1000], archs: ['x86-64'] });
    const best = Math.min(...runs.map(({ figures }) => figures[by]));
    expect(runs[0]!.figures[by]).toBe(best);
    expect(recommend.strategy).toBe(runs[0]!.strategy);
    // Alternatives are better at what they are for, and dearer.
    for (const { if: what, run } of recommend.alternatives) {
      const other = runs.find((each) => each.run === run)!;
      expect(other.figures[by]).toBeGreaterThanOrEqual(runs[0]!.figures[by]);
      for (const need of what.split(',').filter((word) => word.startsWith('need:')))
        expect(other.meets).toContain(need.slice('need:'.length));
    }
  });

  it.each(NEEDS.map(({ id }) => id))('meets --need %s, and says who does not', async (need) => {
    const { runs, refused, recommend } = await compared({ source, needs: [need], harvestEvery: [1000] });
    expect(runs.every(({ meets }) => meets.includes(need))).toBe(true);
    expect(refused.some((refusal) => refusal.need === need && refusal.why !== null)).toBe(true);
    expect(refused.map(({ strategy }) => strategy)).not.toContain(recommend.strategy);
    expect(runs.length + refused.length).toBe(STRATEGIES.length);
  });

  it('is among those that the word stands for', async () => {
    const met = async (need: NeedId) => {
      const { runs } = await compared({ source: { workload: 'hot-page', writes: 100 }, needs: [need] });
      return runs.map(({ strategy }) => strategy).sort();
    };
    expect(await met('user-space')).toEqual([
      'compare',
      'full-upload',
      'mprotect-sigsegv',
      'soft-dirty',
      'uffd-wp-async',
      'uffd-wp-sync',
    ]);
    expect(await met('guest')).toEqual(['kvm-dirty-log', 'kvm-dirty-ring', 'pml', 'shadow-paging']);
    expect(await met('device-writes')).toEqual(['compare', 'full-upload', 'storage-key']);
    expect(await met('no-struct-page')).toEqual([
      'adaptive',
      'bounce-buffer',
      'compare',
      'full-upload',
      'hw-dirty',
      'hw-dirty-wp',
      'pfn-mkwrite',
      'storage-key',
    ]);
  });

  it('is never one that loses writes, however cheap', async () => {
    const common: SimulationRequest = { mutations: ['no-flush'] };
    const { runs, recommend, refused } = await compared({
      source,
      common,
      strategies: ['hw-dirty', 'pfn-mkwrite', 'pml', 'full-upload'],
      harvestEvery: [1000],
    });
    expect(refused.map(({ strategy }) => strategy)).toEqual(['full-upload']);
    expect(runs.every(({ marks, pareto }) => marks.some(({ id }) => id === 'lost') && !pareto)).toBe(true);
    expect(recommend.strategy).toBeNull();
    expect(recommend.because.join('\n')).toMatch(/no strategy gets every write.*\n.* loses [\d,]+ writes? on/);
  });

  it('is never one that cannot see who writes', async () => {
    const { runs, recommend } = await compared({
      source: { workload: 'device-and-cpu', writes: 4000, pages: 64 },
      harvestEvery: [500],
    });
    expect(runs.map(({ marks }) => marks.length > 0)).toEqual(
      runs.map(({ strategy }) => strategyNamed(strategy).cannotSee.includes('device-dma')),
    );
    expect(strategyNamed(recommend.strategy!).cannotSee).toEqual([]);
    const sound = runs.filter(({ marks }) => marks.length === 0).length;
    expect(runs.slice(0, sound).every(({ marks }) => marks.length === 0)).toBe(true);
    // A device behind an MMU of its own is seen by whoever takes its translations away.
    const behind = await compared({
      source: { workload: 'device-and-cpu', writes: 4000, pages: 64 },
      common: { deviceMmu: true },
      harvestEvery: [500],
    });
    expect(of(behind, 'hw-dirty').marks).toEqual([]);
  });

  it('is for the machine there is; who would be better on another is an alternative', async () => {
    const { runs, recommend } = await compared({
      source,
      strategies: ['hw-dirty', 'pfn-mkwrite', 'storage-key'],
      harvestEvery: [1000],
    });
    expect(runs[0]!.strategy).toBe('storage-key');
    expect(recommend.strategy).toBe('hw-dirty');
    expect(recommend.alternatives).toContainEqual(
      expect.objectContaining({ if: 'arch:s390x-key', strategy: 'storage-key' }),
    );
  });

  it('says that there was nothing to compare it with', async () => {
    const { recommend } = await compared({ source, strategies: ['pfn-mkwrite'] });
    expect(recommend.strategy).toBe('pfn-mkwrite');
    expect(recommend.because).toContain('nothing else was compared that gets every write to its consumer');
  });

  it('names the cost profile and what is assumed', async () => {
    const { recommend } = await compared({ source, strategies: ['hw-dirty', 'pfn-mkwrite'], costs: ['arm64'] });
    expect(recommend.caveats).toContain('costs are those of profile arm64');
    expect(recommend.caveats).toContain('program time is assumed: 1 ns per instruction and access');
  });
});
