/**
 * Every strategy on every architecture against a naive model, over random programs: a page is dirty if it was written since its last harvest. No
 * write is lost, whatever is unmapped, moved, forked, swapped out or harvested in between; and in coarse mode the consumer is told of exactly those pages.
 */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/index.js';
import { harvestBegin, harvestEnd, type MachineSnapshot, MEMORY_KINDS, report, write } from '../traces/index.js';
import { AccessKind, ARCHITECTURES, STRATEGIES, type SimulationRequest, VMA_KINDS } from './index.js';
import { type ProgramShape, randomProgram, run, type Run, staleFrames } from './testing/runs.js';

/** Programs for each strategy, architecture and mode. */
const PROGRAMS = process.env['PAGETRAIL_SEED'] === undefined ? 16 : 1;
/** Programs for each guest and monitor, by turns coarse and fine. */
const GUEST_PROGRAMS = 6;
const FIRST_SEED = Number(process.env['PAGETRAIL_SEED'] ?? 1);
const SEEDS = Array.from({ length: PROGRAMS }, (_, i) => FIRST_SEED + i);

interface Epoch {
  readonly written: Set<number>;
  readonly reported: Set<number>;
}

/** What each harvest had to tell, and what it told, by home page; read from the events. */
function epochsOf(result: Run, homeOf: (page: number) => number, space: number): Epoch[] {
  const epochs: Epoch[] = [];
  let written = new Set<number>();
  let reported = new Set<number>();
  for (const batch of result.batches) {
    for (let row = 0; row < batch.length; row++) {
      const kind = batch.kind[row]!;
      const page = batch.page[row]!;
      if (kind === write.code) written.add(homeOf(page));
      if (kind === report.code && batch.space[row] === space)
        for (let i = 0; i < batch.slots[report.slot.pages]![row]!; i++) reported.add(page + i);
      if (kind === harvestBegin.code) {
        epochs.push({ written, reported: new Set() });
        written = new Set();
        reported = epochs.at(-1)!.reported;
      }
      if (kind === harvestEnd.code) reported = new Set();
    }
  }
  return epochs;
}

interface Case {
  readonly request: SimulationRequest;
  readonly shape: ProgramShape;
  readonly homeOf: (page: number) => number;
}

const same = (page: number) => page;
/** The split policies that lose nothing. */
const SPLITS = ['propagate', 'mark-all'] as const;

function hasHugeEntries(arch: string): boolean {
  return ARCHITECTURES.find(({ id }) => id === arch)!.hugeEntries === true;
}

/** A machine and a program that the strategy can have, drawn by the seed. */
function draw(strategy: (typeof STRATEGIES)[number], arch: string, seed: number): Case {
  const random = new Random(seed * 7919 + arch.length);
  const vmaId = strategy.vmas[random.below(strategy.vmas.length)];
  const vma = VMA_KINDS.find(({ id }) => id === vmaId)!;
  const chance = (n: number) => random.below(n) === 0;
  const process = strategy.monitor === undefined;
  const keys = ARCHITECTURES.find(({ id }) => id === arch)!.changeBitInFrame === true;
  const shares = vma.shared && chance(2);
  const aliased = shares && chance(2);
  const huge = strategy.hugeEntries !== undefined && hasHugeEntries(arch) && !shares && chance(4);
  const deviceMmu = process && !keys && !huge && chance(4);
  const operations = [
    AccessKind.harvest,
    ...(chance(2) ? [AccessKind.unmap] : []),
    ...(chance(2) && process ? [AccessKind.move] : []),
    ...(vma.shared && !huge && chance(3) ? [AccessKind.fork] : []),
    ...(huge && chance(2) ? [AccessKind.split] : []),
  ];
  return {
    request: {
      arch,
      vma: vma.id,
      harvestEvery: 4 + random.below(30),
      seed,
      populate: chance(3) ? 'lazy' : 'eager',
      tlbSets: 1 + random.below(4),
      tlbWays: 1 + random.below(4),
      vmaGapPages: chance(3) ? 2 : 0,
      mms: shares ? 1 + random.below(3) : 1,
      ...(aliased && { alias: `${0x1003}=${0x1000}:3` }),
      device: process && chance(4) ? 'non-coherent' : 'coherent',
      deviceMmu,
      ...(huge && { pageSize: '2m', split: SPLITS[random.below(SPLITS.length)]! }),
      objectPages: chance(2) ? 12 : 600,
      ...(strategy.variants !== undefined && {
        variant: strategy.variants[random.below(strategy.variants.length)]!.id,
      }),
    },
    shape: {
      accesses: 160,
      pages: 3 + random.below(10),
      cpus: 1 + random.below(4),
      reads: chance(2) ? 0 : 0.3,
      operations,
      ...(deviceMmu && { device: 0.2 }),
    },
    homeOf: aliased ? (page) => (page >= 0x1003 && page < 0x1006 ? page - 3 : page) : same,
  };
}

