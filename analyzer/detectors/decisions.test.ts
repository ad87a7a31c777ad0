/** Detectors of decisions that rely on a flush: a good trail near each bad one. */
import { describe, expect, it } from 'vitest';
import type { DrawnOptions } from '../../replayer/testing/drawn.js';
import { findingsOf, seqsOf } from '../testing/found.js';

const ACTORS: DrawnOptions = { meta: { actors: ['thread', 'reclaim', 'mprotect'] } };

/** Page 16 written and cached with W and D; seqs 1 to 5. */
const DIRTY = 'map 16\n pte 16 PW map\n pte 16 PWDA walker\n tlb-fill 16 WD\n write 16\n';

describe('decided-before-flush', () => {
  const decided = (text: string, options: DrawnOptions = ACTORS) => findingsOf('decided-before-flush', text, options);

  it.each([
    ['a transfer after the flush', `${DIRTY} pte 16 PWA clean\n flush-ack 16 range\n transfer 16`],
    ['a transfer of what was not restricted', `${DIRTY} transfer 16`],
    ['a transfer after the TLB entry was evicted', `${DIRTY} pte 16 PWA clean\n tlb-evict 16 random\n transfer 16`],
    [
      'a transfer after the slot was filled with what memory has',
      `${DIRTY} pte 16 PWA clean\n tlb-fill 16 W\n transfer 16`,
    ],
    ['a transfer of another page', `${DIRTY} map 17\n pte 16 PWA clean\n transfer 17`],
    ['a claim after the flush', `${DIRTY} pte 16 PA protect\n flush-ack 16 range\n declare 16 protected`],
    ['a claim that needs no flush', `${DIRTY} pte 16 PA protect\n declare 16 private`],
    ['a read-only TLB entry after W went', `map 16\n pte 16 PW map\n tlb-fill 16 -\n pte 16 P protect\n transfer 16`],
  ])('good: %s', (_, text) => {
    expect(decided(text)).toEqual({ count: 0, found: [] });
  });

  it('good: a consumer that compares contents relies on no flush', () => {
    const text = `${DIRTY} pte 16 PWA clean\n transfer 16`;
    expect(decided(text, { meta: { carriers: ['shadow-copy'] } }).count).toBe(0);
    expect(decided(text).count).toBe(1);
  });

  it('good: a CPU that runs another space makes good for the flush when it comes back', () => {
    const text = `cpu1 ${DIRTY.replaceAll('\n ', '\n cpu1 ')} cpu1 write 99 space=1\n pte 16 PWA clean\n`;
    expect(decided(`${text} flush-send 16 range\n transfer 16`).count).toBe(0);
    expect(decided(`${text} transfer 16`).count).toBe(1);
  });

  it.each([
    ['transferred', `${DIRTY} pte 16 PWA clean\n transfer 16`, 'its bytes were transferred'],
    ['declared clean', `${DIRTY} pte 16 PWA clean\n declare 16 clean`, 'it was declared clean'],
    ['declared protected', `${DIRTY} pte 16 PA protect\n declare 16 protected`, 'it was declared protected'],
    ['declared gone', `${DIRTY} pte 16 - unmap\n declare 16 gone`, 'it was declared gone'],
    ['copied', `${DIRTY} pte 16 PA protect\n declare 16 copied`, 'its contents were read for a copy'],
    ['moved', `${DIRTY} pte 16 - exchange\n frame-move 16 newFrame=7`, 'another frame took its place'],
    ['given up', `${DIRTY} pte 16 - unmap\n unmap 16`, 'its frame was given up'],
  ])('bad: %s before the flush, though nothing came between', (_, text, done) => {
    const { count, found } = decided(text);
    expect(count).toBe(1);
    expect(found).toMatchObject([{ certainty: 'proved', page: 16, cpu: 0, seq: 7 }]);
    expect(found[0]!.summary).toContain(done);
    expect(seqsOf(found[0])).toEqual([6, 7]);
  });

  it('is a risk alone, and a bug with a loss', () => {
    const harmless = `${DIRTY} pte 16 PWA clean\n transfer 16`;
    expect(decided(harmless).found).toMatchObject([{ severity: 'medium' }]);
    expect(decided(`${harmless}\n write 16`).found).toMatchObject([{ severity: 'high' }]);
  });

  it('counts decisions, not pages, and says how many pages each is about', () => {
    const pages = [16, 17, 18].map((page) => DIRTY.replaceAll('16', `${page}`)).join('');
    const cleaned = [16, 17, 18].map((page) => `pte ${page} PWA clean\n`).join('');
    const { count, found } = decided(`${pages}${cleaned} transfer 16+3`);
    expect(count).toBe(1);
    expect(found[0]!.summary).toContain('2 more pages');
  });

  it('sees what another address of the frame left behind', () => {
    const text = `map 16 frame=1\n map 17 frame=1\n pte 17 PWDA walker\n tlb-fill 17 WD\n pte 17 PWA clean\n`;
    expect(decided(`${text} transfer 16`).count).toBe(1);
    expect(decided(`${text} flush-ack 17 range\n transfer 16`).count).toBe(0);
  });

  it("sees what a device's own TLB holds", () => {
    const { found } = decided(`${DIRTY} cpu-1 tlb-fill 16 WD\n pte 16 PWA clean\n flush-ack 16 range\n transfer 16`);
    expect(found).toMatchObject([{ cpu: null }]);
    expect(found[0]!.summary).toContain('a device could still write it');
  });
});

