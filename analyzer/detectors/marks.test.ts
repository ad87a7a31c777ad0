/** Detectors of marks that go, or do not come: a good trail near each bad one. */
import { describe, expect, it } from 'vitest';
import type { DrawnOptions } from '../../replayer/testing/drawn.js';
import { findingsOf, seqsOf } from '../testing/found.js';

/** Page 16 written, and cached with W and D; seqs 1 to 5. */
const DIRTY = 'map 16\n pte 16 PW map\n pte 16 PWDA walker\n tlb-fill 16 WD\n write 16\n';
const TWO: DrawnOptions = { meta: { actors: ['thread', 'kernel'] } };
const BY_BITMAP: DrawnOptions = { meta: { carriers: ['bitmap'] } };

describe('clobbered-dirty', () => {
  const clobbered = (text: string, options: DrawnOptions = TWO) => findingsOf('clobbered-dirty', text, options);
  const before = 'map 16\n pte 16 PW map\n harvest-begin 1 actor=1\n';

  it.each([
    ['an atomic update', `${before} cpu1 pte 16 PWDA walker\n pte 16 PW clean actor=1`],
    ['a D that was there before', 'map 16\n pte 16 PWDA walker\n harvest-begin 1 actor=1\n pte 16 PW store actor=1'],
    [
      'a store that keeps the bit',
      `${before} cpu1 pte 16 PWDA walker\n pte 16 PDA store actor=1`.replace('PDA', 'PWDA'),
    ],
    [
      'a D that is noted right after',
      `${before} cpu1 pte 16 PWDA walker\n pte 16 PW store actor=1\n mark 16 bitmap set actor=1`,
    ],
    ['the bit of the actor itself', `map 16\n pte 16 PWD fault actor=1\n pte 16 PW store actor=1`],
  ])('good: %s', (_, text) => {
    expect(clobbered(text)).toEqual({ count: 0, found: [] });
  });

  it('bad: the walker sets D between the load and the store', () => {
    const { count, found } = clobbered(
      `${before} cpu1 pte 16 PWDA walker\n cpu1 tlb-fill 16 WD\n cpu1 write 16\n pte 16 PW store actor=1\n harvest-end 1 actor=1`,
    );
    expect(count).toBe(1);
    expect(found).toMatchObject([{ severity: 'critical', certainty: 'proved', page: 16, cpu: 0, seq: 7 }]);
    expect(seqsOf(found[0])).toEqual([3, 4, 7]);
  });

  it('is a risk where nothing was lost by it, and a note where nobody goes by D', () => {
    const text = `${before} cpu1 pte 16 PWDA walker\n pte 16 PW store actor=1\n unlock 16 page-table actor=1`;
    expect(clobbered(text).found).toMatchObject([{ severity: 'medium' }]);
    expect(clobbered(text, { meta: { ...TWO.meta, ...BY_BITMAP.meta } }).found).toMatchObject([
      { severity: 'info', certainty: 'possible' },
    ]);
  });

  it('bad: a W is stored over', () => {
    const text = 'map 16\n pte 16 P map\n lock 16 page-table actor=1\n cpu1 pte 16 PW fault\n pte 16 P store actor=1';
    expect(clobbered(text).found).toMatchObject([{ certainty: 'possible', seq: 5 }]);
  });
});

