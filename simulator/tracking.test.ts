/**
 * Every strategy against a naive model: a page is dirty if it was written since its last harvest. No lost write, ever; and the
 * consumer is told of exactly the pages it must be told of.
 */
import { describe, expect, it } from 'vitest';
import { fault, report, transfer, walk, write } from '../traces/index.js';
import type { AccessBatch } from './index.js';
import { ARCHITECTURES, STRATEGIES } from './index.js';
import { randomProgram, run, type Run, staleFrames } from './testing/runs.js';

interface Epoch {
  readonly written: Set<number>;
  readonly mapped: number;
}

/** What the source alone says of each epoch. */
function naiveEpochs(program: AccessBatch, every: number): Epoch[] {
  const epochs: Epoch[] = [];
  const mapped = new Set<number>();
  let written = new Set<number>();
  let counted = 0;
  for (let i = 0; i < program.length; i++) {
    const pages =
      program.offset[i]! + program.size[i]! > 4096 ? [program.page[i]!, program.page[i]! + 1] : [program.page[i]!];
    for (const page of pages) {
      mapped.add(page);
      if (program.kind[i]) continue;
      written.add(page);
      counted++;
    }
    if (every > 0 && counted >= every) {
      counted -= every;
      epochs.push({ written, mapped: mapped.size });
      written = new Set();
    }
  }
  if (written.size > 0) epochs.push({ written, mapped: mapped.size });
  return epochs;
}

function sumOf(result: Run, kind: number, slot: number): number {
  let sum = 0;
  for (const batch of result.batches) {
    for (let row = 0; row < batch.length; row++) if (batch.kind[row] === kind) sum += batch.slots[slot]![row]!;
  }
  return sum;
}

function countOf(result: Run, kind: number, slot: number, value: number): number {
  let count = 0;
  for (const batch of result.batches) {
    for (let row = 0; row < batch.length; row++)
      if (batch.kind[row] === kind && batch.slots[slot]![row] === value) count++;
  }
  return count;
}

const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);
const FAULT_HANDLER = { notPresent: 0, writeProtect: 1, dirtyTrap: 3 } as const;
/** Strategies without write protection; all others fault once per page and epoch. */
const UNPROTECTED = new Set(['full-upload', 'compare', 'hw-dirty', 'adaptive', 'storage-key']);
/** What a second stage does not allow is an exit, and no fault of anybody. */
const OUTSIDE = new Set(STRATEGIES.filter(({ monitor }) => monitor !== undefined).map(({ id }) => id));
const FAULTING = { has: (strategy: string) => !UNPROTECTED.has(strategy) && !OUTSIDE.has(strategy) };

/** What `adaptive` faults and reports depends on its switches; it has tests of its own. */
const STEADY = STRATEGIES.map(({ id }) => id).filter((id) => id !== 'adaptive');

