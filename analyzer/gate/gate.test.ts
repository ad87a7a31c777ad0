/** Rules judged over drawn trails: what keeps them, what breaks them, and where. */
import { describe, expect, it } from 'vitest';
import { drawn } from '../../replayer/testing/drawn.js';
import { check } from '../check.js';
import { DETECTORS } from '../detectors/index.js';
import { gate, type GateOptions } from './gate.js';
import { limitRule, noRule, type Rule } from './rules.js';

const BASE = `
  map 16 frame=70
  fault 16 WU not-present cost=100
  write 16
  write 16
  harvest-begin 1
  mark 16 bitmap set
  report 16
  transfer 16 cost=7
  harvest-end 1
`;
const base = drawn(BASE);
/** The same writes, one fault more, a report of nothing new, and more bytes. */
const worse = drawn(`${BASE.replace('write 16', 'write 16\n  cpu1 fault 16 PWU spurious cost=60')}
  harvest-begin 2
  report 16
  transfer 16+2
  harvest-end 2
`);

function rule(text: string): Rule {
  const [kind, what] = text.split(' ') as ['no' | 'max' | 'min', string];
  const ids = DETECTORS.map(({ id }) => id);
  return kind === 'no' ? noRule(what, ids) : limitRule(kind, what);
}

function judge(source: typeof base, texts: readonly string[], options: GateOptions = {}) {
  return gate(source, check(source), texts.map(rule), options);
}

describe('a rule', () => {
  it.each([
    ['no lost-write', true, 0, null],
    ['no false-dirty', false, 1, 12],
    ['max faults=2', true, 2, null],
    ['max faults=1', false, 2, 4],
    ['max faults=+100%', true, 2, null],
    ['max faults=1.99x', false, 2, 4],
    ['max faults=+0%', false, 2, 4],
    ['max spurious=+50%', false, 1, 4],
    ['max bytesTransferred=8KiB', false, 12_288, 13],
    ['max ns.fault=159', false, 160, 4],
    ['max overhead=167', true, 167, null],
    ['max overhead=166ns', false, 167, 9],
    ['max falseDirtyPages=0', false, 1, 12],
    ['max slowdown=0.9', false, 1, null],
    ['min writes=2', true, 2, null],
    ['min writes=3', false, 2, null],
    ['min writes=1x', true, 2, null],
    ['min faults=2x', true, 2, null],
    ['min faults=+101%', false, 2, null],
  ])('%s: passed %s, %d, first broken at %s', (text, passed, actual, seq) => {
    const { rules, passed: all } = judge(worse, [text], { baseline: base });
    expect(rules).toHaveLength(1);
    expect(rules[0]).toMatchObject({ rule: text, passed });
    expect(rules[0]!.actual).toBe(actual);
    expect(rules[0]!.event?.seq ?? null).toBe(seq);
    expect(all).toBe(passed);
  });

  it('says what the baseline has, and what that allows', () => {
    const { rules } = judge(worse, ['max overhead=+10%', 'max ipis=+2%', 'max faults=5'], { baseline: base });
    expect(rules.map(({ base: figure, limit }) => [figure, limit])).toEqual([
      [107, expect.closeTo(117.7, 9)],
      [0, 0],
      [null, 5],
    ]);
  });

  it('forgives the rounding of its own arithmetic', () => {
    const fifty = drawn(Array.from({ length: 50 }, () => 'write 16').join('\n'));
    const fiftyFive = drawn(Array.from({ length: 55 }, () => 'write 16').join('\n'));
    for (const text of ['max writes=1.1x', 'max writes=+10%', 'min writes=1.1x'])
      expect(judge(fiftyFive, [text], { baseline: fifty }).passed, text).toBe(true);
    expect(judge(drawn(`${'write 16\n'.repeat(56)}`), ['max writes=1.1x'], { baseline: fifty }).passed).toBe(false);
  });

  it('about losses is broken where they cannot be decided', () => {
    const open = drawn(`${BASE}\n  write 16\n  harvest-begin 2`);
    const { rules, passed } = judge(open, ['max lostWrites=0', 'max writes=9']);
    expect(passed).toBe(false);
    expect(rules[0]).toMatchObject({ passed: false, actual: null, event: null });
    expect(rules[0]!.summary).toContain('cannot be decided');
    expect(rules[1]!.passed).toBe(true);
  });

  it('about a detector that could not be asked is broken', () => {
    const checked = {
      ...check(base),
      findings: [{ ...check(worse).findings[0]!, id: 'lost-write', certainty: 'undecidable' as const, seq: null }],
    };
    const { rules } = gate(base, checked, [rule('no lost-write')]);
    expect(rules[0]).toMatchObject({ passed: false, actual: null, event: null });
  });
});

describe('a baseline', () => {
  const others = drawn(BASE.replace('write 16', 'write 17'));

  it.each([
    ['with the same writes', base, false, { aligned: true, passed: true }],
    ['with the same writes, which are asked for', base, true, { aligned: true, passed: true }],
    ['with other writes', others, false, { aligned: false, misaligned: false, passed: true }],
    [
      'with other writes, where the same are asked for',
      others,
      true,
      { aligned: false, misaligned: true, passed: false },
    ],
  ])('%s', (_, baseline, sameWrites, expected) => {
    expect(judge(worse, ['max faults=2'], { baseline, sameWrites })).toMatchObject(expected);
  });

  it('need not be', () => {
    expect(judge(base, [])).toMatchObject({ passed: true, aligned: null, rules: [] });
  });
});
