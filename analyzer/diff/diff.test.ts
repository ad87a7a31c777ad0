import { describe, expect, it } from 'vitest';
import { drawn, type DrawnOptions } from '../../replayer/testing/drawn.js';
import { diff, type DiffOptions, type DiffReport } from './diff.js';

const MAPS = 'map 16\n map 17\n map 18\n';
const harvest = (number: number, ...steps: string[]) =>
  `harvest-begin ${number}\n${steps.join('\n')}\n harvest-end ${number}\n`;
const told = (page: number) => `report ${page}\n transfer ${page} cost=10`;

/** Three writes, a harvest that tells of both pages; one write, a harvest that tells of its page. */
const GOOD = `${MAPS}
  write 16
  write 17
  write 16 offset=8
  ${harvest(1, told(16), told(17))}
  write 17
  ${harvest(2, told(17))}
`;
/** The same, cut off in the middle. */
const FIRST_EPOCH = GOOD.slice(0, GOOD.indexOf('write 17', GOOD.indexOf('harvest-end 1')));

function compare(a: string, b: string, options: DiffOptions & DrawnOptions = {}): DiffReport {
  return diff(drawn(a, options), drawn(b, options), options);
}

describe('two trails that agree', () => {
  const report = compare(GOOD, GOOD, { events: true, names: ['x.trail', 'y.trail'] });

  it('are the same', () => {
    expect(report).toMatchObject({
      verdict: 'same',
      aligned: true,
      misalignment: null,
      firstDivergence: null,
      epochsComparable: true,
      epochCounts: [2, 2],
      settings: [],
      firstEvent: null,
    });
    expect(report.sides.map(({ trail }) => trail)).toEqual(['x.trail', 'y.trail']);
  });

  it('have the same epochs', () => {
    const none = { onlyIn: [[], []], onlyInTotal: [0, 0], staleOnlyInTotal: [0, 0], differs: false, faults: [0, 0] };
    expect(report.epochs).toEqual([
      {
        epoch: 1,
        epochIn: [1, 1],
        writes: 3,
        pages: [2, 2],
        ...none,
        bytesTransferred: [8192, 8192],
        overheadNs: [20, 20],
      },
      {
        epoch: 2,
        epochIn: [2, 2],
        writes: 4,
        pages: [1, 1],
        ...none,
        bytesTransferred: [4096, 4096],
        overheadNs: [10, 10],
      },
    ]);
  });

  it('may differ in what it cost, epoch by epoch', () => {
    const other = GOOD.replaceAll('write 17', 'fault 17 cost=7\n write 17').replace(
      'write 17',
      'fault 17 cost=5\n write 17',
    );
    const { epochs, firstDivergence } = compare(GOOD, other);
    expect(firstDivergence).toBeNull();
    expect(epochs.map(({ faults, overheadNs }) => ({ faults, overheadNs }))).toEqual([
      { faults: [0, 2], overheadNs: [20, 32] },
      { faults: [0, 1], overheadNs: [10, 17] },
    ]);
  });

  it.each([
    ['when one also tells what its kernel did', GOOD.replaceAll('write 17', 'pte 17 PWDA walker\n write 17')],
    ['when one took longer', GOOD.replaceAll('write 17', 'write 17 @9000')],
    ['when one played loads', GOOD.replaceAll('write 16', 'read 18\n write 16')],
    [
      'when one tells of the same pages in another order',
      GOOD.replace(`${told(16)}\n${told(17)}`, `${told(17)}\n${told(16)}`),
    ],
    ['when one tells of them as a range', GOOD.replace(`${told(16)}\n${told(17)}`, 'report 16+2\n transfer 16+2')],
    ['when one tells of a page twice', GOOD.replace(told(16), `report 16\n${told(16)}`)],
    ['when its frames have other numbers', GOOD.replace('map 16', 'map 16 frame=3')],
  ])('are the same %s', (_, other) => {
    expect(other).not.toBe(GOOD);
    for (const report of [compare(GOOD, other), compare(other, GOOD)]) {
      expect(report).toMatchObject({ verdict: 'same', aligned: true, firstDivergence: null });
    }
  });
});