describe.each(STEADY)('%s', (strategy) => {
  it.each(SEEDS)('faults and reports what the source implies, one CPU, coarse, seed %i', (seed) => {
    const every = 5 + seed * 3;
    const program = randomProgram(seed, { accesses: 500, pages: 30, cpus: 1, reads: seed % 4 === 0 ? 0.3 : 0 });
    const result = run({ strategy, harvestEvery: every, seed, vmaGapPages: seed % 5 === 0 ? 2 : 0 }, program);
    const epochs = naiveEpochs(program, every);
    const distinct = epochs.reduce((sum, epoch) => sum + epoch.written.size, 0);
    const expectedReports =
      strategy === 'full-upload' ? epochs.reduce((sum, epoch) => sum + epoch.mapped, 0) : distinct;
    expect(result.simulation.harvests).toBe(epochs.length);
    expect(sumOf(result, report.code, report.slot.pages)).toBe(expectedReports);
    expect(sumOf(result, transfer.code, transfer.slot.bytes)).toBe(4096 * expectedReports);
    expect(countOf(result, fault.code, fault.slot.handler, FAULT_HANDLER.notPresent)).toBe(0);
    // A load may cache a read-only entry, and the store that follows faults once all the same.
    expect(countOf(result, fault.code, fault.slot.handler, FAULT_HANDLER.writeProtect)).toBe(
      FAULTING.has(strategy) ? distinct : 0,
    );
    expect(staleFrames(result.end)).toBe(0);
  });

  const architectures = STRATEGIES.find(({ id }) => id === strategy)!.architectures.map(
    (arch) => ARCHITECTURES.find(({ id }) => id === arch)!,
  );

  it.each(architectures)(
    'traps for D on $id only where no hardware sets it',
    ({ id, hardwareSetsDirty, changeBitInFrame }) => {
      const program = randomProgram(11, { accesses: 500, pages: 30, cpus: 1, reads: 0.2 });
      const result = run({ strategy, arch: id, harvestEvery: 40 }, program);
      const epochs = naiveEpochs(program, 40);
      const perEpoch = epochs.reduce((sum, epoch) => sum + epoch.written.size, 0);
      const everWritten = new Set(epochs.flatMap((epoch) => [...epoch.written])).size;
      // Strategies that fault for W set D in the same fault; of the others only hw-dirty clears it.
      const traps =
        FAULTING.has(strategy) || OUTSIDE.has(strategy) || hardwareSetsDirty || changeBitInFrame
          ? 0
          : strategy === 'hw-dirty'
            ? perEpoch
            : everWritten;
      expect(countOf(result, fault.code, fault.slot.handler, FAULT_HANDLER.dirtyTrap)).toBe(traps);
      expect(countOf(result, fault.code, fault.slot.handler, FAULT_HANDLER.writeProtect)).toBe(
        FAULTING.has(strategy) ? perEpoch : 0,
      );
      expect(staleFrames(result.end)).toBe(0);
    },
  );

  it.each(SEEDS)('loses nothing, 1-4 CPUs, any architecture, micro-steps interleaved, seed %i', (seed) => {
    const program = randomProgram(seed, { accesses: 300, pages: 6, cpus: 1 + (seed % 4), reads: 0.2 });
    const populate = seed % 2 === 0 ? 'lazy' : 'eager';
    const arch = architectures[seed % architectures.length]!.id;
    const result = run(
      { strategy, arch, interleave: 'fine', harvestEvery: 12, seed, populate, tlbSets: 4, tlbWays: 2 },
      program,
    );
    expect(staleFrames(result.end)).toBe(0);
    expect(result.simulation.writes).toBe(countWrites(result));
    expect(result.simulation.harvests).toBe(naiveEpochs(program, 12).length);
  });

  it.each(SEEDS)('loses nothing, 2-4 CPUs, coarse, lazy, seed %i', (seed) => {
    const program = randomProgram(seed, { accesses: 400, pages: 12, cpus: 2 + (seed % 3), reads: 0.3 });
    const result = run({ strategy, harvestEvery: 20, populate: 'lazy', tlbSets: 2, tlbWays: 3 }, program);
    expect(staleFrames(result.end)).toBe(0);
  });
});

function countWrites(result: Run): number {
  return result.batches.reduce(
    (sum, batch) => sum + batch.kind.subarray(0, batch.length).filter((kind) => kind === write.code).length,
    0,
  );
}

it('scans the slots of existing page tables only', () => {
  const program = randomProgram(3, { accesses: 200, pages: 30, cpus: 1, reads: 0 });
  const result = run({ strategy: 'hw-dirty', harvestEvery: 0 }, program);
  // Two regions in two page tables: from the first page to the end of its table, and from the start of the other to its last page.
  const pages = [...result.end.pages.page];
  const first = Math.min(...pages);
  const last = Math.max(...pages);
  expect(sumOf(result, walk.code, walk.slot.slots)).toBe(512 - (first % 512) + (last % 512) + 1);
});
