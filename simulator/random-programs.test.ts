/**
 * Every strategy on every architecture against a naive model, over random programs: a page is dirty if it was written since its last harvest. No
 * write is lost, whatever is unmapped, moved, forked, swapped out or harvested in between; and in coarse mode the consumer is told of exactly those pages.
 */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/index.js';
import { harvestBegin, harvestEnd, report, write } from '../traces/index.js';
import { AccessKind, ARCHITECTURES, STRATEGIES, type SimulationRequest, VMA_KINDS } from './index.js';
import { type ProgramShape, randomProgram, run, type Run, staleFrames } from './testing/runs.js';

/** Programs for each strategy, architecture and mode. */
const PROGRAMS = process.env['PAGETRAIL_SEED'] === undefined ? 24 : 1;
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
  const deviceMmu = process && !keys && chance(4);
  const operations = [
    AccessKind.harvest,
    ...(chance(2) ? [AccessKind.unmap] : []),
    ...(chance(2) && process ? [AccessKind.move] : []),
    ...(vma.shared && chance(3) ? [AccessKind.fork] : []),
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

/** Whether it may tell of more than what was written. */
function overReports(strategy: string): boolean {
  return strategy === 'full-upload' || strategy === 'adaptive';
}

const sorted = (pages: Iterable<number>) => [...pages].sort((a, b) => a - b);

describe.each(STRATEGIES)('$id', (strategy) => {
  describe.each(strategy.architectures.map((arch) => ({ arch })))('on $arch', ({ arch }) => {
    it.each(SEEDS)('coarse, seed %i', (seed) => {
      const { request, shape, homeOf } = draw(strategy, arch, seed);
      const result = run({ ...request, strategy: strategy.id }, randomProgram(seed, shape));
      expect(staleFrames(result.end)).toBe(0);
      for (const { written, reported } of epochsOf(result, homeOf, 0)) {
        if (overReports(strategy.id)) expect(sorted(written).filter((page) => !reported.has(page))).toEqual([]);
        else expect(sorted(reported)).toEqual(sorted(written));
      }
    });

    it.each(strategy.id === 'adaptive' ? [] : SEEDS)('fine, seed %i', (seed) => {
      const { request, shape, homeOf } = draw(strategy, arch, seed + 10_000);
      const result = run({ ...request, strategy: strategy.id, interleave: 'fine' }, randomProgram(seed, shape));
      expect(staleFrames(result.end)).toBe(0);
      const epochs = epochsOf(result, homeOf, 0);
      for (const [i, { written, reported }] of epochs.entries()) {
        // What is written beside a harvest may be told by it already.
        const before = epochs[i - 1]?.reported ?? new Set();
        expect(sorted(written).filter((page) => !reported.has(page) && !before.has(page))).toEqual([]);
        const beside = epochs[i + 1]?.written ?? new Set();
        if (!overReports(strategy.id))
          expect(sorted(reported).filter((page) => !written.has(page) && !beside.has(page))).toEqual([]);
      }
    });
  });
});