describe('the first divergence', () => {
  it('is in the epoch where a page is told of on one side only, after the last write before its harvest', () => {
    const other = GOOD.replace(harvest(2, told(17)), harvest(2, 'report 17', told(18)));
    const report = compare(GOOD, other);
    expect(report).toMatchObject({ verdict: 'diverged', aligned: true });
    expect(report.firstDivergence).toEqual({
      write: 4,
      seqs: [13, 13],
      epochs: [2, 2],
      cpu: 0,
      ordinal: 4,
      epoch: 2,
      reportedOnlyIn: [[], [18]],
      reportedOnlyInTotal: [0, 1],
      staleOnlyIn: [[], [17]],
      staleOnlyInTotal: [0, 1],
    });
    expect(report.epochs.map(({ pages, onlyIn }) => ({ pages, onlyIn }))).toEqual([
      { pages: [2, 2], onlyIn: [[], []] },
      { pages: [1, 2], onlyIn: [[], [18]] },
    ]);
  });

  it('names each side’s own event, and turns round with the sides', () => {
    const other = GOOD.replaceAll('write', 'tlb-fill 16 W\n write').replace(told(16), '');
    const [there, back] = [compare(GOOD, other).firstDivergence, compare(other, GOOD).firstDivergence];
    expect(there).toMatchObject({
      write: 3,
      seqs: [6, 9],
      epoch: 1,
      reportedOnlyIn: [[16], []],
      staleOnlyIn: [[], [16]],
    });
    expect(back).toMatchObject({
      write: 3,
      seqs: [9, 6],
      epoch: 1,
      reportedOnlyIn: [[], [16]],
      staleOnlyIn: [[16], []],
    });
  });

  it('is also where the same pages are told of and the bytes of one are not transferred', () => {
    const report = compare(GOOD, GOOD.replace(told(17), 'report 17'));
    expect(report.firstDivergence).toMatchObject({ epoch: 1, reportedOnlyInTotal: [0, 0], staleOnlyIn: [[], [17]] });
  });

  it('is not where both sides lack the same', () => {
    const without = GOOD.replace(told(16), '');
    expect(compare(without, without)).toMatchObject({ verdict: 'same', firstDivergence: null });
  });

  it('ends where both know the same again', () => {
    const lines = [1, 2, 3, 4, 5, 6].map((k) => ` write 16\n ${harvest(k, told(16))}`);
    const others = lines.map((line, i) => (i === 1 || i === 2 || i === 4 ? line.replace(told(16), '') : line));
    const report = compare(MAPS + lines.join(''), MAPS + others.join(''));
    expect(report.firstDivergence).toMatchObject({ write: 2, epochs: [2, 2] });
    expect(report.reconverges).toMatchObject({ write: 4, epochs: [4, 4] });
    expect(report.divergences).toMatchObject({
      total: 2,
      stretches: [
        { from: { write: 2 }, to: { write: 4 } },
        { from: { write: 5 }, to: { write: 6 } },
      ],
    });
    const never = compare(MAPS + lines.join(''), MAPS + lines.join('').replaceAll(told(16), 'report 16'));
    expect(never).toMatchObject({ reconverges: null, divergences: { total: 1, stretches: [{ to: null }] } });
  });

  it('comes later than an epoch in which both lack the same', () => {
    const one = `${MAPS} write 16\n ${harvest(1)} write 17\n ${harvest(2, told(17))} write 18\n ${harvest(3, told(18), told(16))}`;
    const two = one.replace(told(16), '');
    expect(compare(one, two).firstDivergence).toMatchObject({
      epoch: 3,
      reportedOnlyIn: [[16], []],
      staleOnlyIn: [[], [16]],
    });
  });

  it('does not count a write beside the harvest against it', () => {
    const before = `${MAPS} write 16\n ${harvest(1, told(16))} write 17\n ${harvest(2, told(16), told(17))}`;
    const beside = `${MAPS} write 16\n harvest-begin 1\n ${told(16)}\n write 17\n harvest-end 1\n ${harvest(2, told(16), told(17))}`;
    expect(compare(before, beside)).toMatchObject({ verdict: 'same', firstDivergence: null });
  });

  it('sees what a write to a shared frame leaves stale', () => {
    const shared = `map 16 frame=5\n map 17 frame=5\n write 16\n`;
    const report = compare(shared + harvest(1, told(17)), shared + harvest(1, 'report 17'));
    expect(report.firstDivergence).toMatchObject({ staleOnlyIn: [[], [16, 17]] });
  });

  it('sees what a move into the frame of another page leaves stale', () => {
    const moved = `map 16 frame=5\n map 17 frame=6\n write 16\n frame-move 16 newFrame=6\n`;
    const report = compare(moved + harvest(1, told(17)), moved + harvest(1, 'report 17'));
    expect(report.firstDivergence).toMatchObject({ staleOnlyIn: [[], [16, 17]] });
  });

  it('sees a write through a TLB entry of a frame that another page has by now', () => {
    const text = `map 16 frame=5\n tlb-fill 16 WD frame=5\n unmap 16 frame=5\n map 17 frame=5\n write 16\n`;
    const report = compare(text + harvest(1, 'report 16', 'transfer 17'), text + harvest(1, 'report 16'));
    expect(report.firstDivergence).toMatchObject({ staleOnlyIn: [[], [17]] });
  });

  it('is found where a source saw harvests end and none begin', () => {
    const report = compare('map 16\n write 16\n transfer 16\n harvest-end 1', 'map 16\n write 16\n harvest-end 1');
    expect(report.firstDivergence).toMatchObject({ write: 1, seqs: [2, 2], staleOnlyIn: [[], [16]] });
  });

  it('lists 64 pages and counts them all', () => {
    const report = compare(MAPS + harvest(1, 'report 100+1000000000'), MAPS + harvest(1));
    expect(report.firstDivergence!.write).toBe(0);
    expect(report.epochs[0]).toMatchObject({ pages: [1e9, 0], onlyInTotal: [1e9, 0] });
    expect(report.epochs[0]!.onlyIn[0]).toEqual(Array.from({ length: 64 }, (_, i) => 100 + i));
  });
});

