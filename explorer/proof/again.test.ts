/** What a counterexample's trail carries: it comes back as it was, and what somebody else put there is refused in words. */
import { describe, expect, it } from 'vitest';
import { InputError } from '../../base/index.js';
import { type Chain, TrailEvents } from '../../analyzer/index.js';
import { DRAWN_META, drawn } from '../../replayer/testing/drawn.js';
import { AGAIN, type Again, againIn, againText } from './again.js';
import { prove } from './prove.js';

const SPEC = { scenario: 'check-then-protect', variant: null, arch: 'x86-64' } as const;
const AGAIN_OF: Again = { spec: SPEC, schedule: [0, 1, 1], reduce: false, verdict: 'lost-write' };

function metaWith(text: string) {
  return { ...DRAWN_META, source: { ...DRAWN_META.source, kind: 'scenario', parameters: { [AGAIN]: text } } };
}

describe('what a trail carries', () => {
  it('is the program and the schedule', () => {
    const again = againIn(metaWith(againText(AGAIN_OF)));
    expect(again).toMatchObject(AGAIN_OF);
    expect(again!.target.scenario).toBe('check-then-protect');
  });

  it('is nothing in a recording', () => {
    expect(againIn(DRAWN_META)).toBeNull();
  });

  it.each([
    ['no JSON', '{'],
    ['nothing', 'null'],
    ['a scenario that is not there', againText({ ...AGAIN_OF, spec: { ...SPEC, scenario: 'no-such' } })],
    [
      'a program that is too large',
      againText({
        ...AGAIN_OF,
        spec: { program: { machine: {}, cpus: 1e9, pages: 1, writes: 1, harvests: 1, evictions: 0 } },
      }),
    ],
    ['a schedule that is none', JSON.stringify({ ...AGAIN_OF, schedule: 'abc' })],
  ])('refuses %s', (_, text) => {
    expect(() => againIn(metaWith(text))).toThrow(InputError);
  });

  it('refuses a schedule that is not one of the program', async () => {
    const meta = metaWith(againText({ ...AGAIN_OF, schedule: [0, 0, 9999] }));
    const source = drawn('map 16\n write 16', { meta });
    const proof = async () => prove({ path: '', meta }, {} as Chain, new TrailEvents(source));
    await expect(proof()).rejects.toThrow(InputError);
  });
});
