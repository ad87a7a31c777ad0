import { describe, expect, it } from 'vitest';
import { TrailFormatError } from '../../base/index.js';
import { carrierCode, mark } from '../../traces/index.js';
import { drawn, DRAWN_META, type DrawnOptions } from '../testing/drawn.js';
import { NaiveFold } from '../testing/naive-fold.js';
import { randomEvents, randomMeta } from '../testing/random-events.js';
import { Fold } from './index.js';

const SEEDS =
  process.env['PAGETRAIL_SEED'] === undefined
    ? Array.from({ length: 60 }, (_, seed) => seed)
    : [Number(process.env['PAGETRAIL_SEED'])];

function foldOf(text: string, options: DrawnOptions = {}): Fold {
  const trail = drawn(text, options);
  const fold = new Fold(trail.meta);
  for (const batch of trail.batches) fold.apply(batch);
  return fold;
}

function naive(seed: number): NaiveFold {
  const fold = new NaiveFold(randomMeta(seed));
  fold.apply(randomEvents(seed, 1500));
  return fold;
}

describe('the fold of random events', () => {
  it.each(SEEDS)('seed %i: equals the plain fold, whole, row by row, and from a snapshot on', (seed) => {
    const batch = randomEvents(seed, 1500);
    const meta = randomMeta(seed);
    const plain = naive(seed);
    const expected = plain.snapshot();

    const whole = new Fold(meta);
    whole.apply(batch);
    expect(whole.snapshot()).toEqual(expected);
    for (let page = 0; page < whole.pages.count; page++) {
      const at = [whole.pages.space[page]!, whole.pages.page[page]!] as const;
      expect([...at, whole.pteFlags(page)]).toEqual([...at, plain.flags(...at)]);
      expect([...at, whole.isMarked(page)]).toEqual([...at, plain.isMarked(...at)]);
    }

    const rowByRow = new Fold(meta);
    for (let row = 0; row < batch.length; row++) rowByRow.apply(batch, row, row + 1);
    expect(rowByRow.snapshot()).toEqual(expected);

    const cut = 1 + ((seed * 379) % (batch.length - 1));
    const first = new Fold(meta);
    first.apply(batch, 0, cut);
    const resumed = new Fold(meta);
    resumed.apply(batch, 0, 40); // rubbish that load must replace
    resumed.load(first.snapshot());
    expect(resumed.snapshot()).toEqual(first.snapshot());
    resumed.apply(batch, cut, batch.length);
    expect(resumed.snapshot()).toEqual(expected);
  });

  it('covers what it claims to: entries, marks, TLB entries and generations all occur', () => {
    const all = SEEDS.map((seed) => naive(seed).snapshot());
    expect(all.some((s) => s.tlbs.cpu.length > 8)).toBe(true);
    expect(all.some((s) => s.pages.marks.some((marks) => marks !== 0))).toBe(true);
    expect(
      all.some((s) => s.frames.generation.some((g, i) => g > s.frames.captured[i]! && s.frames.captured[i]! > 0)),
    ).toBe(true);
    expect(all.some((s) => s.frames.cached.some((writes) => writes > 0))).toBe(true);
    expect(all.some((s) => s.tlbs.cpu.includes(-1))).toBe(true);
    const guestsAlone = all.filter((s, seed) => seed & 1 && s.frames.memory.includes(2));
    expect(guestsAlone.some(({ frames: { frame } }) => frame.some((number, i) => number === frame[i - 1]))).toBe(true);
  });
});