describe('dropped-on-transform', () => {
  const dropped = (text: string, options: DrawnOptions = {}) => findingsOf('dropped-on-transform', text, options);

  it.each([
    ['D goes to a mark', `${DIRTY} pte 16 - unmap\n mark 16 bitmap set\n flush-ack 16 range`],
    [
      'the bytes are transferred in between',
      `${DIRTY} pte 16 - exchange\n flush-ack 16 range\n transfer 16\n harvest-end 1`,
    ],
    ['a clean page', 'map 16\n pte 16 PW map\n pte 16 - unmap'],
    ['a page that the consumer has', `${DIRTY} transfer 16\n pte 16 - unmap`],
    ['D is cleaned, which is no transform', `${DIRTY} pte 16 PW clean`],
    [
      'D stays in the small entries',
      'map 512\n map 515\n pte 512 PWDH walker\n tlb-fill 512 WDH\n write 515\n pte 512 PWD split\n pte 515 PWD split',
    ],
    [
      'another entry of the frame has D',
      'map 16 frame=1\n map 17 frame=1\n pte 17 PWD walker\n pte 16 PWD walker\n write 16\n pte 16 - unmap',
    ],
  ])('good: %s', (_, text) => {
    expect(dropped(text)).toEqual({ count: 0, found: [] });
  });

  it.each([
    ['taken out', `${DIRTY} pte 16 - unmap`, 6, 'its entry was taken out'],
    ['exchanged', `${DIRTY} pte 16 - exchange\n flush-ack 16 range\n harvest-end 1`, 6, 'its entry was exchanged'],
    ['protected', `${DIRTY} pte 16 P protect`, 6, 'its entry was protected'],
    ['stored anew', `${DIRTY} pte 16 P store`, 6, 'its entry was stored anew'],
    [
      'split',
      'map 512\n map 515\n pte 512 PWDH walker\n tlb-fill 512 WDH\n write 515\n pte 512 PW split\n pte 515 PW split',
      6,
      'its huge entry was split',
    ],
  ])('bad: %s, and nothing kept its mark', (_, text, seq, done) => {
    const { count, found } = dropped(text);
    expect(count).toBe(1);
    expect(found).toMatchObject([{ severity: 'critical', certainty: 'proved', seq }]);
    expect(found[0]!.summary).toContain(done);
  });

  it('is a risk where a later write marked the page again', () => {
    const { found } = dropped(
      `${DIRTY} pte 16 - unmap\n flush-ack 16 range\n operation unmap\n pte 16 PWD map\n write 16`,
    );
    expect(found).toMatchObject([{ severity: 'medium' }]);
  });

  it('says nothing of a trail that ends in the middle', () => {
    expect(dropped(`${DIRTY} pte 16 - unmap`, { ending: null }).count).toBe(0);
  });

  it('waits for the unlock of that actor where steps interleave', () => {
    const meta = { ...TWO.meta, interleave: 'fine' } as const;
    const text = `${DIRTY} pte 16 - unmap\n unlock 17 page-table actor=1\n mark 16 bitmap set\n unlock 16 page-table`;
    expect(dropped(text, { meta }).count).toBe(0);
    expect(dropped(text.replace('mark 16 bitmap set', ''), { meta }).count).toBe(1);
  });
});

describe('missing-rearm', () => {
  const unarmed = (text: string, options: DrawnOptions = BY_BITMAP) => findingsOf('missing-rearm', text, options);
  const marked = 'map 16\n pte 16 PW fault\n mark 16 bitmap set\n write 16\n harvest-begin 1\n';

  it.each([
    ['the entry is protected first', `${marked} pte 16 P protect\n mark 16 bitmap clear\n transfer 16\n harvest-end 1`],
    [
      'the entry is protected between the mark and the bytes',
      `${marked} mark 16 bitmap clear\n pte 16 P protect\n transfer 16\n harvest-end 1`,
    ],
    [
      'another carrier takes the mark over',
      `${marked} mark 16 snapshot set\n mark 16 bitmap clear\n pte 16 P protect\n mark 16 snapshot clear\n transfer 16`,
    ],
    ['the carrier is none of the consumer', `${marked} mark 16 ring clear\n transfer 16\n harvest-end 1`],
    [
      'a fault is about to set the mark',
      `map 16\n pte 16 P map\n mark 16 bitmap set\n pte 16 PW fault\n mark 16 bitmap clear\n transfer 16\n mark 16 bitmap set\n harvest-end 1`,
    ],
  ])('good: %s', (_, text) => {
    expect(unarmed(text, { meta: { carriers: ['bitmap', 'snapshot'] } })).toEqual({ count: 0, found: [] });
  });

  it('good: the walker sets D anew, or logs the page', () => {
    const text = `${marked} mark 16 bitmap clear\n transfer 16\n harvest-end 1`;
    expect(unarmed(text).count).toBe(1);
    expect(unarmed(text, { meta: { carriers: ['bitmap', 'pte-dirty'] } }).count).toBe(0);
    expect(unarmed(text, { meta: { carriers: ['bitmap', 'pml-buffer'] } }).count).toBe(0);
    expect(unarmed(text.replace('PW fault', 'PWD fault'), { meta: { carriers: ['bitmap', 'pml-buffer'] } }).count).toBe(
      1,
    );
  });

  it.each([
    [
      'when the bytes are read',
      `${marked} mark 16 bitmap clear\n transfer 16\n pte 16 P protect\n harvest-end 1`,
      [6, 7],
    ],
    ['when the harvest is over', `${marked} transfer 16\n mark 16 bitmap clear\n harvest-end 1`, [7, 8]],
    ['when the trail ends', `${marked} harvest-end 1\n mark 16 bitmap clear\n map 17`, [7, 8]],
  ])('bad: neither marked nor protected %s', (_, text, seqs) => {
    const { count, found } = unarmed(text);
    expect(count).toBe(1);
    expect(found).toMatchObject([{ certainty: 'proved', page: 16 }]);
    expect(seqsOf(found[0])).toEqual(seqs);
  });

  it('is a risk alone, and a bug with a loss', () => {
    const text = `${marked} mark 16 bitmap clear\n transfer 16\n harvest-end 1`;
    expect(unarmed(text).found).toMatchObject([{ severity: 'medium' }]);
    expect(unarmed(`${text}\n write 16`).found).toMatchObject([{ severity: 'critical' }]);
  });

  it('knows the bits of entries', () => {
    const soft = (after: string) =>
      `map 16\n pte 16 PWO fault\n write 16\n harvest-begin 1\n pte 16 ${after} clean\n transfer 16\n harvest-end 1`;
    const meta = { carriers: ['soft-dirty'] } as const;
    expect(unarmed(soft('PW'), { meta }).count).toBe(1);
    expect(unarmed(soft('P'), { meta }).count).toBe(0);
  });
});

