/** Detectors of waste, of rings, of mirrors and of torn copies: a good trail near each bad one. */
import { describe, expect, it } from 'vitest';
import type { DrawnOptions } from '../../replayer/testing/drawn.js';
import { findingsOf, seqsOf } from '../testing/found.js';

const DIRTY = 'map 16\n pte 16 PW map\n pte 16 PWDA walker\n tlb-fill 16 WD\n write 16\n';

describe('excess-flush', () => {
  const excess = (text: string) => findingsOf('excess-flush', text);

  it.each([
    ['of an entry with more than memory', `${DIRTY} pte 16 PWA clean\n flush-ack 16 range`],
    ['of a range that holds one', `${DIRTY} pte 16 PWA clean\n flush-ack 8+40 range`],
    ['of the space', `${DIRTY} pte 16 PWA clean\n flush-ack 16 space`],
    ['of everything', `${DIRTY} pte 16 PWA clean\n flush-ack 16 all`],
    [
      'of a huge entry, by a page of it',
      'map 512\n pte 512 PWDH map\n tlb-fill 512 WDH\n pte 512 PWH clean\n flush-ack 515 range',
    ],
  ])('good: %s', (_, text) => {
    expect(excess(text)).toEqual({ count: 0, found: [] });
  });

  it.each([
    ['of what memory allows', `${DIRTY} flush-ack 16 range cost=7`],
    ['of another page', `${DIRTY} pte 16 PWA clean\n flush-ack 17 range cost=7`],
    ['of another space', `${DIRTY} pte 16 PWA clean\n flush-ack 16 space space=1 cost=7`],
    ['on a CPU that holds nothing', `${DIRTY} pte 16 PWA clean\n cpu1 flush-ack 16 range cost=7`],
    ['a second time', `${DIRTY} pte 16 PWA clean\n flush-ack 16 range\n flush-ack 16 range cost=7`],
  ])('bad: %s', (_, text) => {
    const { count, found } = excess(text);
    expect(count).toBe(1);
    expect(found).toMatchObject([{ severity: 'info', certainty: 'proved' }]);
    expect(found[0]!.summary).toMatch(/^1 of [12] flush acknowledgements? \(.*they cost 7 ns$/);
  });
});

describe('excess-fault', () => {
  const excess = (text: string) => findingsOf('excess-fault', text, { meta: { carriers: ['bitmap'] } });
  const fault = (page: number) =>
    `fault ${page} PW write-protect cost=900\n mark ${page} bitmap set\n pte ${page} PW fault\n`;

  it.each([
    ['a fault that marks the page', `map 16\n pte 16 P map\n ${fault(16)} write 16`],
    ['a fault on a page that is not there', 'map 16\n mark 16 bitmap set\n fault 16 W not-present'],
    ['a load', 'map 16\n mark 16 bitmap set\n fault 16 P write-protect'],
  ])('good: %s', (_, text) => {
    expect(excess(text)).toEqual({ count: 0, found: [] });
  });

  it('bad: by another address of a frame that is marked', () => {
    const text = `map 16 frame=1\n map 17 frame=1\n pte 16 P map\n pte 17 P map\n ${fault(16)} write 16\n ${fault(17)} write 17`;
    const { count, found } = excess(text);
    expect(count).toBe(1);
    expect(found).toMatchObject([{ severity: 'info', page: 17, seq: 9 }]);
    expect(found[0]!.summary).toBe(
      '1 of 2 write-protect faults (50 %) came to a page that was marked already; they cost 900 ns',
    );
  });
});

describe('excess-atomic', () => {
  const excess = (text: string) => findingsOf('excess-atomic', text);

  it.each([
    ['D may be set in between', 'map 16\n pte 16 PWA map\n pte 16 PA protect'],
    ['A may be set in between', 'map 16\n pte 16 PWD map\n pte 16 PW clean'],
    ['a plain store', 'map 16\n pte 16 PWDA map\n pte 16 PWA store'],
  ])('good: %s', (_, text) => {
    expect(excess(text)).toEqual({ count: 0, found: [] });
  });

  it.each([
    ['A and D are set', 'map 16\n pte 16 PWDA map\n pte 16 PWA clean'],
    ['it may not be written', 'map 16\n pte 16 PA map\n pte 16 - exchange'],
    ['it is not present', 'map 16\n pte 16 W map\n pte 16 - exchange'],
  ])('bad: nothing could change the entry: %s', (_, text) => {
    expect(excess(text)).toMatchObject({ count: 1, found: [{ severity: 'info', seq: 3 }] });
  });
});

const RING: DrawnOptions = { meta: { carriers: ['ring', 'snapshot'], actors: ['vcpu', 'user', 'reset'] } };
/** Two pages in the ring; seqs 1 to 6. */
const PUSHED = 'map 16\n map 17\n write 16\n mark 16 ring set\n write 17\n mark 17 ring set\n';

describe('unpublished and reordered', () => {
  const both = (text: string) => ['unpublished', 'reordered'].map((id) => findingsOf(id, text, RING).count);

  it.each([
    [
      'each entry is noted as its page',
      'mark 16 ring clear actor=1\n mark 16 snapshot set actor=1\n mark 17 ring clear actor=1\n mark 17 snapshot set actor=1',
    ],
    [
      'each page is reported, and then its entry reset',
      'report 16+2 actor=1\n mark 16+2 ring clear actor=2\n flush-send 16 actor=2',
    ],
    ['a range of entries is reset and reported', 'mark 16 ring clear actor=1\n report 16+2 actor=1'],
  ])('good: %s', (_, text) => {
    expect(both(PUSHED + text)).toEqual([0, 0]);
  });

  it('good: a ring that nobody reads is nobody’s concern', () => {
    const text = `${PUSHED} mark 16 ring clear`;
    expect(findingsOf('reordered', text).count).toBe(0);
  });

  it('bad: an entry is read as another page', () => {
    const text = `${PUSHED} mark 17 ring clear actor=1\n mark 3 snapshot set actor=1`;
    expect(both(text)).toEqual([1, 0]);
    const { found } = findingsOf('unpublished', text, RING);
    expect(found).toMatchObject([{ severity: 'high', certainty: 'proved', page: 17, seq: 8 }]);
    expect(seqsOf(found[0])).toEqual([6, 7, 8]);
  });

  it.each([
    ['at the end', ''],
    ['before it goes on', '\n pte 16 P protect actor=2'],
    ['before the next one', '\n mark 17 ring clear actor=2\n mark 17 snapshot set actor=2'],
  ])('bad: an entry is reset unread, %s', (_, rest) => {
    const text = `${PUSHED} mark 16 ring clear actor=2${rest}`;
    expect(both(text)).toEqual([0, 1]);
    const { found } = findingsOf('reordered', text, RING);
    expect(found).toMatchObject([{ severity: 'high', certainty: 'proved', page: 16, seq: 7 }]);
    expect(seqsOf(found[0])).toEqual([4, 7]);
  });
});

describe('diverged-mirror', () => {
  const GUEST: DrawnOptions = {
    meta: {
      spaces: [
        { kind: 'mm', layout: 'x86-64' },
        { kind: 'second-stage', layout: 'ept', carriers: [] },
      ],
    },
  };
  const diverged = (text: string, options: DrawnOptions = GUEST) => findingsOf('diverged-mirror', text, options);
  const mapped = 'map 16 frame=500 guest\n pte 16 PW map frame=500\n';

  it.each([
    ['the entry has what is granted', `${mapped} pte 16 PWD monitor frame=500\n tlb-fill 16 WD frame=500`],
    ['W alone is granted', `${mapped} tlb-fill 16 W frame=500`],
    ['a load', `map 16 frame=500 guest\n pte 16 P map frame=500\n tlb-fill 16 - frame=500`],
  ])('good: %s', (_, text) => {
    expect(diverged(text)).toEqual({ count: 0, found: [] });
  });

  it.each([
    ['D', `${mapped} tlb-fill 16 WD frame=500`, 'W and D at seq 3'],
    ['W', `map 16 frame=500 guest\n pte 16 P map frame=500\n tlb-fill 16 W frame=500`, 'W at seq 3'],
    ['D, later', `${mapped} tlb-fill 16 W frame=500\n tlb-update 16 WD`, 'W and D at seq 4'],
  ])('bad: %s is granted, and the entry of the guest lacks it', (_, text, what) => {
    const { count, found } = diverged(text);
    expect(count).toBe(1);
    expect(found).toMatchObject([{ severity: 'medium', certainty: 'proved', page: 16, cpu: 0 }]);
    expect(found[0]!.summary).toContain(what);
    expect(diverged(`${text}\n write 16`).found).toMatchObject([{ severity: 'high' }]);
  });
});

describe('torn-copy', () => {
  const torn = (text: string) => findingsOf('torn-copy', text);
  const halves = (between: string, second = 'write 17 offset=0 size=4 program=5') =>
    `map 16\n map 17\n write 16 offset=4092 size=4 program=5\n ${between}\n ${second}`;

  it.each([
    ['nothing is transferred in between', halves('cpu1 write 3')],
    ['another page is transferred in between', halves('transfer 18')],
    ['the second half is another access', halves('transfer 16', 'write 17 offset=0 size=4 program=6')],
    ['the second half is not at the beginning', halves('transfer 16', 'write 17 offset=4 size=4 program=5')],
    ['another CPU wrote it', halves('transfer 16', 'cpu1 write 17 offset=0 size=4 program=5')],
    ['both come after the transfer', `map 16\n map 17\n transfer 16+2\n${halves('note').replace(/map.*\n/g, '')}`],
  ])('good: %s', (_, text) => {
    expect(torn(text)).toEqual({ count: 0, found: [] });
  });

  it.each([
    ['the first half', 'transfer 16'],
    ['the second page', 'transfer 17'],
    ['both pages', 'transfer 16+2'],
  ])('bad: %s is transferred between the halves', (_, between) => {
    const { count, found } = torn(halves(between));
    expect(count).toBe(1);
    expect(found).toMatchObject([{ severity: 'medium', certainty: 'proved', page: 17, seq: 4 }]);
    expect(seqsOf(found[0])).toEqual([3, 4, 5]);
  });

  it.each([1, 2, 3, 7])('is found in chunks of %i events too, where many happen', (chunkEvents) => {
    const text = [
      ...Array.from({ length: 3 }, (_, i) => `map ${16 + i}`),
      'write 16 offset=4092 size=4 program=5\n cpu1 write 17 offset=4090 size=6 program=6\n transfer 17',
      'write 17 offset=0 size=4 program=5\n cpu1 write 18 offset=0 size=2 program=6\n transfer 16+3',
      'write 17 offset=0 size=4 program=5\n write 17 offset=4092 size=4 program=9\n transfer 19\n write 18 offset=0 size=4 program=9',
    ].join('\n');
    const { count, found } = findingsOf('torn-copy', text, { chunkEvents });
    expect(count).toBe(2);
    expect(found.map(seqsOf)).toEqual([
      [4, 6, 7],
      [5, 6, 8],
    ]);
  });

  it('is a note where a later transfer mended it', () => {
    expect(torn(`${halves('transfer 16')}\n transfer 17`).found).toMatchObject([{ severity: 'info' }]);
  });
});
