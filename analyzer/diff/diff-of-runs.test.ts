/** What must hold of the comparison of any two recorded runs: sums, mirror images, and every write accounted for. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { MemorySource } from '../../replayer/testing/drawn.js';
import { metaOf } from '../../recorder/index.js';
import { AccessKind, STRATEGIES, type SimulationRequest } from '../../simulator/index.js';
import { architectureFor, randomProgram, run } from '../../simulator/testing/runs.js';
import { OVERHEADS } from '../cost/index.js';
import { diff, type DiffOptions, type DiffReport } from './diff.js';
import { ALIGNMENTS } from './lanes.js';

const EVERYTHING: DiffOptions = { writes: { limit: 1e6 }, pages: { limit: 1e6 } };
const SOURCE = {
  meta: { kind: 'drawn', name: 'random', programTime: 'given', reads: false, parameters: {} },
} as const;

interface Shape {
  readonly cpus: number;
  readonly accesses: number;
  readonly operations: boolean;
  readonly request?: SimulationRequest;
}

function recorded(strategy: string, seed: number, { cpus, accesses, operations, request = {} }: Shape): MemorySource {
  const program = randomProgram(seed, {
    accesses,
    pages: 12,
    cpus,
    reads: 0.1,
    operations: operations ? [AccessKind.harvest] : [],
  });
  const arch = architectureFor(strategy, seed);
  const { batches, simulation } = run({ strategy, arch, harvestEvery: 60, ...request }, program);
  const ending = {
    complete: true,
    incompleteReason: null,
    cpus,
    programNs: 0,
    skippedLines: 0,
    firstSkippedLine: null,
  };
  return new MemorySource(batches, metaOf(simulation, SOURCE), ending);
}

function sumsHold(report: DiffReport): void {
  const { alignment, writeTotals } = report;
  for (const [side, { cost, attribution }] of report.sides.entries()) {
    for (const kind of OVERHEADS)
      expect(Object.values(attribution).reduce((sum, bucket) => sum + bucket[kind], 0)).toBe(cost.ns[kind]);
    expect(alignment.writes[side]).toBe(cost.writes);
    expect(alignment.matched + alignment.unmatched[side]!).toBe(cost.writes);
    expect(alignment.reasons.reduce((sum, { writes }) => sum + writes[side]!, 0)).toBe(alignment.unmatched[side]);
    const ofWrites = attribution.taken.total + attribution.collected.total;
    if (report.aligned) expect(writeTotals.costNs[side]).toBe(ofWrites);
    else expect(writeTotals.costNs[side]).toBeLessThanOrEqual(ofWrites);
    // A page's cost is nobody else's. What is not of a page: moves, rounds without a page, and what came after the last access.
    const ofPages = report.pages.reduce((sum, { sides }) => sum + sides[side]!.costNs, 0);
    expect(ofPages).toBeLessThanOrEqual(ofWrites + attribution.inVain.total);
    if (report.pages.length === report.pageTotals.total) expect(ofPages).toBeGreaterThanOrEqual(ofWrites);
    for (const figure of ['faults', 'reports', 'transfers'] as const) {
      const { matched, unmatched } = report.pageTotals.events[figure];
      const total = { faults: cost.faults.total, reports: cost.pagesReported, transfers: cost.bytesTransferred / 4096 };
      if (alignment.by !== 'first-touch' || figure !== 'transfers')
        expect(matched + unmatched[side]!).toBeLessThanOrEqual(total[figure]);
    }
  }
  expect(alignment.compared).toBe(alignment.matched);
}

const turned = <T>([a, b]: readonly [T, T]): readonly [T, T] => [b, a];

/** What can be told of both directions in the same way. */
function core(report: DiffReport, mirrored: boolean) {
  const both = <T>(pair: readonly [T, T]) => (mirrored ? turned(pair) : pair);
  const { firstDivergence: at, alignment, writeTotals, pageTotals } = report;
  return {
    verdict: report.verdict,
    aligned: report.aligned,
    divergence: at && {
      write: at.write,
      seqs: both(at.seqs),
      reported: both(at.reportedOnlyIn),
      stale: both(at.staleOnlyIn),
    },
    meets: report.reconverges && { write: report.reconverges.write, seqs: both(report.reconverges.seqs) },
    stretches: report.divergences.stretches.map(({ from, to }) => [from.write, to?.write]),
    epochs: report.epochs.map(({ onlyIn, pages, faults, overheadNs }) =>
      [onlyIn, pages, faults, overheadNs].map((p) => both(p as [unknown, unknown])),
    ),
    matched: alignment.matched,
    unmatched: both(alignment.unmatched),
    reasons: alignment.reasons
      .map(({ reason, writes, lanes, examples }) => ({ reason, writes: both(writes), lanes, examples: both(examples) }))
      .sort((x, y) => x.reason.localeCompare(y.reason)),
    totals: { ...writeTotals, costNs: both(writeTotals.costNs), stallNs: both(writeTotals.stallNs) },
    writes: report.writes
      .map(({ differenceNs, differs, sides }) => ({
        differs,
        ns: mirrored ? -differenceNs || 0 : differenceNs,
        sides: both(sides),
      }))
      .sort((x, y) => x.sides[0].seq - y.sides[0].seq),
    pages: report.pages
      .map(({ sides }) => both(sides))
      .map((sides) => JSON.stringify(sides))
      .sort(),
    pageTotals: pageTotals.differ,
  };
}