/** Strategies that may tell of more than what was written: everything, or the interval of a change of method. */
const OVER_REPORTERS = new Set(['full-upload', 'adaptive']);
/** Bits that belong to an entry, of which a page that is mapped several times has several; beside a harvest each may be told of by itself. */
const BITS_OF_ENTRIES = new Set(['soft-dirty', 'uffd-wp-async']);

const sorted = (pages: Iterable<number>) => [...pages].sort((a, b) => a - b);

/** Holds a run to the naive model: everything written is told of in time, and nothing else but where a strategy may. */
function holds(epochs: readonly Epoch[], beside: boolean, mayOverReport: boolean, seed: number): void {
  const nothing: ReadonlySet<number> = new Set();
  for (const [i, { written, reported }] of epochs.entries()) {
    // What is written beside a harvest may be told by it already.
    const before = beside ? (epochs[i - 1]?.reported ?? nothing) : nothing;
    const after = beside ? (epochs[i + 1]?.written ?? nothing) : nothing;
    const untold = sorted(written).filter((page) => !reported.has(page) && !before.has(page));
    expect(untold, `seed ${seed}: written and not reported`).toEqual([]);
    const unasked = sorted(reported).filter((page) => !written.has(page) && !after.has(page));
    if (!mayOverReport) expect(unasked, `seed ${seed}: reported and not written`).toEqual([]);
  }
}

describe.each(STRATEGIES)('$id', (strategy) => {
  // The window of adaptive is open in fine mode; it has tests of its own.
  const modes = strategy.id === 'adaptive' ? (['coarse'] as const) : (['coarse', 'fine'] as const);
  const cases = strategy.architectures.flatMap((arch) => modes.map((interleave) => ({ arch, interleave })));

  it.each(cases)('on $arch, $interleave', ({ arch, interleave }) => {
    for (const seed of SEEDS) {
      const fine = interleave === 'fine';
      const { request, shape, homeOf } = draw(strategy, arch, fine ? seed + 10_000 : seed);
      const result = run({ ...request, strategy: strategy.id, interleave }, randomProgram(seed, shape));
      expect(staleFrames(result.end), `seed ${seed}: pages whose bytes the consumer lacks`).toBe(0);
      const several = request.mms! > 1 || request.alias !== undefined || shape.operations!.includes(AccessKind.fork);
      const more =
        OVER_REPORTERS.has(strategy.id) ||
        request.pageSize === '2m' ||
        (fine && several && BITS_OF_ENTRIES.has(strategy.id));
      holds(epochsOf(result, homeOf, 0), fine, more, seed);
    }
  });
});

const GUESTS = STRATEGIES.filter(
  ({ monitor, architectures }) => monitor === undefined && architectures.includes('x86-64'),
);
/** Monitors that do not track, and strategies that track outside. */
const OUTSIDE: readonly SimulationRequest[] = [
  { monitor: 'nested' },
  { monitor: 'shadow' },
  ...STRATEGIES.filter(({ monitor }) => monitor !== undefined).map(({ id }) => ({ host: id })),
];
const GUEST_MEMORY = MEMORY_KINDS.indexOf('guest');

/** Frames of one side whose bytes its consumer lacks. */
function staleOf({ frames }: MachineSnapshot, side: 'guest' | 'host'): number {
  return [...frames.frame.keys()].filter(
    (frame) =>
      frames.generation[frame]! > frames.captured[frame]! &&
      (frames.memory[frame] === GUEST_MEMORY) === (side === 'guest'),
  ).length;
}

describe.each(GUESTS)('$id in a guest', ({ id: guest }) => {
  it.each(OUTSIDE)('with %o outside', (outside) => {
    for (const seed of SEEDS.slice(0, GUEST_PROGRAMS)) {
      const random = new Random(seed);
      const fine = seed % 2 === 0 && guest !== 'adaptive';
      const request = {
        ...outside,
        guest,
        seed,
        interleave: fine ? 'fine' : 'coarse',
        harvestEvery: 5 + random.below(25),
        tlbSets: 1 + random.below(4),
        tlbWays: 1 + random.below(3),
        populate: random.below(2) === 0 ? 'lazy' : 'eager',
        objectPages: random.below(2) === 0 ? 12 : 600,
      } as const;
      const shape = {
        accesses: 160,
        pages: 3 + random.below(10),
        cpus: 1 + random.below(4),
        reads: random.below(2) * 0.3,
        operations: [AccessKind.harvest, AccessKind.unmap],
      };
      const result = run(request, randomProgram(seed, shape));
      expect(staleOf(result.end, 'guest'), `seed ${seed}`).toBe(0);
      holds(epochsOf(result, same, 0), fine, OVER_REPORTERS.has(guest), seed);
      if (outside.host === undefined) continue;
      expect(staleOf(result.end, 'host'), `seed ${seed}`).toBe(0);
      holds(epochsOf(result, same, 1), fine, false, seed);
    }
  });
});
