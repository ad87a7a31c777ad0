/** Who runs when: where harvests fall, what an instruction is, and how flushes follow VMAs. */
import { describe, expect, it } from 'vitest';
import { EVENT_BY_CODE, flushAck, flushSend, write } from '../traces/index.js';
import { AccessBatch, AccessKind, STRATEGIES } from './index.js';
import { type Run, run, staleFrames } from './testing/runs.js';

interface Access {
  readonly page: number;
  readonly offset?: number;
  readonly size?: number;
  readonly cpu?: number;
  readonly load?: boolean;
  readonly at?: number;
}

function program(...accesses: readonly Access[]): AccessBatch {
  const batch = new AccessBatch(accesses.length);
  for (const [i, access] of accesses.entries()) {
    batch.page[i] = access.page;
    batch.offset[i] = access.offset ?? 0;
    batch.size[i] = access.size ?? 8;
    batch.cpu[i] = access.cpu ?? 0;
    batch.kind[i] = access.load ? 1 : 0;
    batch.program[i] = access.at ?? i + 1;
  }
  batch.length = accesses.length;
  return batch;
}

/** The kinds of the events of interest, in order. */
function kinds(result: Run, ...wanted: string[]): string[] {
  return result.batches
    .flatMap((batch) => Array.from(batch.kind.subarray(0, batch.length), (code) => EVENT_BY_CODE[code]!.kind))
    .filter((kind) => wanted.includes(kind));
}

describe.each(['coarse', 'fine'] as const)('%s mode', (interleave) => {
  it('harvests after the access that contains the N-th write, and counts its surplus for the next epoch', () => {
    const crossing = { page: 16, offset: 4092, size: 8 };
    const accesses = program({ page: 16 }, crossing, { page: 18 }, { page: 19 });
    const result = run({ harvestEvery: 2, interleave }, accesses);
    // Writes 1 2 3 | 4 | 5: the second access brings the second write, its other part counts for the next epoch.
    expect(result.simulation.harvests).toBe(3);
    const order = kinds(result, 'write', 'harvest-begin');
    expect(order.slice(0, 4)).toEqual(['write', 'write', 'write', 'harvest-begin']);
  });

  it.each(STRATEGIES.map(({ id }) => id))('operates with %s on an object that has no page yet', (strategy) => {
    const accesses = new AccessBatch(8);
    for (const kind of [AccessKind.harvest, AccessKind.unmap, AccessKind.move, AccessKind.fork, AccessKind.split]) {
      const row = accesses.length++;
      accesses.page[row] = -1;
      accesses.kind[row] = kind;
      accesses.program[row] = row + 1;
    }
    const result = run({ strategy, interleave }, accesses);
    expect(kinds(result, 'operation')).toHaveLength(5);
    expect(kinds(result, 'harvest-end')).toHaveLength(1);
  });

  it('lets no load trigger a harvest', () => {
    const accesses = program({ page: 16, offset: 4092, size: 8 }, { page: 16, load: true }, { page: 17, load: true });
    expect(run({ harvestEvery: 1, interleave }, accesses).simulation.harvests).toBe(1);
  });

  it('makes one harvest after an access of many pages', () => {
    const accesses = program({ page: 16, size: 100 * 4096 }, { page: 16 }, { page: 16 });
    expect(run({ harvestEvery: 10, interleave }, accesses).simulation.harvests).toBe(2);
  });

  it.each(STRATEGIES.map(({ id }) => id))('runs %s on the last pages of the address space', (strategy) => {
    const base = 2 ** 52 - 512;
    const accesses = program(...Array.from({ length: 60 }, (_, i) => ({ page: base + (i % 4) * 3, cpu: i % 2 })));
    const result = run({ strategy, harvestEvery: 7, interleave, seed: 5 }, accesses);
    expect(result.simulation.writes).toBe(60);
    if (strategy !== 'adaptive') expect(staleFrames(result.end)).toBe(0);
  });

  it('counts the program time of each CPU from its first access where the source gives times', () => {
    const accesses = program({ page: 16, at: 1000 }, { page: 16, at: 10, cpu: 1 }, { page: 16, at: 35, cpu: 1 });
    expect(run({ interleave }, accesses).simulation.programNs(true)).toBe(25);
  });

  it('ends a program on one of several CPUs at the end of its source', () => {
    const result = run({ interleave, cpus: 2 }, program({ page: 16 }, { page: 16 }, { page: 17 }));
    result.simulation.finish(5000);
    expect(result.simulation.programNs(false)).toBe(5000);
  });
});

