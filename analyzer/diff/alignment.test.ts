/** Trails of different writes: what is matched with what, what is left over, and why. */
import { describe, expect, it } from 'vitest';
import { drawn } from '../../replayer/testing/drawn.js';
import { diff, type DiffOptions } from './diff.js';

const compare = (a: string, b: string, options: DiffOptions = {}) => diff(drawn(a), drawn(b), options);
const reasonsOf = (a: string, b: string, align: DiffOptions['align']) =>
  compare(a, b, { align: align! }).alignment.reasons.map(({ reason, writes, lanes }) => [reason, ...writes, lanes]);

describe('what is left over', () => {
  it.each([
    ['write', 'nothing where they are the same', 'write 1\n write 2', 'write 1\n write 2', []],
    [
      'write',
      'from the first other write on',
      'write 1\n write 2\n write 3',
      'write 1\n write 4',
      [['other-write', 2, 1, 1]],
    ],
    ['write', 'what one CPU wrote more', 'write 1\n write 2', 'write 1', [['no-such-write', 1, 0, 1]]],
    [
      'write',
      'what a CPU wrote that the other has not',
      'write 1',
      'write 1\n cpu1 write 1',
      [['no-such-cpu', 0, 1, 1]],
    ],
    ['page', 'nothing where pages are written as often', 'write 1\n cpu1 write 2', 'write 2\n write 1', []],
    ['page', 'pages of one side', 'write 1\n write 1\n write 2', 'write 2\n write 3', [['page-not-written', 2, 1, 2]]],
    [
      'page',
      'writes beyond the count of the other',
      'write 1\n write 1\n write 2',
      'write 1\n write 2\n write 2',
      [['page-written-less', 1, 1, 2]],
    ],
    ['page', 'the same number in another space', 'write 1', 'write 1 space=1', [['page-not-written', 1, 1, 2]]],
    [
      'first-touch',
      'nothing where pages have other numbers',
      'write 1\n write 2\n write 1',
      'write 7\n write 5\n write 7',
      [],
    ],
    ['first-touch', 'pages beyond those of the other', 'write 1\n write 2', 'write 7', [['no-such-page', 1, 0, 1]]],
    [
      'first-touch',
      'writes beyond the count of the other',
      'write 1\n write 2\n write 2',
      'write 5\n write 6',
      [['page-written-less', 1, 0, 1]],
    ],
  ] as const)('by %s: %s', (align, _, a, b, expected) => {
    expect(reasonsOf(a, b, align)).toEqual(expected);
    expect(reasonsOf(b, a, align)).toEqual(expected.map(([reason, inA, inB, lanes]) => [reason, inB, inA, lanes]));
  });

  it('comes with examples, the first one of those with most', () => {
    const { reasons } = compare('write 1\n write 2\n write 2 offset=8\n write 2', 'write 1\n write 3', {
      align: 'page',
    }).alignment;
    expect(reasons).toMatchObject([
      {
        reason: 'page-not-written',
        examples: [[{ seq: 2, cpu: 0, ordinal: 2, page: 2 }], [{ seq: 2, ordinal: 2, page: 3 }]],
      },
    ]);
    const less = compare('write 1\n write 2\n write 2 offset=8', 'write 2\n write 1', { align: 'page' }).alignment;
    expect(less.reasons).toMatchObject([{ examples: [[{ seq: 3, page: 2, offset: 8 }], []] }]);
  });
});

describe('left to itself', () => {
  it.each([
    [
      'matches by CPU where the writes are the same',
      'write 1\n cpu1 write 2',
      'cpu1 write 2\n write 1',
      'write',
      false,
    ],
    ['matches by CPU where one trail is shorter', 'write 1\n write 2', 'write 1', 'write', false],
    ['matches by page where the first writes differ', 'write 1\n write 2', 'write 2\n write 1', 'page', true],
    ['matches by page where CPUs are others', 'write 1', 'cpu1 write 1', 'page', true],
    [
      'matches by page where late writes differ',
      `${'write 1\n'.repeat(5000)} write 2`,
      `${'write 1\n'.repeat(5000)} write 3`,
      'page',
      true,
    ],
  ] as const)('it %s', (_, a, b, by, chosen) => {
    expect(compare(a, b).alignment).toMatchObject({ by, chosen });
  });
});