describe('where a write goes', () => {
  const frameGenerations = (text: string) => {
    const { frames } = foldOf(text).snapshot();
    return Object.fromEntries([...frames.frame].map((frame, i) => [frame, frames.generation[i]]));
  };

  it.each<[string, string, Record<number, number>]>([
    ["no TLB entry: the page's own frame", 'map 16 frame=1\n write 16\n write 16', { 1: 2 }],
    [
      'an entry of another CPU does not count',
      'map 16 frame=1\n map 17 frame=2\n cpu1 tlb-fill 16 WD frame=2\n cpu0 write 16',
      { 1: 1, 2: 0 },
    ],
    [
      'a stale entry: the frame it still names',
      'map 16 frame=1\n map 17 frame=2\n tlb-fill 16 WD frame=2\n write 16',
      { 1: 0, 2: 1 },
    ],
    [
      "after the ack: the page's own frame again",
      'map 16 frame=1\n map 17 frame=2\n tlb-fill 16 WD frame=2\n write 16\n flush-ack 16 range\n write 16',
      { 1: 1, 2: 1 },
    ],
    [
      'the same page of another space is another page',
      'map 16 frame=1\n map 16 frame=2 space=1\n write 16 space=1',
      { 1: 0, 2: 1 },
    ],
    ['two pages, one frame', 'map 16 frame=1\n map 17 frame=1\n write 16\n write 17', { 1: 2 }],
    ['a page the trail never mapped', 'map 16 frame=1\n write 99', { 1: 0 }],
    [
      'a frame that moved takes its generations along',
      'map 16 frame=1\n write 16\n frame-move 16 newFrame=9\n write 16',
      { 9: 2 },
    ],
    ['a frame mapped anew starts at 0', 'map 16 frame=1\n write 16\n unmap 16\n map 17 frame=1', { 1: 0 }],
    [
      'a device with an entry of its own: the frame it names',
      'map 16 frame=1\n map 17 frame=2\n cpu-1 tlb-fill 16 WD frame=2\n cpu-1 write 16\n cpu-1 flush-ack 16 range\n cpu-1 write 16',
      { 1: 1, 2: 1 },
    ],
    [
      'a huge entry: the frame as far from its first',
      'map 512 frame=1\n map 515 frame=9\n map 600 frame=4\n tlb-fill 512 WDH frame=1\n write 515',
      { 1: 0, 4: 1, 9: 0 },
    ],
    [
      'an entry of its own before that of the huge page',
      'map 512 frame=1\n map 515 frame=4\n map 516 frame=7\n tlb-fill 512 WDH frame=1\n tlb-fill 515 WD frame=7\n write 515',
      { 1: 0, 4: 0, 7: 1 },
    ],
    [
      'a flush of any of its pages drops a huge entry',
      'map 512 frame=1\n map 515 frame=9\n map 600 frame=4\n tlb-fill 512 WDH frame=1\n flush-ack 1000+9 range\n write 515',
      { 1: 0, 4: 0, 9: 1 },
    ],
    [
      'an entry that was split is a small one',
      'map 512 frame=1\n map 515 frame=9\n tlb-fill 512 WDH slot=3\n tlb-update 512 WD slot=3\n write 515',
      { 1: 0, 9: 1 },
    ],
  ])('%s', (_, text, expected) => {
    expect(frameGenerations(text)).toEqual(expected);
  });
});

describe('a guest', () => {
  const GUEST = {
    spaces: [
      { kind: 'mm', layout: 'x86-64' },
      { kind: 'second-stage', layout: 'ept', carriers: ['pml-buffer'] },
    ],
  } as const;
  const TWO_STAGES = `
    map 16 frame=500 guest
    map 500 frame=9 space=1
    write 16
    write 16
  `;

  it.each<[string, string, Array<[frame: number, generation: number, captured: number, memory: number]>]>([
    [
      'writes reach its frame and the one behind',
      '',
      [
        [9, 2, 0, 0],
        [500, 2, 0, 2],
      ],
    ],
    [
      'each consumer transfers in its own space',
      'transfer 16\n write 16\n transfer 500 space=1',
      [
        [9, 3, 3, 0],
        [500, 3, 2, 2],
      ],
    ],
    [
      'a host may have a frame of the same number',
      'map 501 frame=500 space=1\n write 16',
      [
        [9, 3, 0, 0],
        [500, 0, 0, 0],
        [500, 3, 0, 2],
      ],
    ],
    [
      'the frame behind may move without its noticing',
      'frame-move 500 newFrame=8 space=1\n write 16',
      [
        [8, 3, 0, 0],
        [500, 3, 0, 2],
      ],
    ],
  ])('%s', (_, text, expected) => {
    const { frames } = foldOf(TWO_STAGES + text, { meta: GUEST }).snapshot();
    const rows = [...frames.frame].map((frame, i) => [
      frame,
      frames.generation[i],
      frames.captured[i],
      frames.memory[i],
    ]);
    expect(rows).toEqual(expected);
  });

  it('is asked about by its own consumer, and its host by another', () => {
    const marked = (text: string) => {
      const fold = foldOf(TWO_STAGES + text, { meta: GUEST });
      return [fold.isMarked(fold.pages.find(0, 16)), fold.isMarked(fold.pages.find(1, 500))];
    };
    expect(marked('')).toEqual([false, false]);
    expect(marked('pte 16 PWD walker')).toEqual([true, false]);
    expect(marked('mark 500 pml-buffer set space=1')).toEqual([false, true]);
    expect(marked('mark 500 bitmap set space=1\n pte 500 PWD walker space=1')).toEqual([false, false]);
    expect(marked('switch reads=page-flag\n pte 16 PWD walker\n mark 500 pml-buffer set space=1')).toEqual([
      false,
      true,
    ]);
  });
});

describe('what is in CPU caches alone', () => {
  it.each([
    ['writes of CPUs', 'write 16\n write 16', 2, 0],
    ['not those of a device', 'cpu-1 write 16 actor=1\n write 16', 1, 0],
    ['those of the kernel', 'cpu-1 write 16', 1, 0],
    ['until it is written back', 'write 16\n cache-flush 10+20\n write 16', 1, 0],
    ['and a transfer does not see it', 'write 16\n cache-flush 16\n write 16\n transfer 16', 1, 1],
    ['a move writes it back', 'write 16\n frame-move 16 newFrame=9', 0, 0],
  ])('%s', (_, text, cached, captured) => {
    const options = { meta: { options: { nonCoherent: 1 }, actors: ['thread', 'device'] } };
    const { frames } = foldOf(`map 16\n ${text}`, options).snapshot();
    expect([frames.cached[0], frames.captured[0]]).toEqual([cached, captured]);
    expect(foldOf(`map 16\n ${text}`).snapshot().frames.cached[0]).toBe(0);
  });
});

