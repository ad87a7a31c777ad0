/** Folding CPUs: which access is made where, and that no program time is lost or made up. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { type AccessBatch, AccessKind } from '../../simulator/index.js';
import { drain } from './drain.testing.js';
import { onCpus } from './on-cpus.js';
import type { AccessSource } from './source.js';

type Place = readonly [cpu: number, program: number];

/** Stores at those places; some of a batch come late where there is chance. */
function listed(places: readonly Place[], programTime: 'assumed' | 'given', random?: Random): AccessSource {
  let at = 0;
  return {
    meta: { kind: 'test', name: 'test', programTime, reads: true, parameters: {} },
    objectPages: 8,
    skipped: { lines: 2, firstLine: 1 },
    failure: null,
    progress: 0.5,
    programNs: 7,
    close() {},
    fill(batch: AccessBatch) {
      const before = batch.length;
      while (at < places.length && batch.length < batch.capacity) {
        const i = batch.length++;
        const [cpu, program] = places[at++]!;
        batch.page[i] = 16;
        batch.offset[i] = 0;
        batch.size[i] = 8;
        batch.cpu[i] = cpu;
        batch.kind[i] = AccessKind.store;
        batch.process[i] = 0;
        batch.program[i] = program;
      }
      const count = batch.length - before;
      return random !== undefined && random.below(2) === 0 ? Promise.resolve(count) : count;
    },
  };
}

async function folded(source: AccessSource, cpus: number): Promise<Place[]> {
  const accesses = await drain(onCpus(source, cpus), 3);
  return accesses.map(({ cpu, program }) => [cpu, program]);
}

/** Program time summed over CPUs, ns: up to the last access of each, from 0 or from its first. */
function spentNs(places: readonly Place[], programTime: 'assumed' | 'given'): number {
  const of = new Map<number, { first: number; last: number }>();
  for (const [cpu, program] of places) of.set(cpu, { first: of.get(cpu)?.first ?? program, last: program });
  return [...of.values()].reduce((sum, { first, last }) => sum + last - (programTime === 'given' ? first : 0), 0);
}

const PLACES: readonly Place[] = [
  [0, 100],
  [2, 90],
  [1, 110],
  [3, 30],
  [2, 130],
  [0, 101],
];

describe('accesses on another number of CPUs', () => {
  it.each([4, 8, 255])('stay as they are on %i', async (cpus) => {
    for (const programTime of ['assumed', 'given'] as const)
      expect(await folded(listed(PLACES, programTime), cpus)).toEqual(PLACES);
  });

  it.each([
    ['assumed: each CPU counts from 0', 'assumed', '0:100 0:190 1:110 1:140 0:230 0:231'],
    ['given: each CPU counts from its first access', 'given', '0:100 0:100 1:110 1:110 0:140 0:141'],
  ] as const)(
    'are made on CPU c modulo n, and take there what they took; times %s',
    async (_, programTime, expected) => {
      const places = await folded(listed(PLACES, programTime), 2);
      expect(places.map((place) => place.join(':')).join(' ')).toBe(expected);
    },
  );

  it('say what they knew, and how late it is', async () => {
    const source = onCpus(listed(PLACES, 'assumed'), 1);
    expect(source).toMatchObject({ objectPages: 8, skipped: { lines: 2 }, failure: null, progress: 0.5, programNs: 7 });
    await drain(source);
    expect(source.programNs).toBe(spentNs(PLACES, 'assumed'));
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('keep the sum of program time; no clock goes back; seed %i', async (seed) => {
    const random = new Random(seed);
    const clocks = Array.from({ length: 6 }, () => random.below(500));
    const places = Array.from({ length: 200 }, (): Place => {
      const cpu = random.below(6);
      return [cpu, (clocks[cpu]! += random.below(30))];
    });
    const cpus = 1 + random.below(6);
    for (const programTime of ['assumed', 'given'] as const) {
      const after = await folded(listed(places, programTime, random), cpus);
      expect(after.map(([cpu]) => cpu)).toEqual(places.map(([cpu]) => cpu % cpus));
      expect(spentNs(after, programTime)).toBe(spentNs(places, programTime));
      const clock = new Map<number, number>();
      for (const [cpu, program] of after) {
        expect(program).toBeGreaterThanOrEqual(clock.get(cpu) ?? 0);
        clock.set(cpu, program);
      }
    }
  });
});
