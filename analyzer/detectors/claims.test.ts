/** Detectors about what actors rely on, and about frames that pages leave: for each a bad trail, and good ones close to it. */
import { describe, expect, it } from 'vitest';
import { drawn, type DrawnOptions } from '../../replayer/testing/drawn.js';
import { check } from '../check.js';

/** Page 16 mapped, written, and cached with W and D by CPU 0. */
const DIRTY = `
  map 16
  pte 16 PW map
  pte 16 PWDA walker
  tlb-fill 16 WD          # 4
  write 16
`;
const ACTORS: DrawnOptions = { meta: { actors: ['thread', 'device', 'kernel', 'reclaim'] } };

function found(id: string, text: string, options: DrawnOptions = ACTORS) {
  const { counts, findings } = check(drawn(text, options));
  const mine = findings.filter((finding) => finding.id === id);
  return { count: counts[id], first: mine[0], seqs: mine[0]?.evidence.map(({ seq }) => seq), all: mine };
}
const NOTHING = { count: 0, all: [] };

describe('write-after-revoke', () => {
  const ID = 'write-after-revoke';

  it.each([
    [
      'before anybody relies on it',
      `${DIRTY} pte 16 PDA protect\n write 16\n flush-ack 16 range\n declare 16 protected`,
    ],
    [
      'after the entry permits it again',
      `${DIRTY} pte 16 PDA protect\n declare 16 protected\n pte 16 PWDA fault\n write 16`,
    ],
    [
      'between a restriction and its flush, when the claim has lapsed',
      `${DIRTY} pte 16 PDA protect\n declare 16 protected\n pte 16 PWDA fault\n pte 16 PDA protect\n write 16`,
    ],
    ['to the page beside', `map 17\n ${DIRTY} pte 16 PDA protect\n declare 17 protected\n write 16`],
    ['by a device, which no mprotect stops', `${DIRTY} pte 16 PDA protect\n declare 16 protected\n cpu-1 write 16`],
    ['when something else was declared', `${DIRTY} pte 16 PDA protect\n declare 16 clean\n write 16`],
    [
      'by the entry of the huge page',
      'map 512\n map 515\n declare 515 gone\n pte 512 PWDH map\n tlb-fill 512 WDH\n write 515',
    ],
  ])('good: a write %s', (_, text) => {
    expect(found(ID, text)).toMatchObject(NOTHING);
  });

  it.each([
    ['protected', 'pte 16 PDA protect', '16'],
    ['protected', 'pte 16 PDA protect', '10+20'],
    ['gone', 'pte 16 - unmap', '16'],
  ])('bad: writes to a page that was declared %s (%s, %s)', (claim, restriction, range) => {
    const { count, first, seqs, all } = found(
      ID,
      `${DIRTY} ${restriction}\n actor=3 declare ${range} ${claim}\n write 16\n write 16`,
    );
    expect(count).toBe(2);
    expect(all).toHaveLength(1);
    expect(first).toMatchObject({ severity: 'high', certainty: 'proved', page: 16, cpu: 0, seq: 8 });
    expect(seqs).toEqual([6, 7, 8]);
    expect(first!.evidence[1]!.role).toContain('reclaim relies');
    expect(first!.rootCause).toContain(`declared ${claim} too early: at seq 7`);
  });

  it('bad: a guest writes to a page of the host that was declared protected', () => {
    const meta = {
      spaces: [
        { kind: 'mm', layout: 'x86-64' },
        { kind: 'second-stage', layout: 'ept', carriers: ['pte-dirty'] },
      ],
    } as const;
    const text = `map 500 frame=9 space=1\n map 16 frame=500 guest\n pte 500 PWD map space=1 frame=9\n pte 16 PWD map frame=500
      tlb-fill 16 WD frame=500\n pte 500 PD protect space=1 frame=9\n declare 500 protected space=1\n write 16`;
    const { count, first } = found(ID, text, { meta });
    expect(count).toBe(1);
    expect(first).toMatchObject({ page: 500, seq: 8 });
    expect(first!.summary).toContain('of the host');
  });
});

