import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { Recency } from './recency.js';

/** The definition, taken literally. */
function naive(touched: readonly number[], at: number): number {
  const before = touched.lastIndexOf(touched[at]!, at - 1);
  return at === 0 || before < 0 ? -1 : new Set(touched.slice(before + 1, at)).size;
}

describe('recency', () => {
  it.each([
    ['the same page', [7, 7, 7], [-1, 0, 0]],
    ['two in turn', [1, 2, 1, 2], [-1, -1, 1, 1]],
    ['one between, twice', [1, 2, 2, 1], [-1, -1, 0, 1]],
    ['a far page', [0, 5000, 0], [-1, -1, 1]],
  ])('%s', (_, touched, expected) => {
    const recency = new Recency();
    expect(touched.map((page) => recency.touch(page))).toEqual(expected);
  });

  it.each([1, 2, 3, 4, 5, 6])('counts as the definition does, whatever the stamps do, seed %i', (seed) => {
    const random = new Random(seed);
    const pages = [1, 5, 40, 200, 700, 1500][seed - 1]!;
    const touched = Array.from({ length: 3000 }, () =>
      random.below(3) === 0 ? random.below(Math.min(4, pages)) : random.below(pages),
    );
    // 32 stamps run out at once, again and again.
    const recency = new Recency(32);
    for (const [at, page] of touched.entries()) expect(recency.touch(page), `touch ${at}`).toBe(naive(touched, at));
    expect(recency.pages).toBe(new Set(touched).size);
  });
});
