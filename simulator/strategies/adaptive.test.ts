/** vmwgfx's thresholds to the constant, and its promise: nothing lost while operations run to completion. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { fault, methodSwitch, report } from '../../traces/index.js';
import { AccessBatch } from '../index.js';
import { randomProgram, type Run, run, staleFrames } from '../testing/runs.js';

const METHODS = ['pagetable', 'mkwrite'];

/** A program that loads from some pages, then writes to others, one access each. */
function writesTo(pages: readonly number[], loadsFirst: readonly number[] = []): AccessBatch {
  const accesses = [...loadsFirst, ...pages];
  const batch = new AccessBatch(Math.max(1, accesses.length));
  for (const [i, page] of accesses.entries()) {
    batch.page[i] = 0x1000 + page;
    batch.size[i] = 8;
    batch.kind[i] = i < loadsFirst.length ? 1 : 0;
    batch.program[i] = i + 1;
  }
  batch.length = accesses.length;
  return batch;
}

/** What happened, in order: harvests with the pages they reported, faults, and switches. */
function story(result: Run): string[] {
  const words: string[] = [];
  for (const { kind, length, slots } of result.batches) {
    for (let row = 0; row < length; row++) {
      if (kind[row] === fault.code) words.push('fault');
      if (kind[row] === report.code) words.push(`report ${slots[report.slot.pages]![row]}`);
      if (kind[row] === methodSwitch.code) words.push(`to ${METHODS[slots[methodSwitch.slot.to]![row]!]}`);
    }
  }
  return words;
}

describe('the choice at the start', () => {
  it.each([
    { objectPages: 511, faults: 0 },
    { objectPages: 512, faults: 1 },
  ])('takes $faults faults for the first write to an object of $objectPages pages', ({ objectPages, faults }) => {
    const words = story(run({ strategy: 'adaptive', objectPages, harvestEvery: 0 }, writesTo([0])));
    expect(words).toEqual([...Array(faults).fill('fault'), 'report 1']);
  });

  it('refuses an object of unknown size', () => {
    expect(() => run({ strategy: 'adaptive', objectPages: undefined as unknown as number }, writesTo([0]))).toThrow(
      /--object-pages/,
    );
  });
});

describe('from write protection to D bits', () => {
  // 600 pages, harvested every 66 writes: 66 protected entries are 11 percent, 65 are 10 by integer division.
  const rounds = (pages: number, times: number) =>
    Array.from({ length: times }, () => Array.from({ length: pages }, (_, page) => page)).flat();
  const harvests = (pages: number, times: number) =>
    run({ strategy: 'adaptive', objectPages: 600, harvestEvery: pages }, writesTo(rounds(pages, times)));

  it('changes on the third scan in a row above 10 percent', () => {
    expect(story(harvests(66, 2))).not.toContain('to pagetable');
    expect(story(harvests(66, 3))).toContain('to pagetable');
  });

  it('does not change at 10 percent', () => {
    expect(story(harvests(65, 8))).not.toContain('to pagetable');
  });

  it('reports the whole interval once, written or not, and takes one more wave of faults', () => {
    // 100 pages are mapped by loads, 60 of them written in each epoch: 11 percent of 512.
    const pages = Array.from({ length: 100 }, (_, page) => page);
    const written = pages.filter((page) => page < 59 || page === 99);
    const program = writesTo(Array.from({ length: 4 }, () => written).flat(), pages);
    const words = story(run({ strategy: 'adaptive', objectPages: 512, harvestEvery: 60 }, program));
    const change = words.indexOf('to pagetable');
    expect(words.slice(0, change).filter((word) => word === 'fault')).toHaveLength(3 * 60);
    expect(words.slice(change + 1)).toEqual(['report 100', ...Array(60).fill('fault'), 'report 59', 'report 1']);
  });
});

describe('from D bits to write protection', () => {
  it('changes on the third scan in a row that finds nothing dirty', () => {
    const program = writesTo([0, 1, 2]);
    const result = run(
      { strategy: 'adaptive', objectPages: 8, harvestEvery: 1, mutations: ['no-flush'] },
      writesTo([0, 0, 0, 0, 0]),
    );
    // Without a flush the stores after the first leave no D: scans 2, 3 and 4 find nothing.
    expect(story(result).filter((word) => word.startsWith('to '))).toEqual(['to mkwrite']);
    expect(story(run({ strategy: 'adaptive', objectPages: 8, harvestEvery: 1 }, program))).not.toContain('to mkwrite');
  });
});

it('loses nothing in coarse mode, whatever it changes to', () => {
  for (let seed = 1; seed <= 150; seed++) {
    const random = new Random(seed);
    const objectPages = random.below(2) === 0 ? 20 : 512 + random.below(100);
    const program = randomProgram(seed, {
      accesses: 600,
      pages: 5 + random.below(150),
      cpus: 1 + (seed % 3),
      reads: 0.2,
    });
    const result = run({ strategy: 'adaptive', objectPages, harvestEvery: 5 + random.below(120), seed }, program);
    expect(staleFrames(result.end)).toBe(0);
  }
});

it('has a window between mark and entry in which an interleaved harvest loses a write', () => {
  const losing = Array.from({ length: 300 }, (_, seed) => seed).filter((seed) => {
    const program = randomProgram(seed, { accesses: 200, pages: 3, cpus: 2, reads: 0 });
    return (
      staleFrames(
        run({ strategy: 'adaptive', objectPages: 600, interleave: 'fine', harvestEvery: 4, seed }, program).end,
      ) > 0
    );
  });
  expect(losing.length).toBeGreaterThan(0);
});