describe('wrong-frame-write', () => {
  const ID = 'wrong-frame-write';
  const MOVE = 'pte 16 - exchange\n frame-move 16 newFrame=7\n pte 16 PWD map';

  it.each([
    [
      'after the flush, through a new translation',
      `${DIRTY} ${MOVE}\n flush-ack 16 range\n tlb-fill 16 WD frame=7\n write 16`,
    ],
    ['to the frame that it still has', `${DIRTY} pte 16 - exchange\n write 16`],
    ['without a translation', `${DIRTY} ${MOVE}\n flush-ack 16 range\n write 16`],
    ['before the contents are read', `${DIRTY} write 16\n declare 16 copied\n ${MOVE}`],
    ['after the contents were read once more', `${DIRTY} declare 16 copied\n write 16\n declare 16 copied\n ${MOVE}`],
    ['after the contents were read for a copy that was given up', `${DIRTY} declare 16 copied\n write 16`],
    [
      'after another actor had read them',
      `${DIRTY} declare 16 copied actor=3\n write 16\n declare 16 copied\n ${MOVE}`,
    ],
    ['to the page beside', `map 17\n ${DIRTY} declare 16 copied\n write 17\n ${MOVE}`],
  ])('good: a write %s', (_, text) => {
    expect(found(ID, text)).toMatchObject(NOTHING);
  });

  it.each([
    ['moved', `${MOVE}`, [7, 9], 'another frame had taken its place'],
    ['given up', 'pte 16 - unmap\n unmap 16', [7, 8], 'its frame had been given up'],
    [
      'given up and mapped anew',
      'pte 16 - unmap\n unmap 16\n map 16 frame=8\n pte 16 PWD map',
      [7, 10],
      'another frame',
    ],
  ])('bad: a CPU writes to the frame of a page that was %s', (_, what, seqs, words) => {
    const bad = found(ID, `${DIRTY} ${what}\n write 16\n write 16`);
    expect(bad).toMatchObject({ count: 2, seqs });
    expect(bad.first).toMatchObject({ severity: 'critical', certainty: 'proved', page: 16, cpu: 0 });
    expect(bad.first!.rootCause).toContain(words);
  });

  it('bad: a device kept its translation', () => {
    const { count, first } = found(ID, `${DIRTY} cpu-1 tlb-fill 16 WD\n ${MOVE}\n cpu-1 write 16 actor=1`);
    expect(count).toBe(1);
    expect(first).toMatchObject({ cpu: null });
    expect(first!.rootCause).toContain('a device kept');
  });

  it.each([
    ['copied', 'write 16', 0],
    ['compared', 'write 16', 0],
    ['copied', 'cpu-1 write 16 actor=2', null],
  ])('bad: a page was %s, and then came %s', (claim, write, cpu) => {
    const bad = found(ID, `${DIRTY} declare 16 ${claim}\n ${write}\n ${write}\n ${MOVE}`);
    expect(bad).toMatchObject({ count: 2, seqs: [6, 7, 10] });
    expect(bad.first).toMatchObject({ severity: 'critical', cpu, seq: 7 });
    expect(bad.first!.rootCause).toContain('read too early');
  });

  it('bad: a write by another page of the frame misses the copy too', () => {
    const text = `map 16 frame=1\n map 17 frame=1\n pte 16 PW map\n pte 17 PW map\n declare 16 copied\n write 17\n pte 16 - exchange\n frame-move 16 newFrame=7`;
    expect(found(ID, text)).toMatchObject({ count: 1, first: { page: 16, seq: 6 } });
  });
});