describe('writes matched by page', () => {
  const a = 'map 1\n map 2\n fault 1 write-protect cost=100\n write 1\n pte 2 PWDA walker cost=30\n write 2';
  const b = 'map 1\n map 2\n write 2\n fault 1 write-protect cost=40\n write 1';

  it('are compared in what they did and cost, each under its own name', () => {
    const { writes, writeTotals } = compare(a, b);
    expect(writeTotals).toMatchObject({ differ: 2, cost: 2, costNs: [130, 40] });
    expect(writes).toMatchObject([
      {
        page: 1,
        differenceNs: -60,
        sides: [
          { seq: 4, n: 1, takenNs: 100 },
          { seq: 5, n: 2, takenNs: 40 },
        ],
      },
      {
        page: 2,
        differenceNs: -30,
        sides: [
          { seq: 6, n: 2, did: ['walker D'] },
          { seq: 3, n: 1, did: ['map', 'map'] },
        ],
      },
    ]);
  });

  it('are so whatever their pages are called, by first touch', () => {
    const other = b.replaceAll(/\b1\b(?=\n| write|$)/g, '91').replaceAll(/\b2\b/g, '92');
    const { alignment, pages } = compare(a, 'map 91\n fault 91 write-protect cost=100\n write 91\n write 92', {
      align: 'first-touch',
    });
    expect(other).not.toBe(b);
    expect(alignment).toMatchObject({ matched: 2, unmatched: [0, 0] });
    expect(pages).toMatchObject([{ page: 2, pageIn: [2, 92], sides: [{ costNs: 30 }, { costNs: 0 }] }]);
  });

  it('say nothing of divergence, and put harvest k beside harvest k', () => {
    const round = (page: number) =>
      `write ${page}\n harvest-begin 1\n report ${page}\n transfer ${page}\n harvest-end 1\n`;
    const report = compare(`map 1\n map 2\n ${round(1)}`, `map 1\n map 2\n write 2\n ${round(1)}`);
    expect(report).toMatchObject({ verdict: 'undecided', firstDivergence: null, epochsComparable: false });
    expect(report.epochs).toMatchObject([{ epochIn: [1, 1], pages: [1, 1], differs: false }]);
    expect(report.pageTotals.events.transfers).toEqual({ matched: 1, unmatched: [0, 0] });
  });
});

describe('what was found before the writes part', () => {
  const round = (k: number, ...told: string[]) => `harvest-begin ${k}\n ${told.join('\n')}\n harvest-end ${k}\n`;
  const start = `map 1\n write 1\n`;

  it('stands', () => {
    const report = compare(
      `${start} ${round(1, 'transfer 1')} write 1\n write 1`,
      `${start} ${round(1)} write 1\n write 2`,
    );
    expect(report).toMatchObject({ verdict: 'diverged', alignment: { by: 'page' }, firstDivergence: { write: 1 } });
  });

  it('and nothing after it', () => {
    const report = compare(
      `${start} write 1\n ${round(1, 'transfer 1')} write 3`,
      `${start} write 2\n ${round(1)} write 4`,
    );
    expect(report).toMatchObject({ verdict: 'undecided', firstDivergence: null, divergences: { total: 0 } });
  });
});

describe('the list of writes', () => {
  const text = (cost: number) =>
    Array.from({ length: 30 }, (_, i) => `fault ${i} write-protect cost=${cost * i}\n write ${i}`).join('\n');
  const listed = (options: DiffOptions) => compare(text(1), text(2), options);

  it.each([
    ['the first ones', { limit: 3 }, [2, 3, 4], 29],
    ['from one on', { limit: 3, from: 10 }, [10, 11, 12], 21],
    ['up to one', { limit: 30, from: 28, to: 29 }, [28, 29], 2],
    ['none beyond the end', { from: 99 }, [], 0],
  ])('holds %s', (_, writes, expected, inStretch) => {
    const report = listed({ writes });
    expect(report.writes.map(({ write }) => write)).toEqual(expected);
    expect(report.writeTotals).toMatchObject({ differ: 29, inStretch });
  });

  it('has the dearest beside it, whatever the stretch', () => {
    const { topWrites } = listed({ writes: { limit: 2, from: 5, to: 6 } });
    expect(topWrites.map(({ write, differenceNs }) => [write, differenceNs])).toEqual([
      [30, 29],
      [29, 28],
    ]);
  });

  it.each([
    ['cost', [29, 28]],
    ['faults', [0, 1]],
  ] as const)('and pages by %s', (by, expected) => {
    const other = `${text(1)}\n fault 0 spurious\n fault 0 spurious\n fault 1 spurious`;
    const a = by === 'cost' ? text(2) : other;
    expect(compare(text(1), a, { pages: { limit: 2, by } }).pages.map(({ page }) => page)).toEqual(expected);
  });
});