describe('trails of different writes', () => {
  it.each([
    ['another page', 'write 17\n write 18', 'write 17\n write 16', { cpu: 0, ordinal: 2, seqs: [2, 2] }],
    ['another offset', 'write 17', 'write 17 offset=1', { cpu: 0, ordinal: 1, seqs: [1, 1] }],
    ['another size', 'write 17', 'write 17 size=4', { cpu: 0, ordinal: 1, seqs: [1, 1] }],
    ['another space', 'write 17', 'write 17 space=1', { cpu: 0, ordinal: 1, seqs: [1, 1] }],
    ['another CPU', 'write 17', 'cpu1 write 17', { cpu: 0, ordinal: 1, seqs: [1, null] }],
    ['one more', 'write 17', 'write 17\n gap overrun\n write 17', { cpu: 0, ordinal: 2, seqs: [null, 3] }],
    ['one less', 'write 17\n gap overrun\n write 17', 'write 17', { cpu: 0, ordinal: 2, seqs: [3, null] }],
    ['a far page', `write ${2 ** 40 + 5}`, 'write 5', { cpu: 0, ordinal: 1, seqs: [1, 1] }],
  ])('are not aligned: %s', (_, a, b, misalignment) => {
    expect(compare(a, b)).toMatchObject({ aligned: false, misalignment, verdict: 'undecided' });
  });

  it('are told from the same writes in another interleaving of the CPUs', () => {
    const a = 'write 16\n cpu1 write 20\n write 17\n cpu1 write 21';
    expect(compare(a, 'cpu1 write 20\n cpu1 write 21\n write 16\n write 17')).toMatchObject({
      aligned: true,
      verdict: 'same',
    });
    expect(compare(a, 'cpu1 write 20\n cpu1 write 21\n write 17\n write 16').misalignment).toEqual({
      cpu: 0,
      ordinal: 1,
      seqs: [1, 3],
    });
  });

  it.each([1, 4095, 4096, 4097, 8192, 9000])('are located exactly in long trails: write %i of CPU 1', (ordinal) => {
    const lines = Array.from({ length: 18_001 }, (_, i) => `cpu${i % 2} write ${i % 7} offset=${i % 5}`);
    const others = [...lines];
    others[2 * ordinal - 1] += ' size=2';
    const options = { chunkEvents: 5000 };
    expect(compare(lines.join('\n'), others.join('\n'), options).misalignment).toEqual({
      cpu: 1,
      ordinal,
      seqs: [2 * ordinal, 2 * ordinal],
    });
    expect(compare(lines.join('\n'), lines.join('\n'), options).aligned).toBe(true);
  });

  it('compare the epochs of a trail that was killed as far as it goes', () => {
    const report = diff(drawn(GOOD), drawn(FIRST_EPOCH, { ending: null }));
    expect(report).toMatchObject({
      verdict: 'undecided',
      aligned: false,
      misalignment: { cpu: 0, ordinal: 4, seqs: [13, null] },
      firstDivergence: null,
      epochsComparable: true,
      epochCounts: [2, 1],
    });
    expect(report.epochs).toHaveLength(1);
    expect(report.sides[1]!.cost.complete).toBe(false);
  });
});

