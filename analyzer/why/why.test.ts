/** Chains of drawn trails, by table: each bad trail names the links in order, `(step)` for one that is missing, `!` for what is at fault. */
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../base/index.js';
import { drawn, type DrawnOptions } from '../../replayer/testing/drawn.js';
import { check } from '../check.js';
import type { Chain } from './chain.js';
import { GRAVEST, parseTarget, why } from './index.js';

/** Page 16 mapped, written, D set, cached with W and D. */
const DIRTY = `
  map 16
  pte 16 PW map
  pte 16 PWDA walker
  tlb-fill 16 WD          # 4
  write 16
`;
/** A harvest of page 16 in the right order; seqs from 6 to 13 after DIRTY. */
const HARVEST = `
  actor=1 harvest-begin 1
  actor=1 pte 16 PWA clean        # 7
  actor=1 mark 16 bitmap set
  flush-ack 16 range              # 9
  actor=1 report 16
  actor=1 mark 16 bitmap clear    # 11
  actor=1 transfer 16
  actor=1 harvest-end 1           # 13
`;
const WITHOUT_FLUSH = HARVEST.replace(/flush-ack.*/, 'note');
const META = { actors: ['program', 'harvest', 'device', 'reclaim'] };

function explained(text: string, target = 'f:1', options: DrawnOptions = {}): Chain {
  return why(drawn(text, { ...options, meta: { ...META, ...options.meta } }), parseTarget(target))!;
}

/** `4 7 (flush)! 11 12 14`. */
function drawing({ links }: Chain): string {
  return links.map(({ seq, step, isCause }) => `${seq ?? `(${step})`}${isCause ? '!' : ''}`).join(' ');
}

