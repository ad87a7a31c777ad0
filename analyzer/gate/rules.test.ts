import { describe, expect, it } from 'vitest';
import { UsageError } from '../../base/index.js';
import { limitRule, noRule, requireBaseline, rulesOfFile } from './rules.js';

const DETECTORS = ['lost-write', 'false-dirty'];

/** What is said of a rule that is wrong. */
function complaint(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  return 'nothing';
}

describe('limits', () => {
  it.each([
    ['faults=353', 'faults.total', { kind: 'absolute', value: 353 }],
    ['faults.total = 353', 'faults.total', { kind: 'absolute', value: 353 }],
    ['overhead=500us', 'ns.overhead', { kind: 'absolute', value: 500_000 }],
    ['ns.flush=1.5 ms', 'ns.flush', { kind: 'absolute', value: 1_500_000 }],
    ['overhead=500', 'ns.overhead', { kind: 'absolute', value: 500 }],
    ['bytesTransferred=64KiB', 'bytesTransferred', { kind: 'absolute', value: 65_536 }],
    ['bytesTransferred=1mib', 'bytesTransferred', { kind: 'absolute', value: 2 ** 20 }],
    ['slowdown=1.25', 'slowdown', { kind: 'absolute', value: 1.25 }],
    ['stall=20us', 'stallNs.max', { kind: 'absolute', value: 20_000 }],
    ['pml-full=3', 'exitsByReason.pml-full', { kind: 'absolute', value: 3 }],
    ['faults=+2%', 'faults.total', { kind: 'relative', factor: 1.02 }],
    ['faults=+0%', 'faults.total', { kind: 'relative', factor: 1 }],
    ['faults=-10%', 'faults.total', { kind: 'relative', factor: 0.9 }],
    ['bytesTransferred=1.1x', 'bytesTransferred', { kind: 'relative', factor: 1.1 }],
    ['flushes=0x', 'flushes', { kind: 'relative', factor: 0 }],
  ])('%s', (text, metric, limit) => {
    const rule = limitRule('max', text);
    expect(rule).toMatchObject({ kind: 'max', metric: { name: metric } });
    expect(rule.limit.kind).toBe(limit.kind);
    expect(Object.values(rule.limit)[1]).toBeCloseTo(Object.values(limit)[1] as number, 12);
  });

  it.each([
    ['faults', 'is not METRIC=LIMIT'],
    ['=5', 'is not METRIC=LIMIT'],
    ['faults=', 'is not METRIC=LIMIT'],
    ['fualts=5', "did you mean 'faults'?"],
    ['bytestransferred=5', "did you mean 'bytesTransferred'?"],
    ['toString=5', "metric 'toString' is not known"],
    ['faults=5us', 'a number without a unit'],
    ['overhead=5KiB', 'plain or in ns, us, ms, s'],
    ['bytesTransferred=5ms', 'plain or in B, KiB, MiB, GiB'],
    ['faults=-5', 'is not a limit of faults.total'],
    ['faults=2%', 'is not a limit of faults.total'],
    ['faults=-200%', 'is not a limit of faults.total'],
    ['faults=x', 'is not a limit of faults.total'],
    ['faults=NaN', 'is not a limit of faults.total'],
    ['faults=1e9', 'is not a limit of faults.total'],
  ])('%s is refused', (text, expected) => {
    expect(complaint(() => limitRule('min', text))).toContain(expected);
  });

  it('that are relative need a baseline', () => {
    expect(complaint(() => requireBaseline([limitRule('max', 'faults=3'), limitRule('max', 'ipis=2x')]))).toContain(
      "'max ipis=2x' needs a baseline",
    );
    expect(complaint(() => requireBaseline([limitRule('max', 'faults=3'), noRule('lost-write', DETECTORS)]))).toBe(
      'nothing',
    );
  });
});

it('detectors that are not known are refused', () => {
  expect(noRule('lost-write', DETECTORS)).toEqual({ kind: 'no', text: 'no lost-write', detector: 'lost-write' });
  expect(complaint(() => noRule('lost-writes', DETECTORS))).toContain("did you mean 'lost-write'?");
});

describe('a file', () => {
  it('holds the same rules', () => {
    const text = '{"no": ["lost-write"], "max": {"faults": "+2%", "overhead": 5000}, "min": {"writes": 1000}}';
    expect(rulesOfFile(text, 'g.json', DETECTORS)).toEqual([
      noRule('lost-write', DETECTORS),
      limitRule('max', 'faults=+2%'),
      limitRule('max', 'overhead=5000'),
      limitRule('min', 'writes=1000'),
    ]);
    expect(rulesOfFile('{}', 'g.json', DETECTORS)).toEqual([]);
  });

  it.each([
    ['no JSON', '{no: 1}', 'it is not JSON'],
    ['a list', '[]', 'it must be one object'],
    ['null', 'null', 'it must be one object'],
    ['an unknown key', '{"maxx": {}}', "did you mean 'max'?"],
    ['one id instead of a list', '{"no": "lost-write"}', 'a list of detector ids'],
    ['a number among ids', '{"no": [1]}', 'a list of detector ids'],
    ['an unknown id', '{"no": ["lost-wriet"]}', "g.json: detector 'lost-wriet' is not known"],
    ['a list of limits', '{"max": ["faults=3"]}', 'an object of limits by metric'],
    ['a limit that is none', '{"max": {"faults": null}}', 'must be a number or text'],
    ['an unknown metric', '{"min": {"wriets": 3}}', "did you mean 'writes'?"],
    ['a negative limit', '{"max": {"faults": -3}}', 'is not a limit'],
  ])('with %s is refused', (_, text, expected) => {
    expect(complaint(() => rulesOfFile(text, 'g.json', DETECTORS))).toContain(expected);
    expect(complaint(() => rulesOfFile(text, 'g.json', DETECTORS))).toContain('g.json');
  });
});
