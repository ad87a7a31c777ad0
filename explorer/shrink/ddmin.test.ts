/** Delta debugging as a function: whatever decides, what comes out shows it and is 1-minimal. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { ddmin } from './ddmin.js';

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed + 1);

/** What is left of the items, and what was asked. */
function minimised(items: readonly number[], shows: (kept: readonly number[]) => boolean) {
  const asked: Array<readonly number[]> = [];
  const asking = ddmin(items);
  let turn = asking.next();
  while (!turn.done) {
    asked.push(turn.value);
    turn = asking.next(shows(turn.value));
  }
  return { left: turn.value, asked };
}

function expectMinimal(left: readonly number[], shows: (kept: readonly number[]) => boolean): void {
  expect(shows(left)).toBe(true);
  for (let at = 0; at < left.length; at++) expect(shows(left.toSpliced(at, 1))).toBe(false);
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at);

describe('ddmin', () => {
  it.each(SEEDS)('finds exactly what is needed, where more never hurts (seed %i)', (seed) => {
    const random = new Random(seed);
    const items = upTo(1 + random.below(200));
    const needed = items.filter(() => random.below(items.length) < 4);
    const shows = (kept: readonly number[]) => needed.every((one) => kept.includes(one));
    expect(minimised(items, shows).left).toEqual(needed);
  });

  it.each(SEEDS)('is 1-minimal, where several sets would do and more may hurt (seed %i)', (seed) => {
    const random = new Random(seed);
    const items = upTo(2 + random.below(40));
    const pick = () => items.filter(() => random.below(items.length) < 3);
    const wanted = [pick(), pick(), pick()].filter((one) => one.length > 0);
    const spoils = random.below(items.length);
    const cure = random.below(items.length);
    const shows = (kept: readonly number[]) =>
      kept.length === items.length ||
      (wanted.some((set) => set.every((one) => kept.includes(one))) && (!kept.includes(spoils) || kept.includes(cure)));
    const { left } = minimised(items, shows);
    expectMinimal(left, shows);
  });

  it.each(SEEDS)('is 1-minimal whatever decides, as a seeded coin for each list (seed %i)', (seed) => {
    const items = upTo(12);
    const shows = (kept: readonly number[]) => {
      const mask = kept.reduce((sum, one) => sum | (1 << one), 0);
      return kept.length === items.length || new Random(seed * 10_007 + mask).below(4) === 0;
    };
    const { left } = minimised(items, shows);
    expectMinimal(left, shows);
  });

  it('keeps the order, and asks of nothing but shorter lists', () => {
    const items = [5, 3, 9, 1, 7, 2];
    const shows = (kept: readonly number[]) => kept.includes(9) && kept.includes(7);
    const { left, asked } = minimised(items, shows);
    expect(left).toEqual([9, 7]);
    for (const kept of asked) {
      expect(kept.length).toBeLessThan(items.length);
      expect(items.filter((item) => kept.includes(item))).toEqual(kept);
    }
  });

  it('asks few questions about long lists', () => {
    const { left, asked } = minimised(upTo(10_000), (kept) => kept.includes(1234) && kept.includes(8765));
    expect(left).toEqual([1234, 8765]);
    expect(asked.length).toBeLessThan(120);
  });

  it('asks only once of each part where it need not be thorough, and still gives what shows it', () => {
    for (const seed of SEEDS) {
      const shows = (kept: readonly number[]) =>
        kept.length === 64 || new Random(seed * 10_007 + kept.reduce((sum, one) => sum * 31 + one, 7)).below(3) === 0;
      const asking = ddmin(upTo(64), false);
      let asked = 0;
      let turn = asking.next();
      for (; !turn.done; asked++) turn = asking.next(shows(turn.value));
      expect(shows(turn.value)).toBe(true);
      expect(asked).toBeLessThan(128);
    }
  });

  it('leaves nothing where nothing is needed', () => {
    expect(minimised(upTo(5), () => true).left).toEqual([]);
    expect(minimised([], () => true)).toEqual({ left: [], asked: [] });
  });
});