describe('a lost write', () => {
  it.each([
    ['no flush', `${DIRTY + WITHOUT_FLUSH} write 16`, '4 7 (flush)! 11 12 14'],
    [
      'the flush first',
      `${DIRTY} harvest-begin 1\n flush-ack 16 range\n tlb-fill 16 WD\n pte 16 PWA clean\n mark 16 bitmap set\n report 16\n mark 16 bitmap clear\n transfer 16\n write 16\n harvest-end 1`,
      '7! 8 9 (flush) 13 14',
    ],
    [
      'the transfer before the flush',
      `${DIRTY} harvest-begin 1\n pte 16 PWA clean\n mark 16 bitmap set\n report 16\n mark 16 bitmap clear\n transfer 16\n write 16\n flush-ack 16 range\n harvest-end 1`,
      '4 7 11! 12 13',
    ],
    [
      'the transfer before the mark is cleared',
      `${DIRTY} harvest-begin 1\n report 16\n transfer 16\n write 16\n pte 16 PWA clean\n flush-ack 16 range\n harvest-end 1`,
      '8! 9 10',
    ],
    [
      'a plain store over the D that the walker set',
      `map 16\n pte 16 PW map\n harvest-begin 1\n pte 16 PWDA walker\n tlb-fill 16 WD\n write 16\n pte 16 PW store\n harvest-end 1`,
      '4 5 6 7!',
    ],
    ['a mark that was taken and not kept', `${DIRTY} pte 16 PWA clean`, '5 6! (mark page)!'],
    [
      'a mark that was cleared and never served',
      `${DIRTY} mark 16 bitmap set\n pte 16 PWA clean\n mark 16 bitmap clear`,
      '5 8! (transfer)',
    ],
    [
      'a mark that was cleared while the entry stayed writable',
      `switch reads=bitmap\n map 16\n mark 16 bitmap set\n pte 16 PWDA fault\n tlb-fill 16 WD\n write 16\n harvest-begin 1\n mark 16 bitmap clear\n transfer 16\n harvest-end 1\n write 16`,
      '8 (protect entries)! 9 11',
    ],
    ['a write that marks nothing', 'map 16\n pte 16 PW map\n write 16', '3 (mark page)!'],
    ['an unmap', `${DIRTY} pte 16 - unmap\n flush-ack 16 range`, '5 6! (mark page)!'],
    [
      'a move',
      `${DIRTY} pte 16 - unmap\n flush-ack 16 range\n frame-move 16 newFrame=7\n pte 16 PW map`,
      '5 6! (mark page)! 8',
    ],
    ['a monitor that sets no D', 'map 16\n pte 16 PW map\n tlb-fill 16 WD\n write 16', '3 (monitor sets D)! 4'],
    ['the MMU of a device', `${DIRTY} cpu-1 tlb-fill 16 WD\n${HARVEST} cpu-1 write 16`, '6 8 (notifier)! 13 15'],
    [
      'a huge entry marked in part',
      'map 512\n map 515\n switch reads=bitmap\n mark 512 bitmap set\n pte 512 PWDH fault\n tlb-fill 512 WDH\n write 515',
      '6 (mark page)! 7',
    ],
  ])('%s', (_, text, links) => {
    const chain = explained(text);
    expect(chain.finding?.id).toBe('lost-write');
    expect(drawing(chain)).toBe(links);
    for (const { what, so } of chain.links) expect(what.length * so.length).toBeGreaterThan(0);
  });

  it('says of each link who did it, in which step, and what it did', () => {
    const meta = { ...META, steps: ['', 'hardware walk', 'clean entries', 'flush'] };
    const text = DIRTY.replace('tlb-fill', 'step=1 tlb-fill') + WITHOUT_FLUSH.replace('pte 16', 'step=2 pte 16');
    const { links } = why(drawn(`${text} write 16`, { meta }), GRAVEST)!;
    expect(links[0]).toMatchObject({
      seq: 4,
      timeNs: 40,
      cpu: 0,
      actor: 'program',
      step: 'hardware walk',
      kind: 'tlb-fill',
    });
    expect(links[0]!.what).toBe('cached page 0x10 with W and D');
    expect(links[1]).toMatchObject({
      actor: 'harvest',
      step: 'clean entries',
      what: 'cleared D in the entry of page 0x10',
    });
    expect(links[2]).toMatchObject({
      seq: null,
      gap: { after: 7, before: 12 },
      actor: 'harvest',
      step: 'flush',
      kind: 'missing',
    });
  });

  it('of a frame that was given up names what took the last mark, and what gave it up', () => {
    const chain = explained(`${DIRTY} actor=3 pte 16 - unmap\n flush-ack 16 range\n actor=3 unmap 16`);
    expect(drawing(chain)).toBe('5 6 8!');
    expect(chain.links[1]).toMatchObject({ actor: 'reclaim' });
  });
});

describe('other findings', () => {
  const MOVE = 'pte 16 - exchange\n frame-move 16 newFrame=7\n pte 16 PWD map';
  it.each([
    ['write-after-revoke', `${DIRTY} pte 16 PDA protect\n actor=3 declare 16 protected\n write 16`, '4 6 (flush)! 7 8'],
    [
      'write-after-revoke',
      `${DIRTY} pte 16 - unmap\n actor=3 declare 16 gone\n write 16\n flush-ack 16 range`,
      '4 6 (flush)! 7 8 9',
    ],
    ['wrong-frame-write', `${DIRTY} ${MOVE}\n write 16`, '4 6 (flush)! 7 9'],
    ['wrong-frame-write', `${DIRTY} declare 16 copied\n write 16\n ${MOVE}`, '6! 7 9'],
    [
      'wrong-frame-write',
      `${DIRTY} pte 16 PDA protect\n declare 16 copied\n write 16\n ${MOVE}`,
      '4 6 (flush)! 7 8 10',
    ],
    ['stale-tlb-write', `${DIRTY + WITHOUT_FLUSH} write 16`, '4 7 (flush)! 12 14'],
    ['elided-flush', DIRTY + WITHOUT_FLUSH, '4 7 (flush)! 13'],
    ['invisible-write', `${DIRTY + HARVEST} actor=2 cpu-1 write 16`, '12 14 (mark page)!'],
    ['transient-none', `${DIRTY} pte 16 - exchange\n actor=3 declare 16 gone\n pte 16 PWA exchange`, '6! 7 8'],
  ])('%s', (id, text, links) => {
    const chain = explained(text, id);
    expect(drawing(chain)).toBe(links);
    expect(chain.finding?.id).toBe(id);
    expect(chain.fix).not.toBeNull();
  });

  it('a missing flush is missed by whoever relied on it', () => {
    const [, , flush] = explained(
      `${DIRTY} pte 16 PDA protect\n actor=3 declare 16 protected\n write 16`,
      'write-after-revoke',
    ).links;
    expect(flush).toMatchObject({ actor: 'reclaim', step: 'flush', gap: { after: 6, before: 7 } });
  });

  it('every finding of a trail has a chain', () => {
    const source = drawn(`${DIRTY + WITHOUT_FLUSH} write 16\n cpu1 fault 16 PW spurious`, { meta: META });
    const { findings } = check(source);
    expect(findings.length).toBeGreaterThan(3);
    findings.forEach((finding, at) => {
      const chain = why(source, { kind: 'finding', detector: null, nth: at + 1 })!;
      expect(chain.finding).toEqual(finding);
      expect(chain.links.length).toBeGreaterThan(0);
      expect(
        chain.links.some(({ isCause }) => isCause),
        finding.id,
      ).toBe(true);
    });
  });

  it('there is nothing to explain where nothing was found', () => {
    expect(why(drawn(DIRTY + HARVEST), GRAVEST)).toBeNull();
  });
});

