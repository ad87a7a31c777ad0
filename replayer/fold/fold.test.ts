import { describe, expect, it } from 'vitest';
import { TrailFormatError } from '../../base/index.js';
import { carrierCode, carrierMask, mark, type Carrier, type EventBatch } from '../../traces/index.js';
import { drawn, DRAWN_META } from '../testing/drawn.js';
import { NaiveFold } from '../testing/naive-fold.js';
import { randomEvents } from '../testing/random-events.js';
import { Fold } from './index.js';

const SEEDS =
  process.env['PAGETRAIL_SEED'] === undefined
    ? Array.from({ length: 60 }, (_, seed) => seed)
    : [Number(process.env['PAGETRAIL_SEED'])];

function foldOf(text: string): Fold {
  const trail = drawn(text);
  const fold = new Fold(trail.meta);
  for (const batch of trail.batches) fold.apply(batch);
  return fold;
}

function naive(batch: EventBatch): NaiveFold {
  const fold = new NaiveFold(carrierMask(DRAWN_META.carriers as Carrier[]));
  fold.apply(batch);
  return fold;
}

describe('the fold of random events', () => {
  it.each(SEEDS)('seed %i: equals the plain fold, whole, row by row, and from a snapshot on', (seed) => {
    const batch = randomEvents(seed, 1500);
    const expected = naive(batch).snapshot();

    const whole = new Fold(DRAWN_META);
    whole.apply(batch);
    expect(whole.snapshot()).toEqual(expected);

    const rowByRow = new Fold(DRAWN_META);
    for (let row = 0; row < batch.length; row++) rowByRow.apply(batch, row, row + 1);
    expect(rowByRow.snapshot()).toEqual(expected);

    const cut = 1 + ((seed * 379) % (batch.length - 1));
    const first = new Fold(DRAWN_META);
    first.apply(batch, 0, cut);
    const resumed = new Fold(DRAWN_META);
    resumed.apply(batch, 0, 40); // rubbish that load must replace
    resumed.load(first.snapshot());
    expect(resumed.snapshot()).toEqual(first.snapshot());
    resumed.apply(batch, cut, batch.length);
    expect(resumed.snapshot()).toEqual(expected);
  });

  it('covers what it claims to: entries, marks, TLB entries and generations all occur', () => {
    const all = SEEDS.map((seed) => naive(randomEvents(seed, 1500)).snapshot());
    expect(all.some((s) => s.tlbs.cpu.length > 8)).toBe(true);
    expect(all.some((s) => s.pages.marks.some((marks) => marks !== 0))).toBe(true);
    expect(
      all.some((s) => s.frames.generation.some((g, i) => g > s.frames.captured[i]! && s.frames.captured[i]! > 0)),
    ).toBe(true);
  });
});

describe('where a write goes', () => {
  const frameGenerations = (text: string) => {
    const { frames } = foldOf(text).snapshot();
    return Object.fromEntries([...frames.frame].map((frame, i) => [frame, frames.generation[i]]));
  };

  it.each([
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
  ])('%s', (_, text, expected) => {
    expect(frameGenerations(text)).toEqual(expected);
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
