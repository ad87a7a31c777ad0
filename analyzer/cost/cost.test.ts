import { describe, expect, it } from 'vitest';
import { drawn, DRAWN_ENDING, DRAWN_META } from '../../replayer/testing/drawn.js';
import { cost } from './cost.js';

/** A little of everything, on two CPUs. What each access waited stands beside it. */
const EVERYTHING = `
  map 16
  pte 16 PW map
  pte 16 PWDA walker cost=30
  tlb-fill 16 WD
  write 16 size=4                                       # 30
  write 16 size=8                                       # 0
  map 17
  fault 17 PWU write-protect cost=800
  pte 17 PWDA fault
  write 17 size=2                                       # 800
  map 18
  fault 18 WU not-present cost=500
  fault 18 PWU spurious cost=300
  write 18 size=8                                       # 800
  cpu1 write 16 size=1                                  # 0
  harvest-begin 1
  walk 16+3 slots=512 changed=3 cost=100
  flush-queue 16+3 harvest
  flush-send 16+3 range harvest targets=3 cost=2000
  flush-ack 16+3 range harvest cost=50
  cpu1 flush-ack 16+3 range harvest cost=60
  cache-flush 16+3 cost=7
  report 16+2
  transfer 16+2 cost=900
  report 18
  transfer 18 cost=450
  exit other cost=1000
  harvest-end 1
  write 16 size=8                                       # 4507
  cpu1 write 17 size=8                                  # 60
`;

describe('cost', () => {
  it('counts and prices what happened', () => {
    const report = cost(drawn(EVERYTHING, { ending: { ...DRAWN_ENDING, programNs: 10_000 } }));
    expect(report).toEqual({
      strategy: 'hw-dirty',
      writes: 7,
      faults: { total: 3, writeProtect: 1, notPresent: 1, spurious: 1, dirtyTrap: 0 },
      flushes: 1,
      ipis: 3,
      exits: 1,
      exitsByReason: { other: 1 },
      cacheFlushes: 1,
      ptesScanned: 512,
      pagesReported: 3,
      bytesTransferred: 3 * 4096,
      bytesWritten: 39,
      // Pages 16 and 17 were written after their transfer, but nothing cleared D in their entries: they will be collected.
      lostWrites: 0,
      lostPages: 0,
      invisibleWrites: 0,
      // Events are 10 ns apart: page 16 waited from its first write to its transfer, 17 and 18 likewise.
      lagNs: { mean: 150, p99: 190, max: 190, samples: 3 },
      falseDirtyPages: 0,
      ns: {
        program: 10_000,
        overhead: 6197,
        fault: 1600,
        flush: 2110,
        scan: 100,
        exit: 1000,
        copy: 1350,
        walker: 30,
        cache: 7,
      },
      stallNs: { p50: 60, p99: 4507, max: 4507 },
      slowdown: 1.6197,
      epochs: 1,
      transfers: 2,
      harvestNs: 100 + 2000 + 50 + 7 + 900 + 450 + 1000,
      cpus: [
        { cpu: 0, writes: 5, programNs: 240, overheadNs: 6137 },
        { cpu: 1, writes: 2, programNs: 150, overheadNs: 60 },
      ],
      costProfile: 'drawn',
      assumptions: ['loads were not played, so TLB pressure is too low'],
      complete: true,
    });
  });

  it('prices what the whole machine does: moves, page tables, switches of address spaces, exits by reason', () => {
    const report = cost(
      drawn(`
        map 16\n frame-move 16 newFrame=5 cost=400\n table-alloc 16+512 tables=1 cost=900
        flush-ack 16 space switch cost=60\n exit kick cost=10\n exit 16 ept-violation cost=20\n exit ept-violation cost=30
        write 16
      `),
    );
    expect(report.ns).toMatchObject({ copy: 400, scan: 900, flush: 60, exit: 60, cache: 0, overhead: 1420 });
    expect(report).toMatchObject({ exits: 3, exitsByReason: { 'ept-violation': 2, kick: 1 }, flushes: 0 });
    expect(report.stallNs.max).toBe(1420);
  });

  it('gives the same figures whatever the chunks', () => {
    const whole = cost(drawn(EVERYTHING));
    for (const chunkEvents of [1, 2, 5, 13]) expect(cost(drawn(EVERYTHING, { chunkEvents }))).toEqual(whole);
  });

  it('finds nothing in an empty trail', () => {
    expect(cost(drawn(''))).toMatchObject({ writes: 0, epochs: 0, slowdown: 1, stallNs: { p50: 0, p99: 0, max: 0 } });
  });
});

describe('a reported page is false dirty', () => {
  const cycle = 'harvest-begin 1\n report 16\n transfer 16\n harvest-end 1';
  it.each([
    ['when nothing was written since its transfer', `map 16\n write 16\n ${cycle}\n ${cycle}`, 1],
    ['when it was never written', `map 16\n ${cycle}`, 1],
    ['in a range, page by page', 'map 16\n map 17\n map 18\n write 17\n report 16+3\n transfer 16+3', 2],
    [
      'when it is reported again before its transfer: not',
      'map 16\n write 16\n report 16\n report 16\n transfer 16',
      0,
    ],
    ['when it was written between the reports: not', `map 16\n write 16\n ${cycle}\n write 16\n ${cycle}`, 0],
    ['when another page wrote to its frame: not', 'map 16 frame=7\n map 17 frame=7\n write 17\n report 16', 0],
  ])('%s', (_, text, falseDirtyPages) => {
    expect(cost(drawn(text)).falseDirtyPages).toBe(falseDirtyPages);
  });
});

