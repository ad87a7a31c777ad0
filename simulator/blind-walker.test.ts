/** A walker that sets D without looking at the entry again (erratum KNL4): it tells of writes that were not, and loses none. */
import { describe, expect, it } from 'vitest';
import { PTE_CAUSES, PTE_DIRTY, PTE_WRITABLE, pte, pteLayout } from '../traces/index.js';
import { AccessKind } from './index.js';
import { randomProgram, type Run, run, staleFrames } from './testing/runs.js';

const WALKER = PTE_CAUSES.indexOf('walker');

/** Entries in which the walker set D although they had lost W. */
function strayBits({ batches }: Run): number {
  const layout = pteLayout('x86-64');
  let stray = 0;
  for (const { kind, length, slots } of batches) {
    for (let row = 0; row < length; row++) {
      if (kind[row] !== pte.code || slots[pte.slot.cause]![row] !== WALKER) continue;
      const flags = layout.flags(slots[pte.slot.newLow]![row]!, slots[pte.slot.newHigh]![row]!);
      if (flags & PTE_DIRTY && (flags & PTE_WRITABLE) === 0) stray++;
    }
  }
  return stray;
}

describe.each([
  { walker: 'recheck', expected: false },
  { walker: 'blind', expected: true },
])('$walker', ({ walker, expected }) => {
  it(`${expected ? 'sets' : 'never sets'} D in an entry without W, and no write is lost`, () => {
    let stray = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const shape = { accesses: 200, pages: 4, cpus: 4, reads: 0.2, operations: [AccessKind.unmap] };
      const result = run(
        { strategy: 'hw-dirty', walker, interleave: 'fine', harvestEvery: 9, seed },
        randomProgram(seed, shape),
      );
      stray += strayBits(result);
      expect(staleFrames(result.end), `seed ${seed}`).toBe(0);
    }
    expect(stray > 0).toBe(expected);
  });
});