describe('transient-none', () => {
  const ID = 'transient-none';

  it.each([
    ['comes back before that', `${DIRTY} pte 16 - exchange\n pte 16 PWA exchange\n pte 16 - unmap\n declare 16 gone`],
    ['is mapped anew by a fault', `${DIRTY} pte 16 - unmap\n declare 16 gone\n pte 16 PW map`],
    [
      'is mapped anew, and taken out and put back later',
      `${DIRTY} pte 16 - unmap\n declare 16 gone\n pte 16 PW map\n pte 16 - exchange\n pte 16 P exchange`,
    ],
    ['was not what was declared gone', `map 17\n ${DIRTY} pte 16 - exchange\n declare 17 gone\n pte 16 PWA exchange`],
    ['was declared something else', `${DIRTY} pte 16 - exchange\n declare 16 protected\n pte 16 PWA exchange`],
    ['is there because a fault was quick', `${DIRTY} pte 16 - unmap\n pte 16 P map\n declare 16 gone`],
    ['appears by means unknown', `${DIRTY} pte 16 - unmap\n declare 16 gone\n pte 16 P observed`],
  ])('good: an entry %s', (_, text) => {
    expect(found(ID, text)).toMatchObject(NOTHING);
  });

  it.each(['exchange', 'store', 'clean'])('bad: it is put back (%s) after the page was declared gone', (cause) => {
    const { count, first, seqs } = found(ID, `${DIRTY} pte 16 - exchange\n cpu1 declare 16 gone\n pte 16 PWA ${cause}`);
    expect(count).toBe(1);
    expect(first).toMatchObject({ severity: 'high', certainty: 'proved', page: 16, cpu: 0, seq: 8 });
    expect(seqs).toEqual([6, 7, 8]);
    expect(first!.rootCause).toContain('was out between seq 6 and seq 8');
  });

  it('bad: it is back already when the page is declared gone', () => {
    const { count, seqs } = found(ID, `${DIRTY} pte 16 - exchange\n pte 16 PWA exchange\n cpu1 declare 16 gone`);
    expect([count, seqs]).toEqual([1, [6, 7, 8]]);
  });
});

describe('dirty-as-proof', () => {
  const ID = 'dirty-as-proof';
  const COPY = 'pte 16 - exchange\n frame-move 16 newFrame=7\n pte 16 PWDA map\n';

  it.each([
    ['after a copy took its place', `${DIRTY} ${COPY} declare 16 private`],
    ['and nobody says that it is private', DIRTY],
    ['and somebody says so of another page', `map 17\n ${DIRTY} ${COPY} declare 16 private`],
    ['and another claim is made', `${DIRTY} declare 16 clean`],
    ['that was given up', `${DIRTY} pte 16 - unmap\n unmap 16\n declare 16 private`],
  ])('good: a page %s', (_, text) => {
    expect(found(ID, text)).toMatchObject(NOTHING);
  });

  it('bad: a page was written on the frame that it was mapped on', () => {
    const { count, first, seqs } = found(ID, `${DIRTY} declare 16 private`);
    expect(count).toBe(1);
    expect(first).toMatchObject({ severity: 'critical', certainty: 'proved', page: 16, seq: 6 });
    expect(seqs).toEqual([1, 3, 6]);
    expect(first!.rootCause).toContain('D of seq 3');
  });

  it('bad: the copy was given up, and the page mapped anew', () => {
    const { count, seqs } = found(
      ID,
      `${DIRTY} ${COPY} pte 16 - unmap\n unmap 16\n map 16\n pte 16 PD map\n declare 16 private`,
    );
    expect([count, seqs]).toEqual([1, [11, 12, 13]]);
  });
});

