import { describe, expect, it } from 'vitest';
import { drawn, type DrawnOptions } from '../../replayer/testing/drawn.js';
import { pte } from '../../traces/index.js';
import { check } from '../check.js';
import type { Finding } from '../finding.js';
import { DETECTORS } from './index.js';

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
  harvest-begin 1
  pte 16 PWA clean        # 7
  mark 16 bitmap set
  flush-ack 16 range      # 9
  report 16
  mark 16 bitmap clear    # 11
  transfer 16
  harvest-end 1           # 13
`;
const WITHOUT_FLUSH = HARVEST.replace(/flush-ack.*/, 'note');

function findings(id: string, text: string, options: DrawnOptions = {}) {
  const { counts, findings: all } = check(drawn(text, options));
  return { count: counts[id], found: all.filter((finding) => finding.id === id) };
}
const seqs = (finding: Finding | undefined) => finding?.evidence.map(({ seq }) => seq);

describe('lost-write', () => {
  const lost = (text: string, options?: DrawnOptions) => findings('lost-write', text, options);

  it.each([
    ['a write that was transferred', DIRTY + HARVEST],
    ['a write whose mark is still set, in the entry', DIRTY],
    ['a write whose mark is still set, in the bitmap', `${DIRTY} pte 16 PWA clean\n mark 16 bitmap set`],
    ['a write through a stale entry before the transfer', DIRTY + HARVEST.replace('report', 'write 16\n report')],
    ['a page that was not written after its transfer', DIRTY + WITHOUT_FLUSH],
    ['D in another entry of the same frame', `map 16 frame=1\n map 17 frame=1\n pte 17 PWDA walker\n write 16`],
  ])('good: %s', (_, text) => {
    expect(lost(text)).toEqual({ count: 0, found: [] });
  });

  it.each([
    [
      'no flush at all',
      `${DIRTY + WITHOUT_FLUSH} write 16`,
      /^missing flush: cpu 0 kept a TLB entry with W and D \(filled at seq 4\) after D was cleared at seq 7/,
    ],
    [
      'a flush of another CPU',
      `${DIRTY + HARVEST.replace('flush-ack', 'cpu1 flush-ack')} write 16`,
      /^missing flush: cpu 0/,
    ],
    [
      'a flush of another page',
      `${DIRTY + HARVEST.replace('flush-ack 16', 'flush-ack 17')} write 16`,
      /^missing flush: cpu 0/,
    ],
    [
      'the flush first',
      `${DIRTY} harvest-begin 1\n flush-ack 16 range\n tlb-fill 16 WD\n pte 16 PWA clean\n mark 16 bitmap set\n report 16\n mark 16 bitmap clear\n transfer 16\n write 16\n harvest-end 1`,
      /^the flush came too early: cpu 0 acknowledged it at seq 7, before D was cleared at seq 9/,
    ],
    [
      'the transfer before the flush',
      `${DIRTY} harvest-begin 1\n pte 16 PWA clean\n mark 16 bitmap set\n report 16\n mark 16 bitmap clear\n transfer 16\n write 16\n flush-ack 16 range\n harvest-end 1`,
      /^the bytes were transferred before the flush: at seq 11, while cpu 0 acknowledged it only at seq 13/,
    ],
    [
      'the transfer before the mark is cleared',
      `${DIRTY} harvest-begin 1\n report 16\n transfer 16\n write 16\n pte 16 PWA clean\n flush-ack 16 range\n harvest-end 1`,
      /^the bytes were transferred too early: at seq 8, before the mark was cleared at seq 10; the write at seq 9/,
    ],
    [
      'all transfers before a mark that came late',
      `map 17\n harvest-begin 1\n report 17\n transfer 17\n ${DIRTY} pte 16 PWA clean\n flush-ack 16 range\n harvest-end 1`,
      /^the bytes were transferred too early: the last transfer of harvest 1 was at seq 4, and the mark of this page, written at seq 9/,
    ],
    [
      'the transfer before the entry is protected',
      `switch reads=bitmap\n map 16\n mark 16 bitmap set\n pte 16 PWDA fault\n tlb-fill 16 WD\n write 16\n harvest-begin 1\n mark 16 bitmap clear\n transfer 16\n write 16\n pte 16 PDA protect\n flush-ack 16 range\n harvest-end 1`,
      /^the bytes were transferred too early: at seq 9, while the entry still let cpu 0 write .* restricted only at seq 11/,
    ],
    [
      'a plain store over the D that the walker set, before the write',
      `map 16\n pte 16 PW map\n harvest-begin 1\n pte 16 PWDA walker\n tlb-fill 16 WD\n pte 16 PW store\n write 16\n harvest-end 1`,
      /^non-atomic read-modify-write: the entry of page 0x10 was stored at seq 6 .*D of seq 4/,
    ],
    [
      'a plain store over the D that the walker set, after the write',
      `map 16\n pte 16 PW map\n harvest-begin 1\n pte 16 PWDA walker\n tlb-fill 16 WD\n write 16\n pte 16 PW store\n harvest-end 1`,
      /^non-atomic read-modify-write/,
    ],
    [
      'a mark that was cleared and never served',
      `${DIRTY} pte 16 PWA clean`,
      /^the last mark of the page was dropped at seq 6 \(D was cleared\)/,
    ],
    [
      'a mark that was cleared while the entry stayed writable',
      `switch reads=bitmap\n map 16\n mark 16 bitmap set\n pte 16 PWDA fault\n tlb-fill 16 WD\n write 16\n harvest-begin 1\n mark 16 bitmap clear\n transfer 16\n harvest-end 1\n write 16`,
      /^not armed: the mark was cleared at seq 8/,
    ],
    ['a write that marks nothing', 'map 16\n pte 16 PW map\n write 16', /^no event of the trail ever set a carrier/],
  ])('bad: %s', (_, text, cause) => {
    const { count, found } = lost(text);
    expect(count).toBe(1);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ severity: 'critical', certainty: 'proved', page: 16, cpu: 0 });
    expect(found[0]!.rootCause).toMatch(cause);
    expect(found[0]!.fix).not.toBe('');
  });

  it('names the events: fill, restriction, carrier cleared, transfer, write and the point of no return', () => {
    const [finding] = lost(`${DIRTY + WITHOUT_FLUSH} write 16\n write 16`).found;
    expect(finding!.summary).toContain('2 writes');
    expect(seqs(finding)).toEqual([4, 7, 11, 12, 14]);
    expect(finding!.evidence.at(-1)!.role).toMatch(/no transfer captured.*point of no return/);
  });

  it('counts pages, lists the first, and says how many there are', () => {
    const pages = Array.from({ length: 30 }, (_, i) => 16 + i);
    const text = pages.map((page) => `map ${page}\n write ${page}`).join('\n');
    const { counts, findings: all, notes } = check(drawn(text));
    expect(counts['lost-write']).toBe(30);
    expect(all.map(({ page }) => page)).toEqual(pages.slice(0, 20));
    expect(notes).toContain('lost-write: 20 of 30 findings are listed');
  });

  it('blames no trail that ends inside a harvest, or that has gaps', () => {
    const inside = `${DIRTY} harvest-begin 1\n pte 16 PWA clean`;
    for (const text of [inside, 'map 16\n write 16\n gap overrun']) {
      const { count, found } = lost(text, { ending: null });
      expect(count).toBe(0);
      expect(found).toMatchObject([{ severity: 'low', certainty: 'undecidable', page: null }]);
    }
    expect(lost(inside).found[0]!.rootCause).toContain('inside a harvest');
  });

  it('proves nothing from a trail that was cut off', () => {
    const { count, found } = lost(`${DIRTY + WITHOUT_FLUSH} write 16`, { ending: null });
    expect(count).toBe(1);
    expect(found).toMatchObject([{ severity: 'critical', certainty: 'possible' }]);
  });

  it('stands numbers and words that no recording of this version has', () => {
    const trail = drawn(`${DIRTY} pte 16 PWA clean\n harvest-begin 9007199254740000\n transfer 17\n harvest-end 1`);
    trail.batches[0]!.slots[pte.slot.cause]![5] = 99;
    const [found] = check(trail).findings;
    expect(found!.rootCause).toMatch(/^the last mark of the page was dropped at seq 6 \(the entry changed\)/);
  });

  it('counts a frame once, at the first page that maps it', () => {
    const text = `map 17 frame=1\n map 16 frame=1\n switch reads=bitmap\n write 17\n write 16`;
    const { count, found } = lost(text);
    expect(count).toBe(1);
    expect(found).toMatchObject([{ page: 16, seq: 4 }]);
    expect(found[0]!.summary).toContain('2 writes');
    expect(found[0]!.rootCause).toContain('another page that maps it (0x11)');
    expect(lost(`${text}\n mark 17 bitmap set`).count).toBe(0);
  });

  it('tells of a flush by one address where the frame has two', () => {
    const text = `map 16 frame=1\n map 17 frame=1\n pte 17 PWDA walker\n tlb-fill 17 WD\n harvest-begin 1
      pte 17 PWA clean\n flush-ack 16 range\n transfer 16\n harvest-end 1\n write 17`;
    const { found } = lost(text);
    expect(found[0]!.rootCause).toMatch(/^missing flush: cpu 0 kept .* \(by page 0x11, which maps it too\)/);
    expect(
      lost(text.replace('flush-ack 16', 'flush-ack 17').replace('write 17', 'pte 17 PWDA walker\n write 17')).count,
    ).toBe(0);
  });

  describe.each<[string, DrawnOptions, good: string, bad: string, RegExp]>([
    [
      'a device that does not snoop',
      { meta: { options: { nonCoherent: 1 } } },
      `${DIRTY + HARVEST.replace('transfer', 'cache-flush 16\n transfer')}`,
      DIRTY + HARVEST,
      /^caches were not flushed before the transfer: what was written at seq 5 was in the caches of cpu 0 alone when the bytes were transferred at seq 12/,
    ],
    [
      'a monitor that sets no D',
      {},
      'map 16\n pte 16 PW map\n pte 16 PWD monitor\n tlb-fill 16 WD\n write 16',
      'map 16\n pte 16 PW map\n tlb-fill 16 WD\n write 16',
      /^the monitor does not emulate dirty bits: cpu 0 cached W and D for page 0x10 at seq 3/,
    ],
    [
      'a monitor that gives D later',
      {},
      'map 16\n pte 16 PW map\n tlb-fill 16 W\n pte 16 PWD monitor\n tlb-update 16 WD\n write 16',
      'map 16\n pte 16 PW map\n tlb-fill 16 W\n tlb-update 16 WD\n write 16',
      /^the monitor does not emulate dirty bits: .* at seq 4/,
    ],
    [
      'an unmap',
      {},
      `${DIRTY} pte 16 - unmap\n mark 16 bitmap set\n flush-ack 16 range`,
      `${DIRTY} pte 16 - unmap\n flush-ack 16 range`,
      /^unmapped without collecting: the entry of page 0x10 was taken out at seq 6/,
    ],
    [
      'a page that left the object',
      {},
      `map 9 frame=1016\n ${DIRTY} mark 9 bitmap set\n unmap 16`,
      `map 9 frame=1016\n ${DIRTY} unmap 16`,
      /taken out at seq 7 with the last mark/,
    ],
    [
      'a move',
      {},
      `${DIRTY} pte 16 - unmap\n mark 16 bitmap set\n flush-ack 16 range\n frame-move 16 newFrame=7\n pte 16 PW map`,
      `${DIRTY} pte 16 - unmap\n flush-ack 16 range\n frame-move 16 newFrame=7\n pte 16 PW map`,
      /^the move dropped the mark: the entry of page 0x10 was taken out at seq 6, its contents moved at seq 8/,
    ],
    [
      'a move long after the unmap that dropped it',
      {},
      `${DIRTY} mark 16 bitmap set\n pte 16 - unmap`,
      `${DIRTY} pte 16 - unmap\n pte 16 PW map\n pte 16 - unmap\n frame-move 16 newFrame=7`,
      /^unmapped without collecting: the entry of page 0x10 was taken out at seq 6/,
    ],
    [
      'a split',
      {},
      'map 512\n map 515\n pte 512 PWDH walker\n tlb-fill 512 WDH\n write 515\n pte 512 PWD split\n pte 515 PWD split',
      'map 512\n map 515\n pte 512 PWDH walker\n tlb-fill 512 WDH\n write 515\n pte 512 PW split\n pte 515 PW split\n flush-ack 512 range',
      /^the split dropped the mark: the huge entry over page 0x203 became small ones at seq 7/,
    ],
    [
      'a split that was none',
      {},
      'map 512\n map 515\n pte 512 PWDH walker\n write 515\n pte 512 PWD split\n pte 515 PWD split\n pte 515 PW clean\n mark 515 bitmap set',
      'map 512\n map 515\n pte 512 PWDH walker\n write 515\n pte 512 PWD split\n pte 515 PWD split\n pte 515 PW clean',
      /^the last mark of the page was dropped at seq 7 \(D was cleared\)/,
    ],
    [
      'a huge entry marked in part',
      { meta: { carriers: ['bitmap'] } },
      'map 512\n map 515\n mark 512+512 bitmap set\n pte 512 PWDH fault\n tlb-fill 512 WDH\n write 515',
      'map 512\n map 515\n mark 512 bitmap set\n pte 512 PWDH fault\n tlb-fill 512 WDH\n write 515',
      /^a huge entry lets cpu 0 write all of its 512 pages, and page 0x203 was not among those marked/,
    ],
    [
      'the MMU of a device',
      {},
      `${DIRTY} cpu-1 tlb-fill 16 WD\n${HARVEST.replace('flush-ack', 'cpu-1 flush-ack 16 range\n flush-ack')} cpu-1 write 16 actor=1\n pte 16 PWD fault`,
      `${DIRTY} cpu-1 tlb-fill 16 WD\n${HARVEST} cpu-1 write 16`,
      /^missing notifier: the device kept its translation of page 0x10 \(filled at seq 6\) after D was cleared at seq 8/,
    ],
    [
      'the MMU of a device that was told too early',
      {},
      DIRTY,
      `${DIRTY} harvest-begin 1\n cpu-1 flush-ack 16 range\n cpu-1 tlb-fill 16 WD\n pte 16 PWA clean\n flush-ack 16 range\n transfer 16\n harvest-end 1\n cpu-1 write 16`,
      /^the notifier came too early: the device dropped what it had cached of page 0x10 at seq 7/,
    ],
  ])('%s', (_, options, good, bad, cause) => {
    it('good: nothing is lost', () => {
      expect(lost(good, options)).toEqual({ count: 0, found: [] });
    });

    it('bad: is the cause', () => {
      const { count, found } = lost(bad, options);
      expect(count).toBe(1);
      expect(found[0]!.rootCause).toMatch(cause);
      expect(found[0]!.fix).not.toBe('');
    });
  });

  it('keeps the story of a write that a transfer did not see', () => {
    const text = DIRTY + HARVEST;
    const [finding] = lost(text, { meta: { options: { nonCoherent: 1 } } }).found;
    expect(finding).toMatchObject({ seq: 5, cpu: 0 });
    expect(seqs(finding)).toContain(12);
    expect(finding!.evidence.find(({ seq }) => seq === 12)!.role).toContain('while the write was in CPU caches');
    // A device's own writes go to memory; they are captured.
    const by = (actor: number) => `map 16\n cpu-1 write 16 actor=${actor}\n transfer 16\n`;
    const meta = { options: { nonCoherent: 1 }, actors: ['kernel', 'device'] };
    expect(findings('invisible-write', by(1), { meta }).count).toBe(0);
    expect(findings('invisible-write', by(0), { meta }).found).toMatchObject([{ seq: 2 }]);
  });
});

/** Page 16 of a guest on its frame 500, which is page 500 of the host, on frame 9; both track by D, and all of it is cached. */
const GUEST: DrawnOptions = {
  meta: {
    spaces: [
      { kind: 'mm', layout: 'x86-64' },
      { kind: 'second-stage', layout: 'ept', carriers: ['pte-dirty'] },
    ],
  },
};
const TWO_STAGES = `
  map 500 frame=9 space=1
  map 16 frame=500 guest
  pte 500 PW map space=1 frame=9
  pte 16 PW map frame=500
  pte 16 PWD walker frame=500
  pte 500 PWD walker space=1 frame=9
  tlb-fill 16 WD frame=500   # 7
  write 16