describe('missed-epoch', () => {
  const missed = (text: string, lagEpochs?: number) =>
    findingsOf('missed-epoch', text, {}, lagEpochs === undefined ? {} : { settings: { lagEpochs } });
  const round = (harvest: number, what = '') => `harvest-begin ${harvest}\n ${what}\n harvest-end ${harvest}\n`;
  const told = 'report 16\n transfer 16';

  it.each([
    ['reported at the harvest of its epoch', `${DIRTY}${round(1, told)}`],
    ['transferred without a report', `${DIRTY}${round(1, 'transfer 16')}`],
    ['written after the last harvest', `map 17\n${round(1)}${DIRTY}`],
    ['by a device long before a CPU', `map 16\n cpu-1 write 16\n${round(1)}${round(2)} write 16\n${round(3, told)}`],
    ['by a device, which nobody promised to see', `map 16\n cpu-1 write 16\n${round(1)}${round(2)}`],
  ])('good: %s', (_, text) => {
    expect(missed(text)).toEqual({ count: 0, found: [] });
  });

  it('good: one harvest late is told, and counts for nothing', () => {
    const text = `${DIRTY}${round(1)}${round(2, told)}`;
    const { count, found } = missed(text);
    expect(count).toBe(0);
    expect(found).toMatchObject([{ severity: 'info', certainty: 'proved', page: 16, seq: 5 }]);
  });

  it('bad: one harvest late where none is allowed', () => {
    const { count, found } = missed(`${DIRTY}${round(1)}${round(2, told)}`, 0);
    expect(count).toBe(1);
    expect(found).toMatchObject([{ severity: 'critical', page: 16, seq: 5 }]);
    expect(found[0]!.summary).toContain('written in epoch 1, and reported 1 harvest late');
    expect(seqsOf(found[0])).toEqual([5, 7, 9]);
  });

  it('bad: two harvests late', () => {
    const { count, found } = missed(`${DIRTY}${round(1)}${round(2)}${round(3, told)}`);
    expect(count).toBe(1);
    expect(found).toMatchObject([{ severity: 'critical', page: 16 }]);
  });

  it('bad: never reported, though its mark is still set', () => {
    const { count, found } = missed(`${DIRTY}${round(1)}${round(2)}`);
    expect(count).toBe(1);
    expect(found[0]!.summary).toContain('not reported by any of the 2 harvests since');
  });

  it('leaves what is lost to lost-write', () => {
    const { count, found } = missed(`map 16\n pte 16 PW map\n write 16\n${round(1)}${round(2)}`);
    expect(count).toBe(1);
    expect(found).toMatchObject([{ severity: 'info' }]);
  });

  it('asks once for each stretch of writes', () => {
    const text = `${DIRTY}${round(1)} write 16\n${round(2)}${round(3, told)} write 16\n${round(4)}${round(5)}${round(6, told)}`;
    expect(missed(text).count).toBe(2);
  });
});