describe('fault-livelock', () => {
  const ID = 'fault-livelock';
  const FAULT = 'fault 16 PWU spurious\n';
  const MAPPED = 'map 16\n map 17\n pte 16 P map\n';

  it.each([
    ['twice', MAPPED + FAULT.repeat(2)],
    ['with a change of the entry in between', `${MAPPED + FAULT.repeat(2)} pte 16 PA walker\n ${FAULT.repeat(2)}`],
    ['with a write in between', `${MAPPED + FAULT.repeat(2)} write 16\n ${FAULT.repeat(2)}`],
    [
      'with a write of the device that asked in between',
      `${MAPPED + FAULT.repeat(2)} cpu-1 write 16\n ${FAULT.repeat(2)}`,
    ],
    ['on two CPUs', MAPPED + `${FAULT}cpu1 ${FAULT}`.repeat(2)],
    ['on two pages', MAPPED + `${FAULT}${FAULT.replace('16', '17')}`.repeat(3)],
    [
      'with a change of the huge entry in between',
      `map 512\n map 515\n pte 512 PH map\n ${FAULT.repeat(2)} pte 512 PWH fault\n ${FAULT.repeat(2)}`.replaceAll(
        'fault 16',
        'fault 515',
      ),
    ],
  ])('good: a CPU faults %s', (_, text) => {
    expect(found(ID, text)).toMatchObject(NOTHING);
  });

  it('bad: a CPU faults again and again', () => {
    const { count, first, seqs } = found(ID, `${MAPPED + FAULT.repeat(5)} cpu1 write 16\n pte 17 PW map\n ${FAULT}`);
    expect(count).toBe(1);
    expect(first).toMatchObject({ severity: 'high', certainty: 'proved', page: 16, cpu: 0, seq: 4 });
    expect(first!.summary).toContain('cpu 0 faulted 6 times in a row');
    expect(seqs).toEqual([4, 5, 6, 11]);
  });

  it('bad: each streak counts once', () => {
    const { count, all } = found(ID, MAPPED + FAULT.repeat(3) + FAULT.replace('16', '17').repeat(4));
    expect([count, all.map(({ page }) => page)]).toEqual([2, [16, 17]]);
  });
});

describe('misattributed', () => {
  const ID = 'misattributed';
  const PAGES = 'switch reads=bitmap\n map 16\n map 17\n pte 16 PWD map\n pte 17 PWD map\n';
  const round = (harvest: number, page: number) =>
    `harvest-begin ${harvest}\n report ${page}\n mark ${page} bitmap clear\n transfer ${page}\n harvest-end ${harvest}\n`;

  it.each([
    ['the right page is reported', `${PAGES} write 16\n mark 16 bitmap set\n ${round(1, 16)}`],
    ['a page is reported for nothing, and none is lost', `${PAGES} mark 17 bitmap set\n ${round(1, 17)}`],
    ['a page is lost, and none is reported', `${PAGES} write 16\n harvest-begin 1\n harvest-end 1`],
    ['a page is lost, and another one was written too', `${PAGES} write 16\n write 17\n ${round(1, 17)}`],
    [
      'the two are harvests apart',
      `${PAGES} write 16\n harvest-begin 1\n harvest-end 1\n mark 17 bitmap set\n ${round(2, 17)}`,
    ],
    ['the page comes later after all', `${PAGES} write 16\n ${round(1, 17)} mark 16 bitmap set\n ${round(2, 16)}`],
    ['the page is still marked', `${PAGES} write 16\n mark 16 bitmap set\n ${round(1, 17)}`],
    [
      'it was reported, and transferred too early',
      `${PAGES} transfer 16\n write 16\n harvest-begin 1\n report 17\n report 16\n harvest-end 1`,
    ],
    [
      'the page reported was written while the round before was under way',
      `${PAGES} harvest-begin 1\n write 17\n mark 17 bitmap set\n transfer 17\n harvest-end 1\n write 16\n ${round(2, 17)}`,
    ],
    [
      'the write went through a translation that was left, and so marked nothing',
      `${PAGES} tlb-fill 16 WD\n pte 16 PD protect\n write 16\n mark 17 bitmap set\n ${round(1, 17)}`,
    ],
    ['the report came before the write', `${PAGES} harvest-begin 1\n report 17\n write 16\n harvest-end 1`],
  ])('good: %s', (_, text) => {
    expect(found(ID, text)).toMatchObject(NOTHING);
  });

  it('bad: another page is reported in place of the one written', () => {
    const { count, first, seqs } = found(ID, `${PAGES} write 16\n mark 17 bitmap set\n ${round(1, 17)}`);
    expect(count).toBe(1);
    expect(first).toMatchObject({ severity: 'critical', certainty: 'proved', page: 16, seq: 6 });
    expect(seqs).toEqual([6, 9]);
    expect(first!.summary).toContain('harvest 1 reported page 0x11');
  });

  it('bad: a page that was written and captured rounds ago', () => {
    const text = `${PAGES} write 17\n mark 17 bitmap set\n ${round(1, 17)} write 16\n mark 17 bitmap set\n ${round(2, 17)}`;
    expect(found(ID, text)).toMatchObject({ count: 1, first: { page: 16 }, seqs: [13, 16] });
  });

  it('says nothing of a trail that ends in a harvest, or has gaps', () => {
    const text = `${PAGES} write 16\n ${round(1, 17)}`;
    expect(found(ID, `${text} harvest-begin 2`)).toMatchObject(NOTHING);
    expect(found(ID, `${text} gap overrun`)).toMatchObject(NOTHING);
    expect(found(ID, text, { ...ACTORS, ending: null }).first).toMatchObject({ certainty: 'possible' });
  });
});