`;
const GUEST_HARVEST = 'pte 16 PW clean frame=500\n flush-ack 16 range\n transfer 16\n';
const HOST_HARVEST = 'pte 500 PW clean space=1 frame=9\n flush-ack 500 all space=1\n transfer 500 space=1\n';

describe('a guest and its host', () => {
  const both = (text: string, options = GUEST) => check(drawn(TWO_STAGES + text, options));
  const without = (text: string) => text.replace(/flush-ack.*/, 'note');

  it('good: each consumer has what was written', () => {
    const { findings: found, counts } = both(
      `${GUEST_HARVEST}${HOST_HARVEST} pte 16 PWD walker frame=500\n pte 500 PWD walker space=1 frame=9\n tlb-fill 16 WD frame=500\n write 16`,
    );
    expect([found.filter(({ severity }) => severity !== 'info'), counts['lost-write']]).toEqual([[], 0]);
  });

  it.each([
    [
      'the guest',
      without(GUEST_HARVEST) + HOST_HARVEST.replace('flush-ack', 'note #'),
      'page 0x10 of the guest',
      /after D was cleared at seq 9/,
    ],
    [
      'the host',
      GUEST_HARVEST.replace('flush-ack', 'note #').replace(/pte.*/, '') + without(HOST_HARVEST),
      'page 0x1f4 of the host',
      /after D was cleared at seq 1\d/,
    ],
  ])('bad: a flush of %s is missing', (_, text, whose, cause) => {
    const { findings: found } = both(`${text} write 16`);
    const losses = found.filter(({ id, summary }) => id === 'lost-write' && summary.startsWith(whose));
    expect(losses).toHaveLength(1);
    expect(losses[0]!.rootCause).toMatch(/^missing flush: cpu 0 kept a TLB entry with W and D/);
    expect(losses[0]!.rootCause).toMatch(cause);
  });

  it('the host alone loses where only its own flush is missing', () => {
    const { counts, findings: found } = both(`${without(HOST_HARVEST)} write 16`);
    expect(counts['lost-write']).toBe(1);
    expect(found.map(({ id, page }) => [id, page])).toContainEqual(['lost-write', 500]);
    expect(counts['stale-tlb-write']).toBe(1);
    expect(found.find(({ id, severity }) => id === 'stale-tlb-write' && severity === 'high')!.summary).toContain(
      'its bytes had been transferred',
    );
    expect(counts['elided-flush']).toBe(1);
    expect(both(HOST_HARVEST).counts).toMatchObject({ 'lost-write': 0, 'stale-tlb-write': 0, 'elided-flush': 0 });
  });

  it('nothing is owed to a host that tracks nothing', () => {
    const meta = { spaces: [GUEST.meta!.spaces![0]!, { kind: 'second-stage', layout: 'ept' }] } as const;
    expect(both(GUEST_HARVEST, { meta }).counts['lost-write']).toBe(0);
  });
});

describe('invisible-write', () => {
  it.each([
    ['of a page that is transferred after it', `${DIRTY} cpu-1 write 16\n${HARVEST}`],
    ['of a page whose mark is still set', `${DIRTY} cpu-1 write 16`],
    ['beside a write of a CPU that is lost too', `${DIRTY + WITHOUT_FLUSH} cpu-1 write 16\n write 16`],
    ['in a harvest that the trail does not see the end of', `${DIRTY + HARVEST} harvest-begin 2\n cpu-1 write 16`],
  ])('good: a device writes %s', (_, text) => {
    expect(findings('invisible-write', text)).toEqual({ count: 0, found: [] });
  });

  it('good: a device writes through a translation of its own, which is a matter of notifiers', () => {
    const text = `map 16\n pte 16 PWD map\n cpu-1 tlb-fill 16 WD\n pte 16 PW clean\n cpu-1 write 16`;
    expect(findings('invisible-write', text).count).toBe(0);
    expect(findings('lost-write', text).count).toBe(1);
  });

  it('bad: a device writes to a guest, and neither consumer is told', () => {
    const text = `${TWO_STAGES}${GUEST_HARVEST}${HOST_HARVEST} cpu-1 write 16`;
    const { count, found } = findings('invisible-write', text, GUEST);
    expect(count).toBe(2);
    expect(found.map(({ summary }) => /page \S+ of the \w+/.exec(summary)![0]).sort()).toEqual([
      'page 0x10 of the guest',
      'page 0x1f4 of the host',
    ]);
  });

  it('bad: a device writes after the harvest, and nothing marks the page', () => {
    const text = `${DIRTY + HARVEST} cpu-1 write 16\n cpu-1 write 16`;
    const { count, found } = findings('invisible-write', text);
    expect(count).toBe(1);
    expect(found[0]).toMatchObject({ severity: 'high', certainty: 'proved', page: 16, cpu: null, seq: 14 });
    expect(found[0]!.summary).toContain('2 writes around its page table');
    expect(findings('lost-write', text).count).toBe(0);
  });

  it('a write of a CPU among them makes it a lost write', () => {
    const text = `${DIRTY + WITHOUT_FLUSH} cpu-1 write 16\n write 16`;
    expect(findings('lost-write', text).count).toBe(1);
  });
});

describe('stale-tlb-write', () => {
  const stale = (text: string) => findings('stale-tlb-write', text);

  it.each([
    ['after the flush', `${DIRTY + HARVEST} tlb-fill 16 WD\n pte 16 PWDA walker\n write 16`],
    ['through an entry with W and without D', `${DIRTY + HARVEST} tlb-fill 16 W\n write 16`],
    ['through an entry that another CPU has made true again', `${DIRTY + WITHOUT_FLUSH} pte 16 PWDA walker\n write 16`],
  ])('good: %s', (_, text) => {
    expect(stale(text)).toEqual({ count: 0, found: [] });
  });

  it.each([
    ['D', 'pte 16 PWA clean', /has W and D while memory has no D/],
    ['W', 'pte 16 PDA protect', /has W while memory has none/],
    ['the entry', 'pte 16 - exchange', /no longer has at all/],
    ['the frame', 'frame-move 16 newFrame=7', /names another frame/],
  ])('between the restriction of %s and its flush: a count', (_, restriction, words) => {
    const { count, found } = stale(`${DIRTY} ${restriction}\n write 16\n write 16\n flush-ack 16 range\n transfer 16`);
    expect(count).toBe(2);
    expect(found).toMatchObject([{ severity: 'info', seq: 7, cpu: 0, page: 16 }]);
    expect(found[0]!.summary).toMatch(words);
    expect(seqs(found[0])).toEqual([6, 7]);
  });

  it.each([
    ['its bytes were transferred', 'transfer 16', /its bytes had been transferred/],
    ['its mark was cleared', 'mark 16 bitmap clear', /its mark had been cleared/],
    ['the harvest was over', 'harvest-end 1', /the harvest that restricted it was over/],
  ])('after %s: harm', (_, settled, words) => {
    const { count, found } = stale(`${DIRTY} harvest-begin 1\n pte 16 PWA clean\n ${settled}\n write 16\n write 16`);
    expect(count).toBe(2);
    expect(found.map(({ severity }) => severity)).toEqual(['high', 'info']);
    expect(found[0]!.summary).toMatch(words);
    expect(found[0]!.summary).toContain('2 writes');
    expect(seqs(found[0])).toEqual([7, 8, 9]);
  });

  it('sees the entry of the huge page that the TLB entry stands for', () => {
    const huge = 'map 512\n map 515\n pte 512 PWDH walker\n tlb-fill 512 WDH\n write 515\n';
    expect(stale(huge).count).toBe(0);
    const { count, found } = stale(`${huge} pte 512 PWH clean\n transfer 515\n write 515`);
    expect(count).toBe(1);
    expect(found.map(({ severity, page }) => [severity, page])).toEqual([
      ['high', 515],
      ['info', 515],
    ]);
    expect(stale(`${huge} pte 512 PWH clean\n flush-ack 600 range\n transfer 515\n write 515`).count).toBe(0);
  });

  it('sees a transfer by another page of the frame', () => {
    const text = `map 16 frame=1\n map 17 frame=1\n pte 17 PWD map\n tlb-fill 17 WD\n pte 17 PW clean\n transfer 16\n write 17`;
    expect(stale(text).found.map(({ severity }) => severity)).toEqual(['high', 'info']);
  });

  it('sees what a device kept', () => {
    const text = `map 16\n pte 16 PWD map\n cpu-1 tlb-fill 16 WD\n pte 16 PW clean\n`;
    expect(stale(`${text} cpu-1 write 16`).count).toBe(1);
    expect(stale(`${text} cpu-1 flush-ack 16 range\n cpu-1 write 16`).count).toBe(0);
  });
});

describe('elided-flush', () => {
  const elided = (text: string, options?: DrawnOptions) => findings('elided-flush', text, options);

  it.each([
    ['a flush by range', DIRTY + HARVEST],
    ['a flush of everything', DIRTY + HARVEST.replace('16 range', '0 all')],
    ['an entry that was evicted anyway', DIRTY + WITHOUT_FLUSH.replace('note', 'tlb-evict 16 random')],
    [
      'an entry that another page took over',
      `map 32\n ${DIRTY + WITHOUT_FLUSH.replace('note', 'tlb-fill 32 W slot=0')}`,
    ],
    ['a restriction that nobody had cached', `map 16\n pte 16 PWD map\n ${WITHOUT_FLUSH}`],
    [
      'D taken from an entry that is cached read-only',
      `map 16\n pte 16 PD map\n tlb-fill 16 D\n harvest-begin 1\n pte 16 P clean\n harvest-end 1`,
    ],
    [
      'an entry filled after the restriction',
      `map 16\n pte 16 PWD map\n harvest-begin 1\n pte 16 PW clean\n tlb-fill 16 WD\n harvest-end 1`,
    ],
  ])('good: %s', (_, text) => {
    expect(elided(text)).toEqual({ count: 0, found: [] });
  });

  it.each([
    ['D', 'pte 16 PWA clean'],
    ['W', 'pte 16 PDA protect'],
    ['the entry', 'pte 16 - exchange'],
  ])('bad: %s was taken and no flush came until the end of the harvest', (_, restriction) => {
    const { count, found } = elided(`${DIRTY} harvest-begin 1\n ${restriction}\n transfer 16\n harvest-end 1`);
    expect(count).toBe(1);
    expect(found).toMatchObject([{ severity: 'high', page: 16, cpu: 0, seq: 7 }]);
    expect(seqs(found[0])).toEqual([4, 7, 9]);
  });

  it('bad: a device kept its translation', () => {
    const text = `map 16\n pte 16 PWD map\n cpu-1 tlb-fill 16 WD\n harvest-begin 1\n pte 16 PW clean\n harvest-end 1`;
    expect(elided(text).found).toMatchObject([{ page: 16, cpu: -1 }]);
    expect(elided(text.replace('clean', 'clean\n cpu-1 flush-ack 16 range')).count).toBe(0);
  });

  it('finds the first of very many restrictions, and forgets those that were answered', () => {
    const again = ' pte 16 PWDA walker\n pte 16 PWA clean\n'.repeat(40_000);
    const unanswered = elided(`${DIRTY} harvest-begin 1\n pte 16 PWA clean\n ${again} harvest-end 1`).found;
    expect(seqs(unanswered[0])).toEqual([4, 7, 80_008]);
    expect(unanswered[0]!.summary).toContain('with 1 more permissive TLB entry left behind');
    const answered = elided(
      `${DIRTY} harvest-begin 1\n pte 16 PWA clean\n ${again} flush-ack 16 range\n ${again} harvest-end 1`,
    );
    expect(answered).toEqual({ count: 0, found: [] });
  });

  it('names the flush before the entry that was left, not before one that was flushed in time', () => {
    const [found] = elided(`
      map 16\n map 17\n pte 16 PWDA map\n pte 17 PWDA map\n tlb-fill 16 WD\n tlb-fill 17 WD   # 6
      harvest-begin 1\n pte 16 PWA clean\n flush-ack 16 range\n pte 17 PWA clean\n harvest-end 1`).found;
    expect(seqs(found)).toEqual([6, 9, 10, 11]);
  });

  it('tells a flush that came too early from none', () => {
    const [early] = elided(
      `${DIRTY} harvest-begin 1\n flush-ack 16 range\n tlb-fill 16 WD\n pte 16 PWA clean\n harvest-end 1`,
    ).found;
    expect(early!.rootCause).toContain('the flush (seq 7) came before the entry was restricted (seq 9)');
    const [none] = elided(DIRTY + WITHOUT_FLUSH).found;
    expect(none!.rootCause).toContain('no flush was acknowledged');
  });

  it('counts harvests, and pages within one', () => {
    const both = `${DIRTY} cpu1 tlb-fill 16 WD\n map 17\n pte 17 PWD map\n tlb-fill 17 WD\n harvest-begin 1\n pte 16 PW clean\n pte 17 PW clean\n harvest-end 1\n pte 17 PWD walker\n harvest-begin 2\n pte 17 PW clean\n harvest-end 2`;
    const { count, found } = elided(both);
    expect(count).toBe(2);
    expect(found[0]!.summary).toMatch(/^2 pages restricted in harvest 1 with 3 more permissive TLB entries/);
    expect(found[1]!.summary).toMatch(/^1 page restricted in harvest 2 with 1 more permissive TLB entry/);
  });

  it('waits for the end of a finished trail, and for nothing in one that breaks off', () => {
    const restricted = `${DIRTY} pte 16 PWA clean`;
    expect(elided(restricted).found[0]!.summary).toContain('after the last harvest');
    expect(elided(restricted, { ending: null }).count).toBe(0);
    expect(elided(`${DIRTY} harvest-begin 1\n pte 16 PWA clean`).count).toBe(0);
  });
});

describe('false-dirty', () => {
  const falsely = (text: string) => findings('false-dirty', text);

  it('good: every reported page was written since its transfer', () => {
    expect(falsely(DIRTY + HARVEST)).toEqual({ count: 0, found: [] });
  });

  it('bad: one finding with the share and the worst pages', () => {
    const { count, found } = falsely(
      `map 16\n map 17\n write 16\n report 16+2\n transfer 16+2\n report 17\n transfer 17`,
    );
    expect(count).toBe(2);
    expect(found).toMatchObject([{ severity: 'low', page: 17, seq: 6 }]);
    expect(found[0]!.summary).toBe('2 of 3 reported pages (67 %) held nothing new');
    expect(found[0]!.evidence).toEqual([{ seq: 6, role: 'the last of 2 reports of page 0x11 without a new write' }]);
  });

  it('is no reproach where the consumer takes every mapped page', () => {
    expect(falsely('switch reads=mapped\n map 16\n report 16').found[0]!.severity).toBe('info');
  });
});

describe('spurious-fault', () => {
  const spurious = (text: string) => findings('spurious-fault', text);
  const NEEDED = 'map 16\n pte 16 P map\n fault 16 PWU write-protect cost=100\n pte 16 PWD fault\n';

  it.each([
    ['a write fault on a read-only entry', NEEDED],
    ['a fault on an entry that is not there', 'fault 16 WU not-present'],
    ['a read fault on an entry taken out', 'map 16\n pte 16 P map\n pte 16 - exchange\n fault 16 U not-present'],
  ])('good: %s', (_, text) => {
    expect(spurious(text)).toEqual({ count: 0, found: [] });
  });

  it('bad: a fault on an entry that permits the access, or that the handler found so', () => {
    const { count, found } = spurious(
      `${NEEDED} cpu1 fault 16 PWU write-protect cost=100\n cpu1 fault 16 PWU spurious cost=50`,
    );
    expect(count).toBe(2);
    expect(found).toMatchObject([{ severity: 'low', seq: 5, cpu: 1, page: 16 }]);
    expect(found[0]!.summary).toBe('2 of 3 faults found an entry that already permitted the access; they cost 150 ns');
    expect(seqs(found[0])).toEqual([5, 6]);
  });

  it('is a note where it is rare', () => {
    const many = Array.from({ length: 12 }, (_, i) => `fault ${20 + i} WU not-present`).join('\n');
    expect(spurious(`${NEEDED} ${many}\n cpu1 fault 16 PWU spurious`).found[0]!.severity).toBe('info');
  });
});

it('every detector has an id of its own, says what it counts, and needs kinds that exist', () => {
  expect(new Set(DETECTORS.map(({ id }) => id)).size).toBe(DETECTORS.length);
  for (const { id, counts, summary } of DETECTORS) {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(`${counts} ${summary}`.length).toBeGreaterThan(20);
  }
});
