import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { Distribution } from './distribution.js';

const PERCENTS = [0, 1, 25, 50, 90, 99, 99.9, 100];

/** Nearest rank in a sorted list: the definition, taken literally. */
function literal(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(1, Math.ceil((percent * sorted.length) / 100)) - 1] ?? 0;
}

describe('a distribution', () => {
  it.each([1, 2, 3, 4])('agrees with the sorted list of its values, seed %i', (seed) => {
    const random = new Random(seed);
    const values = Array.from({ length: 1 + random.below(3000) }, () =>
      random.below(3) > 0 ? 0 : random.below(10 ** random.below(7)),
    );
    const distribution = new Distribution();
    for (const value of values) distribution.add(value);
    values.sort((a, b) => a - b);
    expect(distribution.exact).toBe(true);
    expect(distribution.max).toBe(values.at(-1));
    for (const percent of PERCENTS) expect(distribution.percentile(percent)).toBe(literal(values, percent));
  });

  it.each([
    [5000, 2 ** 40],
    [200_000, 2 ** 40],
    [200_000, 50_000],
  ])('is exact for %i values below %i, and for what comes after it was asked', (count, below) => {
    const random = new Random(count);
    const distribution = new Distribution();
    const values: number[] = [];
    for (const part of [1, 2]) {
      for (let i = 0; i < count / 2; i++) {
        const value = random.below(below);
        distribution.add(value);
        values.push(value);
      }
      distribution.add(part * 6000, 3);
      values.push(...Array.from({ length: 3 }, () => part * 6000));
      values.sort((a, b) => a - b);
      expect(distribution).toMatchObject({
        exact: true,
        count: values.length,
        min: values[0],
        max: values.at(-1),
        sum: values.reduce((sum, value) => sum + value, 0),
      });
      for (const percent of PERCENTS) expect(distribution.percentile(percent)).toBe(literal(values, percent));
      const times = new Map<number, number>();
      for (const value of values) times.set(value, (times.get(value) ?? 0) + 1);
      const visited: Array<[number, number]> = [];
      distribution.forEach((value, often) => visited.push([value, often]));
      expect(visited).toEqual([...times]);
    }
  });

  it.each([5, 6])('is off by less than 1.6 % once there are too many distinct values, seed %i', (seed) => {
    const random = new Random(seed);
    const values = Array.from({ length: 5000 }, () => random.below(2 ** 30));
    const distribution = new Distribution(1000);
    for (const value of values) distribution.add(value);
    values.sort((a, b) => a - b);
    expect(distribution.exact).toBe(false);
    expect(distribution.count).toBe(5000);
    expect(distribution.max).toBe(values.at(-1));
    for (const percent of PERCENTS) {
      const exact = literal(values, percent);
      expect(distribution.percentile(percent)).toBeLessThanOrEqual(exact);
      expect(distribution.percentile(percent)).toBeGreaterThan(exact * (1 - 0.016) - 1);
    }
  });

  it('is 0 where there is nothing', () => {
    expect(new Distribution().percentile(50)).toBe(0);
  });
});