describe('epochs that were closed after different writes', () => {
  const seldom = `${MAPS} write 16\n write 17\n ${harvest(1, told(16), told(17))}`;
  const often = `${MAPS} write 16\n ${harvest(1, told(16))} write 17\n ${harvest(2, told(17))}`;

  it('part the consumers at the harvest that one has alone, and bring them together at the next common one', () => {
    const report = compare(seldom, often);
    expect(report).toMatchObject({
      verdict: 'diverged',
      aligned: true,
      epochsComparable: false,
      epochCounts: [1, 2],
      firstDivergence: {
        write: 1,
        seqs: [4, 4],
        epochs: [null, 1],
        epoch: 1,
        reportedOnlyIn: [[], [16]],
        staleOnlyIn: [[16], []],
      },
      reconverges: { write: 2, seqs: [5, 9], epochs: [1, 2] },
      divergences: { total: 1 },
    });
    expect(report.epochs).toMatchObject([
      { epoch: 1, epochIn: [1, 2], writes: 2, pages: [2, 2], differs: false, bytesTransferred: [8192, 8192] },
    ]);
  });

  it('do not part them where the harvest tells nothing and brings nothing', () => {
    const idle = `${MAPS} write 16\n write 17\n ${harvest(1, told(16), told(17))}`;
    const busy = `${MAPS}${harvest(1)} write 16\n write 17\n ${harvest(2, told(16), told(17))}`;
    expect(compare(idle, busy)).toMatchObject({ verdict: 'same', epochsComparable: false, firstDivergence: null });
  });

  it('are not judged beyond the end of a trail that was cut short', () => {
    const whole = `${MAPS} write 16\n ${harvest(1, told(16))}`;
    const cut = drawn(`${MAPS} write 16\n`, { ending: null });
    expect(diff(drawn(whole), cut)).toMatchObject({ verdict: 'undecided', firstDivergence: null });
    expect(compare(whole, `${MAPS} write 16\n`)).toMatchObject({ verdict: 'diverged', firstDivergence: { write: 1 } });
  });

  it('do not undo what was found before them', () => {
    const diverging = `${MAPS} write 16\n ${harvest(1)} write 17\n write 17\n ${harvest(2, told(17))}`;
    const report = compare(`${often} write 17\n`, diverging);
    expect(report).toMatchObject({
      verdict: 'diverged',
      epochsComparable: false,
      firstDivergence: { epoch: 1, write: 1 },
    });
    expect(report.epochs).toHaveLength(1);
  });

  it('leave those before them compared', () => {
    const report = compare(
      `${often} write 16\n ${harvest(3, told(16))}`,
      `${often} write 16\n write 16\n ${harvest(3, told(16))}`,
    );
    expect(report.epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
  });
});

describe('the first event that differs', () => {
  it.each([
    ['in kind', 'write 16\n map 16', 'write 16\n unmap 16', 2, ['kind']],
    ['in time', 'write 16\n write 16 program=20 @99', 'write 16\n write 16 program=20 @98', 2, ['timeNs']],
    ['in CPU', 'cpu1 map 16', 'map 16', 1, ['cpu']],
    ['in page and frame', 'map 16', 'map 17', 1, ['page', 'frame']],
    ['in a field', 'write 16\n fault 16 cost=3', 'write 16\n fault 16 cost=4', 2, ['cost']],
    ['because one trail has ended', 'write 16\n write 16', 'write 16', 2, ['end']],
  ])('%s', (_, a, b, seq, differs) => {
    for (const chunkEvents of [1, 2, 100]) {
      expect(compare(a, b, { events: true, chunkEvents }).firstEvent).toMatchObject({ seq, differs });
    }
  });

  it('is shown whole', () => {
    const { events } = compare('write 16', 'fault 16 PW write-protect cost=9', { events: true }).firstEvent!;
    expect(events).toEqual([
      { seq: 1, timeNs: 10, cpu: 0, space: 0, kind: 'write', page: 16, fields: { offset: 0, size: 8, program: 10 } },
      { seq: 1, timeNs: 10, cpu: 0, space: 0, kind: 'fault', page: 16, fields: { error: 3, handler: 1, cost: 9 } },
    ]);
  });

  it('is looked for only when asked', () => {
    expect(compare(GOOD, `${GOOD} gap overrun`)).not.toHaveProperty('firstEvent');
  });
});

it('tells what the trails were recorded with', () => {
  const other = drawn(GOOD, { meta: { strategy: 'pfn-mkwrite', carriers: ['bitmap'] } });
  const report = diff(drawn(GOOD), other);
  expect(report.settings).toEqual([
    { name: 'strategy', values: ['hw-dirty', 'pfn-mkwrite'] },
    { name: 'carriers', values: [['pte-dirty', 'bitmap'], ['bitmap']] },
  ]);
  expect(report.sides.map(({ strategy }) => strategy)).toEqual(['hw-dirty', 'pfn-mkwrite']);
});