describe('which carriers are set', () => {
  const isMarked = (text: string) => {
    const fold = foldOf(text);
    return fold.isMarked(fold.pages.find(0, 16));
  };

  it.each([
    ['D in the entry', 'map 16\n pte 16 PWDA walker', true],
    ['D cleared', 'map 16\n pte 16 PWDA walker\n pte 16 PWA clean', false],
    ['D in another entry of the same frame', 'map 16 frame=1\n map 17 frame=1\n pte 17 PWDA walker', true],
    ['a mark', 'map 16\n mark 10+20 bitmap set', true],
    ['a mark cleared by a wider range', 'map 16\n mark 16 bitmap set\n mark 0+4000 bitmap clear', false],
    ['a mark that the consumer does not read', 'map 16\n mark 16 page-flag set', false],
    ['a mark that it reads after a switch', 'map 16\n mark 16 page-flag set\n switch reads=page-flag', true],
    ['being mapped, where that counts', 'map 16\n switch reads=mapped', true],
    [
      'a mark on another page of the same frame',
      'map 16 frame=1\n map 9 frame=1 space=1\n mark 9 bitmap set space=1',
      true,
    ],
    [
      'not of a page that moved on',
      'map 16 frame=1\n map 9 frame=1\n mark 9 bitmap set\n frame-move 9 newFrame=2',
      false,
    ],
    ['D of the huge entry it is part of', 'map 16\n map 0\n pte 0 PWDH walker', true],
    ['not where it has an entry of its own', 'map 16\n map 0\n pte 16 PW split\n pte 0 PWDH walker', false],
    ['not D of a small entry at the same place', 'map 16\n map 0\n pte 0 PWD walker', false],
    ['a mark that remembers soft-dirty', 'map 16\n switch reads=soft-dirty\n mark 16 soft-dirty set', true],
    ['soft-dirty in the entry', 'map 16\n switch reads=soft-dirty\n pte 16 PO fault', true],
    [
      'a mark that remembers uffd-wp of an entry taken out',
      'map 16\n switch reads=uffd-wp\n mark 16 uffd-wp set',
      true,
    ],
    ['an entry without uffd-wp', 'map 16\n switch reads=uffd-wp\n pte 16 P fault', true],
    ['an entry with uffd-wp', 'map 16\n switch reads=uffd-wp\n pte 16 PU protect', false],
    ['an unmapped page has no marks', 'map 16\n mark 16 bitmap set\n unmap 16', false],
  ])('%s', (_, text, expected) => {
    expect(isMarked(text)).toBe(expected);
  });
});

it('refuses a carrier that it does not know, where the consumer reads it, and ignores a mark of one', () => {
  expect(() => new Fold({ ...DRAWN_META, carriers: ['bitmap', 'from-the-future'] })).toThrow(/'from-the-future'/);
  const trail = drawn('map 16\n mark 16 bitmap set');
  trail.batches[0]!.slots[mark.slot.carrier]![1] = 32 + carrierCode('bitmap');
  const fold = new Fold(trail.meta);
  fold.apply(trail.batches[0]!);
  expect(fold.isMarked(fold.pages.find(0, 16))).toBe(false);
});

it('finds the pages of a frame, and the first of them', () => {
  const fold = foldOf('map 30 frame=1\n map 16 frame=1\n map 9 frame=1 space=1\n map 20 frame=2\n map 16 frame=2');
  const pagesOf = (number: number) => {
    const found: number[] = [];
    const frame = fold.frames.find(number);
    for (let page = fold.mappings.firstOf(frame); page >= 0; page = fold.mappings.nextOf(page))
      found.push(fold.pages.page[page]!);
    return [fold.pages.page[fold.homeOf(frame)], ...found.sort((a, b) => a - b)];
  };
  expect([pagesOf(1), pagesOf(2)]).toEqual([
    [30, 9, 30],
    [16, 16, 20],
  ]);
});

it('refuses large TLBs on many CPUs, and can be used again after a reset', () => {
  const fold = new Fold({ ...DRAWN_META, tlb: { sets: 2 ** 22, ways: 1 } });
  const fill = (cpus: number) => {
    for (let cpu = 0; cpu < cpus; cpu++) fold.tlbOf(cpu);
  };
  expect(() => fill(100)).toThrow(TrailFormatError);
  fold.reset();
  expect(() => fill(2)).not.toThrow();
});

it('refuses a range and a TLB slot that no recording can have', () => {
  expect(() => foldOf('mark 0+100000000 bitmap set')).toThrow(TrailFormatError);
  expect(() => foldOf('tlb-fill 16 WD slot=9007199254740991')).toThrow(TrailFormatError);
});