describe('writes are lost', () => {
  const clean = 'map 16\n pte 16 PWDA walker\n tlb-fill 16 WD\n write 16\n harvest-begin 1\n pte 16 PWA clean\n';
  const consume = 'report 16\n transfer 16\n harvest-end 1\n';
  const none = { lostWrites: 0, lostPages: 0 };
  it.each([
    [
      'when D was cleared and no flush followed',
      `${clean}${consume} write 16\n write 16`,
      { lostWrites: 2, lostPages: 1 },
    ],
    [
      'when a flush followed and the walker set D: not',
      `${clean} flush-ack 16 range\n ${consume} pte 16 PWDA walker\n write 16`,
      none,
    ],
    ['when a mark that is read is set: not', `${clean}${consume} write 16\n mark 16 bitmap set`, none],
    [
      'when only a mark that nobody reads is set',
      `${clean}${consume} write 16\n mark 16 ring set`,
      { lostWrites: 1, lostPages: 1 },
    ],
    ['when the source lost events: undecided', `gap overrun\n ${clean}${consume} write 16`, none],
    ['when the trail ends inside a harvest: undecided', `${clean}${consume} write 16\n harvest-begin 2`, none],
  ])('%s', (_, text, expected) => {
    const report = cost(drawn(text));
    expect(report).toMatchObject(expected);
    expect(report.assumptions.some((text) => text.includes('inside a harvest'))).toBe(text.endsWith('harvest-begin 2'));
  });
});

describe('a stall', () => {
  it.each([
    ['is taken by the first access after the cost', 'fault 1 cost=5\n write 1\n write 1', { p50: 0, p99: 5, max: 5 }],
    ['adds up over the events before it', 'fault 1 cost=5\n walk 1 cost=6\n write 1', { p50: 11, p99: 11, max: 11 }],
    ['that a load waited out is no stall of a write', 'fault 1 cost=5\n read 1\n write 1', { p50: 0, p99: 0, max: 0 }],
    ['is of the CPU that was charged', 'cpu1 fault 1 cost=5\n write 1\n cpu1 write 1', { p50: 0, p99: 5, max: 5 }],
    [
      'is not the business of a device',
      'cpu-1 transfer 1 cost=5\n write 1\n cpu-1 write 1',
      { p50: 0, p99: 0, max: 0 },
    ],
    ['of one write in 100 is above p99', `fault 1 cost=5\n ${'write 1\n'.repeat(100)}`, { p50: 0, p99: 0, max: 5 }],
    ['of one write in 99 is p99', `fault 1 cost=5\n ${'write 1\n'.repeat(99)}`, { p50: 0, p99: 5, max: 5 }],
    ['after the last write is nobody’s', 'write 1\n fault 1 cost=5', { p50: 0, p99: 0, max: 0 }],
  ])('%s', (_, text, stallNs) => {
    expect(cost(drawn(text)).stallNs).toEqual(stallNs);
  });
});

describe('a trail that says less', () => {
  it.each([
    ['counted from 0 where it is assumed', 'assumed', 170],
    ['counted from the first access where it was given', 'given', 90],
  ] as const)(
    'has program time up to the last access of each CPU where it was not closed, %s',
    (_, programTime, ns) => {
      const text = 'write 1 program=40\n cpu1 write 1 program=40\n read 1 program=130';
      const report = cost(drawn(text, { ending: null, meta: { source: { ...DRAWN_META.source, programTime } } }));
      expect(report.ns.program).toBe(ns);
      expect(report.complete).toBe(false);
      expect(report.assumptions).toContainEqual(expect.stringContaining('not closed'));
    },
  );

  it.each([
    [
      'assumed program time',
      { meta: { source: { ...DRAWN_META.source, programTime: 'assumed' as const } } },
      'program time is assumed',
    ],
    ['observed events', { meta: { mode: 'observed' as const, strategy: null } }, 'observed'],
    [
      'a broken-off run',
      { ending: { ...DRAWN_ENDING, complete: false, incompleteReason: 'interrupted' } },
      'not complete (interrupted)',
    ],
  ])('says so: %s', (_, options, assumption) => {
    expect(cost(drawn('write 1', options)).assumptions).toContainEqual(expect.stringContaining(assumption));
    expect(cost(drawn('write 1')).assumptions).not.toContainEqual(expect.stringContaining(assumption));
  });

  it('says so: events that the source lost', () => {
    expect(cost(drawn('gap overrun\n gap killed')).assumptions).toContainEqual(expect.stringContaining('in 2 places'));
  });

  it('does not miss loads where a workload has none', () => {
    const workload = { meta: { source: { ...DRAWN_META.source, kind: 'workload' } } };
    expect(cost(drawn('write 1', workload)).assumptions).toEqual([]);
  });
});