describe('an event', () => {
  const text = `${DIRTY + HARVEST} fault 16 PWU write-protect\n pte 16 PWDA fault\n flush-queue 16 harvest`;
  it.each([
    [3, 'D by the walker: the write that needed it', '3 5'],
    [4, 'a fill: the same', '4 5'],
    [5, 'a write: what it went through, and who read it', '4 5 12'],
    [7, 'a clean: the D that was collected', '3 5 7'],
    [8, 'a mark: the D that was cleared', '3 5 7 8'],
    [11, 'a mark cleared: where it was set', '3 5 7 8 11'],
    [10, 'a report: the mark', '3 5 7 8 10'],
    [12, 'a transfer: the report', '3 5 7 8 10 12'],
    [13, 'an end: the begin, and the write before', '5 6 13'],
    [15, 'an entry made writable: the fault, and the clean that it was asked for', '3 5 7 14 15'],
  ])('%i, %s', (seq, _, links) => {
    expect(drawing(explained(text, `e:${seq}`))).toBe(links);
  });

  it.each([
    ['a fill after a flush that found nothing: the access', 'flush-ack 16 range\n tlb-fill 16 WD\n write 16', 2, '2 3'],
    [
      'a fill whose entry lost its slot: what took it, not a later flush',
      'tlb-fill 16 WD slot=3\n tlb-fill 17 WD slot=3\n write 17\n flush-ack 16 range\n tlb-fill 16 WD\n write 16',
      5,
      '2 3 5',
    ],
    [
      'an entry dropped by a fault: the fault',
      'tlb-fill 16 -\n fault 16 PW\n tlb-evict 16 fault\n write 16',
      3,
      '2 3 4',
    ],
    ['an entry dropped by chance: nobody', 'tlb-fill 16 WD\n write 16\n tlb-evict 16 random\n write 16', 3, '3'],
    ['a lock of a table: the access that needed it', 'lock 0 page-table\n map 16\n pte 16 PW map\n write 16', 1, '1 4'],
    [
      'a mark that takes another up: that one',
      'mark 16 pml-buffer set\n pte 16 PW clean\n mark 16 pml-buffer clear\n mark 16 bitmap set',
      4,
      '1 3 4',
    ],
    [
      'an acknowledgement: the flush of the same space',
      'flush-send 16 range\n flush-send 16 range space=1\n flush-ack 16 range',
      3,
      '1 3',
    ],
    [
      'a report by write protection: the entry that lost its bit',
      'map 16\n pte 16 PU map\n pte 16 PW fault\n pte 16 PWDA walker\n report 16',
      5,
      '3 5',
    ],
  ])('%s', (_, events, seq, links) => {
    const carriers = ['uffd-wp', 'bitmap'];
    const spaces = [0, 1].map(() => ({ kind: 'mm', layout: 'x86-64', carriers }) as const);
    expect(drawing(explained(events, `e:${seq}`, { meta: { spaces, carriers } }))).toBe(links);
  });

  it('may have no cause', () => {
    const chain = explained('tlb-fill 16 WD\n write 16\n tlb-evict 16 random', 'e:3');
    expect(chain.sentence).toContain('; a CPU may lose what it has cached at any time');
  });

  it('names itself and its nearest cause', () => {
    expect(explained(text, 'event 8').sentence).toContain('because of event 7: harvest cleared D');
  });
});