describe('two runs of one program', () => {
  it.each(STRATEGIES.map(({ id }, i) => [id, i] as const))('%s and hw-dirty', (strategy, i) => {
    const shape = { cpus: 1 + (i % 3), accesses: 500, operations: false };
    const [a, b] = [recorded('hw-dirty', i, shape), recorded(strategy, i, shape)];
    const report = diff(a, b, EVERYTHING);
    expect(report.aligned).toBe(true);
    sumsHold(report);
    expect(core(diff(b, a, EVERYTHING), true)).toEqual(core(report, false));
  });

  it.each(Array.from({ length: 24 }, (_, i) => i + 1))('seed %i: strategies, modes and harvests at random', (seed) => {
    const random = new Random(seed);
    const pick = () => STRATEGIES[random.below(STRATEGIES.length)]!.id;
    const shape = { cpus: 1 + random.below(4), accesses: 100 + random.below(400), operations: random.below(3) === 0 };
    const request = (): SimulationRequest => ({
      interleave: random.below(3) === 0 ? 'fine' : 'coarse',
      harvestEvery: [20, 60, 60, 60, 120][random.below(5)]!,
      populate: random.below(2) === 0 ? 'lazy' : 'eager',
      seed: 1 + random.below(5),
    });
    const [a, b] = [
      recorded(pick(), seed, { ...shape, request: request() }),
      recorded(pick(), seed, { ...shape, request: request() }),
    ];
    const report = diff(a, b, EVERYTHING);
    sumsHold(report);
    if (report.aligned) expect(core(diff(b, a, EVERYTHING), true)).toEqual(core(report, false));
    expect(diff(a, a, EVERYTHING)).toMatchObject({
      verdict: 'same',
      aligned: true,
      firstDivergence: null,
      divergences: { total: 0 },
      writeTotals: { differ: 0 },
      writes: [],
      topWrites: [],
      pages: [],
    });
  });

  it('shows what a fault costs where, write by write', () => {
    const shape = { cpus: 1, accesses: 300, operations: false, request: { arch: 'x86-64' } };
    const report = diff(recorded('hw-dirty', 3, shape), recorded('pfn-mkwrite', 3, shape), EVERYTHING);
    const [{ sides }] = report.topWrites as [(typeof report.topWrites)[number]];
    expect(sides[0].did).toContain('walker D');
    expect(sides[1].did).toContain('fault write-protect');
    const faults = report.writes.flatMap((write) => write.sides[1].did.filter((did) => did === 'fault write-protect'));
    expect(faults).toHaveLength(report.sides[1]!.cost.faults.writeProtect);
  });
});

describe('runs of different programs', () => {
  it.each(Array.from({ length: 18 }, (_, i) => i + 1))(
    'seed %i: every write is matched, or left over with a reason',
    (seed) => {
      const random = new Random(seed);
      const shape = () => ({ cpus: 1 + random.below(3), accesses: 100 + random.below(300), operations: false });
      const [a, b] = [recorded('hw-dirty', seed, shape()), recorded('pfn-mkwrite', seed + 100, shape())];
      const by = ALIGNMENTS[seed % 3]!;
      const report = diff(a, b, { ...EVERYTHING, align: by });
      expect(report).toMatchObject({ verdict: 'undecided', aligned: false, alignment: { by, chosen: false } });
      sumsHold(report);
      expect(core(diff(b, a, { ...EVERYTHING, align: by }), true)).toEqual(core(report, false));
      const chosen = diff(a, b, EVERYTHING);
      expect(chosen.alignment).toMatchObject({ by: 'page', chosen: true });
    },
  );
});
