/** The order of runs and their front, against the definitions taken literally. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import type { CriterionId, Figures } from './criteria.js';
import { paretoFront, type Rankable, ranked } from './ranking.js';

interface Named extends Rankable {
  readonly name: string;
}

function run(name: string, figures: Partial<Figures>, marks: readonly string[] = []): Named {
  return { name, marks, figures: figures as Figures };
}

const names = (runs: readonly Named[]): string => runs.map(({ name }) => name).join('');

describe('the order', () => {
  it.each<[string, Named[], CriterionId, string]>([
    ['is by the criterion', [run('b', { overhead: 2 }), run('a', { overhead: 1 })], 'overhead', 'ab'],
    [
      'is by any criterion',
      [run('b', { faults: 2, overhead: 1 }), run('a', { faults: 1, overhead: 5 })],
      'faults',
      'ab',
    ],
    [
      'goes on with overhead, bytes and lag',
      [
        run('d', { stall: 1, overhead: 1, bytes: 2, lag: 1 }),
        run('c', { stall: 1, overhead: 1, bytes: 1, lag: 2 }),
        run('b', { stall: 1, overhead: 1, bytes: 1, lag: 1 }),
        run('a', { stall: 0, overhead: 9, bytes: 9, lag: 9 }),
      ],
      'stall',
      'abcd',
    ],
    [
      'is as asked for where all is equal',
      [run('a', { overhead: 1, bytes: 1, lag: 1 }), run('b', { overhead: 1, bytes: 1, lag: 1 })],
      'overhead',
      'ab',
    ],
    [
      'has what loses writes last, ordered among themselves',
      [
        run('d', { overhead: 1 }, ['lost']),
        run('c', { overhead: 0 }, ['lost']),
        run('b', { overhead: 9 }),
        run('a', { overhead: 8 }),
      ],
      'overhead',
      'abcd',
    ],
  ])('%s', (_, runs, by, expected) => {
    expect(names(ranked(runs, by))).toBe(expected);
  });

  it('does not depend on the order in which runs come, but where all is equal', () => {
    const random = new Random(7);
    const runs = Array.from({ length: 40 }, (_, i) =>
      run(
        `${i};`,
        { overhead: random.below(3), bytes: random.below(3), lag: i },
        random.below(4) === 0 ? ['lost'] : [],
      ),
    );
    const expected = names(ranked(runs, 'overhead'));
    for (let round = 0; round < 20; round++) {
      const shuffled = [...runs].sort(() => random.below(3) - 1);
      expect(names(ranked(shuffled, 'overhead'))).toBe(expected);
      expect(names(ranked(ranked(shuffled, 'overhead'), 'overhead'))).toBe(expected);
    }
  });
});

describe('the Pareto front', () => {
  it.each([
    ['of one', [[1, 1]], [0]],
    [
      'has no point that another beats',
      [
        [1, 2],
        [2, 3],
      ],
      [0],
    ],
    [
      'has points that win at something each',
      [
        [1, 2],
        [2, 1],
      ],
      [0, 1],
    ],
    [
      'has equal points',
      [
        [1, 1],
        [1, 1],
        [2, 1],
      ],
      [0, 1],
    ],
    ['of nothing', [], []],
  ] as Array<[string, number[][], number[]]>)('%s', (_, points, expected) => {
    expect([...paretoFront(points)].sort((a, b) => a - b)).toEqual(expected);
  });

  it.each(Array.from({ length: 30 }, (_, seed) => seed + 1))('is the definition, seed %i', (seed) => {
    const random = new Random(seed);
    const dimensions = 1 + random.below(4);
    const points = Array.from({ length: random.below(60) }, () =>
      Array.from({ length: dimensions }, () => random.below(1 + random.below(12))),
    );
    const beats = (a: number[], b: number[]) => a.every((x, i) => x <= b[i]!) && a.some((x, i) => x < b[i]!);
    const expected = points.flatMap((point, i) => (points.some((other) => beats(other, point)) ? [] : [i]));
    expect([...paretoFront(points)].sort((a, b) => a - b)).toEqual(expected);
  });
});