describe('a page at a position', () => {
  it.each([
    ['5', 'is dirty', '3! 5'],
    ['8', 'is dirty', '5 8!'],
    ['13', 'is clean', '5 11! 12'],
  ])('after event %s it %s', (at, words, links) => {
    const chain = why(
      drawn(DIRTY + HARVEST, { meta: META }),
      { kind: 'page', page: 16 },
      { at: { kind: 'seq', seq: Number(at) } },
    )!;
    expect(chain.sentence).toContain(words);
    expect(drawing(chain)).toBe(links);
  });

  it('stale and unmarked: the chain of a lost page, as far as the trail goes by then', () => {
    const source = drawn(`${DIRTY + WITHOUT_FLUSH} write 16\n pte 16 PWDA walker`, { meta: META, chunkEvents: 4 });
    const chain = why(source, { kind: 'page', page: 16 }, { at: { kind: 'seq', seq: 14 } })!;
    expect(chain.sentence).toContain('stale and not marked after event 14');
    expect(drawing(chain)).toBe('4 7 (flush)! 11 12 14');
    expect(why(source, { kind: 'page', page: 16 })!.sentence).toContain('is dirty after event 15');
  });

  it('marked and unmarked by the bit of user-space write protection, whose meaning is inverted', () => {
    const meta = { carriers: ['uffd-wp'] };
    const text = `map 16\n pte 16 PU map\n pte 16 PWA fault\n pte 16 PWDA walker\n write 16\n pte 16 PUDA clean\n transfer 16`;
    const at = (seq: number) =>
      drawing(why(drawn(text, { meta }), { kind: 'page', page: 16 }, { at: { kind: 'seq', seq } })!);
    expect(at(5)).toBe('3! 5');
    expect(at(7)).toBe('5 6! 7');
  });

  it('lacks what the last transfer left in CPU caches', () => {
    const meta = { options: { nonCoherent: 1 } };
    const chain = explained(`${DIRTY} transfer 16\n write 16\n write 16`, 'p:16', { meta });
    expect(chain.sentence).toContain('lacks 3 writes');
    expect(drawing(chain)).toBe('3! 5 6');
  });

  it('marked without a write', () => {
    const chain = explained(`map 16\n mark 16 bitmap set`, 'p:16');
    expect(chain.sentence).toContain('counts as dirty');
    expect(drawing(chain)).toBe('2!');
  });
});

describe('what can be asked about', () => {
  it.each([
    ['f:2', { kind: 'finding', detector: null, nth: 2 }],
    ['lost-write', { kind: 'finding', detector: 'lost-write', nth: 1 }],
    ['lost-write:3', { kind: 'finding', detector: 'lost-write', nth: 3 }],
    ['p:0x42', { kind: 'page', page: 0x42 }],
    ['page 66', { kind: 'page', page: 66 }],
    ['e:12', { kind: 'event', seq: 12 }],
    ['seq 12', { kind: 'event', seq: 12 }],
  ])('%s', (text, target) => {
    expect(parseTarget(text)).toEqual(target);
  });

  it.each(['', 'lost-wirte', 'f:0', 'p:', 'p:-1', 'e:x', 'nonsense'])('not %s', (text) => {
    expect(() => parseTarget(text)).toThrow(UsageError);
  });

  it.each(['e:99', 'p:99', 'lost-write:2'])('%s is not in the trail', (text) => {
    const source = drawn(`${DIRTY + WITHOUT_FLUSH} write 16`);
    expect(() => why(source, parseTarget(text))).toThrow(UsageError);
  });
});