describe.each(['coarse', 'fine'] as const)('writes around the page tables, %s mode', (interleave) => {
  const blind = STRATEGIES.filter(({ cannotSee }) => cannotSee.length > 0).map(({ id }) => id);
  const seeing = STRATEGIES.filter(({ cannotSee }) => cannotSee.length === 0).map(({ id }) => id);
  const accesses = (kind: number) => {
    const batch = program({ page: 16 }, { page: 17 }, { page: 18 }, { page: 20 });
    batch.kind[2] = kind;
    return batch;
  };

  it.each(blind)('%s never hears of them', (strategy) => {
    for (const kind of [AccessKind.deviceWrite, AccessKind.kernelWrite]) {
      const { end, lines } = run({ strategy, interleave, harvestEvery: 0 }, accesses(kind));
      expect(staleFrames(end)).toBe(1);
      expect(lines.filter((line) => line.startsWith('write') && line.includes('cpu=-1'))).toHaveLength(1);
    }
  });

  it.each(seeing)('%s transfers them with the rest', (strategy) => {
    expect(staleFrames(run({ strategy, interleave, harvestEvery: 0 }, accesses(AccessKind.deviceWrite)).end)).toBe(0);
  });
});

it('lets no flush land between the parts of one instruction', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const crossing = { page: 16, offset: 4092, size: 8 };
    const accesses = program(...Array.from({ length: 80 }, (_, i) => ({ ...crossing, cpu: i % 2 })));
    const result = run({ strategy: 'pfn-mkwrite', interleave: 'fine', harvestEvery: 5, seed }, accesses);
    const onCpu0 = result.batches
      .flatMap((batch) =>
        Array.from({ length: batch.length }, (_, row) => ({
          kind: batch.kind[row]!,
          cpu: batch.cpu[row]!,
          page: batch.page[row]!,
        })),
      )
      .filter(({ cpu, kind }) => cpu === 0 && (kind === write.code || kind === flushAck.code));
    for (const [i, { kind, page }] of onCpu0.entries()) {
      if (kind === write.code && page === 16) expect(onCpu0[i + 1]).toMatchObject({ kind: write.code, page: 17 });
    }
  }
});

it.each(['pfn-mkwrite', 'hw-dirty', 'mprotect-sigsegv'])('%s walks and flushes VMA by VMA', (strategy) => {
  const result = run({ strategy, harvestEvery: 0, vmaGapPages: 10 }, program({ page: 16 }, { page: 100 }));
  const harvestFlushes = result.batches.flatMap((batch) =>
    Array.from({ length: batch.length }, (_, row) => row)
      .filter((row) => batch.kind[row] === flushSend.code && batch.slots[flushSend.slot.reason]![row] === 0)
      .map((row) => [batch.page[row], batch.slots[flushSend.slot.pages]![row]]),
  );
  expect(harvestFlushes).toEqual([
    [16, 1],
    [100, 1],
  ]);
});

it('lets no hardware set A or D where the architecture has none that does', () => {
  for (const arch of ['arm64', 'riscv64-svade']) {
    const accesses = program({ page: 16, load: true }, { page: 16 }, { page: 17 }, { page: 17, load: true });
    const { lines } = run({ strategy: 'hw-dirty', arch, harvestEvery: 1 }, accesses);
    expect(lines.filter((line) => line.startsWith('pte') && line.includes('cause=1 '))).toEqual([]);
  }
});