describe('a frame that is given up', () => {
  const DISCARD = 'pte 16 - unmap\n unmap 16\n';

  it.each([
    ['with all that was written captured', `${DIRTY} transfer 16\n ${DISCARD}`],
    ['while another page is on it, whose mark is set', `map 9 frame=1016\n ${DIRTY} mark 9 bitmap set\n ${DISCARD}`],
  ])('good: %s', (_, text) => {
    expect(found('lost-write', text)).toMatchObject(NOTHING);
    expect(found('invisible-write', text)).toMatchObject(NOTHING);
  });

  it('bad: takes writes along, whatever becomes of the page', () => {
    for (const then of ['', 'map 16\n pte 16 PW map', 'harvest-begin 1']) {
      const { count, first, seqs } = found('lost-write', `${DIRTY} write 16\n mark 16 bitmap set\n ${DISCARD} ${then}`);
      expect(count).toBe(1);
      expect(first).toMatchObject({ severity: 'critical', certainty: 'proved', page: 16, seq: 9 });
      expect(seqs).toEqual([5, 9]);
      expect(first!.summary).toContain('2 writes went with the frame');
    }
  });

  it('bad: beside pages that are lost at the end, the frames first', () => {
    const { count, all } = found('lost-write', `map 17\n write 17\n ${DIRTY} ${DISCARD}`);
    expect([count, all.map(({ page }) => page)]).toEqual([2, [16, 17]]);
  });

  it('bad: takes writes along that no page table showed', () => {
    const text = `map 16\n cpu-1 write 16 actor=2\n ${DISCARD}`;
    expect(found('invisible-write', text)).toMatchObject({ count: 1, seqs: [2, 4], first: { severity: 'high' } });
    expect(found('lost-write', text)).toMatchObject(NOTHING);
  });
});

describe('a write of the kernel', () => {
  it('is invisible whatever the strategy promises, also where a device has an MMU of its own', () => {
    const text = 'map 16\n pte 16 PWD map\n cpu-1 tlb-fill 16 WD\n pte 16 PW clean\n';
    const options = { meta: { ...ACTORS.meta, strategy: 'storage-key', carriers: ['storage-key'] } } as const;
    const { count, first } = found('invisible-write', `${text} cpu-1 write 16 actor=2`, options);
    expect(count).toBe(1);
    expect(first).toMatchObject({ severity: 'high', certainty: 'proved', page: 16, seq: 5 });
    expect(found('lost-write', `${text} cpu-1 write 16 actor=2`, options).count).toBe(0);
    expect(found('invisible-write', `${text} cpu-1 write 16 actor=2\n mark 16 storage-key set`, options).count).toBe(0);
    expect(found('invisible-write', `${text} cpu-1 write 16 actor=2\n transfer 16`, options).count).toBe(0);
  });
});