describe('skipped-flush', () => {
  const skipped = (text: string) => findingsOf('skipped-flush', text, ACTORS);
  const owed = `${DIRTY} pte 16 PDA protect actor=1\n flush-queue 16\n`;

  it.each([
    ['the flush was acknowledged before', `${owed} flush-ack 16 range\n declare 16 protected actor=2`],
    ['who relies on it owes the flush himself', `${owed} declare 16 protected actor=1`],
    ['nobody cached the entry', 'map 16\n pte 16 PW map\n pte 16 P protect actor=1\n declare 16 protected actor=2'],
  ])('good: %s', (_, text) => {
    expect(skipped(text)).toEqual({ count: 0, found: [] });
  });

  it('bad: another actor relies on a flush that is owed', () => {
    const { count, found } = skipped(`${owed} declare 16 protected actor=2`);
    expect(count).toBe(1);
    expect(found).toMatchObject([{ severity: 'medium', certainty: 'proved', page: 16, seq: 8 }]);
    expect(found[0]!.rootCause).toContain('found the entry restricted already (by reclaim, at seq 6)');
    expect(seqsOf(found[0])).toEqual([6, 8]);
  });
});

describe('unlock-before-flush', () => {
  const early = (text: string) => findingsOf('unlock-before-flush', text, ACTORS);
  const locked = `${DIRTY} lock 16 page-table\n pte 16 PA protect\n`;

  it.each([
    ['the flush inside the lock', `${locked} flush-queue 16\n flush-ack 16 range\n unlock 16 page-table`],
    ['nothing restricted under the lock', `${DIRTY} pte 16 PA protect\n lock 16 page-table\n unlock 16 page-table`],
    ['a trail without locks', `${DIRTY} pte 16 PA protect\n flush-queue 16\n flush-ack 16 range`],
    ['another lock', `${locked.replace('page-table', 'page')} unlock 16 page\n flush-queue 16\n flush-ack 16 range`],
  ])('good: %s', (_, text) => {
    expect(early(text)).toEqual({ count: 0, found: [] });
  });

  it('bad: the flush of that one entry follows at once', () => {
    const { count, found } = early(`${locked} unlock 16 page-table\n flush-queue 16\n flush-ack 16 range`);
    expect(count).toBe(1);
    expect(found).toMatchObject([{ severity: 'medium', certainty: 'proved', page: 16, cpu: 0, seq: 8 }]);
    expect(seqsOf(found[0])).toEqual([6, 7, 8, 9]);
  });

  it('bad: another actor decides in between', () => {
    const { found } = early(`${locked} unlock 16 page-table\n transfer 16 actor=1\n flush-ack 16 range`);
    expect(found).toMatchObject([{ severity: 'medium' }]);
    expect(found[0]!.rootCause).toContain('reclaim decided on the page at seq 9');
  });

  it.each([
    ['one flush follows for a range', 'unlock 16 page-table\n walk 16+4\n flush-queue 16+4\n flush-ack 16+4 range'],
    ['an outer lock is held', 'lock 16 reservation\n unlock 16 page-table\n flush-queue 16\n flush-ack 16 range'],
  ])('is a count where %s', (_, rest) => {
    const { count, found } = early(`${locked} ${rest}`);
    expect(count).toBe(1);
    expect(found).toMatchObject([{ severity: 'info' }]);
  });
});
