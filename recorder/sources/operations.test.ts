import { describe, expect, it } from 'vitest';
import { InputError, Random, UsageError } from '../../base/index.js';
import { AccessBatch, AccessKind } from '../../simulator/index.js';
import { drain } from './drain.testing.js';
import { type OperationIntervals, withOperations } from './operations.js';
import type { AccessSource } from './source.js';

/** A source of accesses by the letters of their kinds: store, load, device write, and x for an operation of its own. */
function lettered(letters: string, random?: Random): AccessSource {
  const kinds: Record<string, number> = {
    s: AccessKind.store,
    l: AccessKind.load,
    d: AccessKind.deviceWrite,
    x: AccessKind.split,
  };
  let at = 0;
  return {
    meta: { kind: 'test', name: 'test', programTime: 'assumed', reads: true, parameters: { seed: 1 } },
    objectPages: 8,
    skipped: { lines: 2, firstLine: 1 },
    failure: new InputError({ what: 'broke off' }),
    progress: 0.5,
    programNs: 77,
    close() {},
    fill(batch: AccessBatch) {
      const before = batch.length;
      const most = random === undefined ? letters.length : 1 + random.below(3);
      while (at < letters.length && batch.length - before < most && batch.length < batch.capacity) {
        const i = batch.length++;
        batch.page[i] = 16 + at;
        batch.offset[i] = 0;
        batch.size[i] = 8;
        batch.cpu[i] = at % 3;
        batch.kind[i] = kinds[letters[at]!]!;
        batch.process[i] = at % 2;
        batch.program[i] = ++at;
      }
      const count = batch.length - before;
      return random !== undefined && random.below(2) === 0 ? Promise.resolve(count) : count;
    },
  };
}

/** What comes out, by letters; U and M are the operations put in. */
async function played(letters: string, intervals: OperationIntervals, random?: Random, capacity = 4): Promise<string> {
  const accesses = await drain(withOperations(lettered(letters, random), intervals), capacity);
  return accesses
    .map(({ kind, isRead }) =>
      isRead ? 'l' : ({ deviceWrite: 'd', split: 'x', unmap: 'U', move: 'M' }[kind ?? ''] ?? 's'),
    )
    .join('');
}

describe('operations are put in', () => {
  it.each([
    ['after every so many writes', 'ssssss', { unmapEvery: 2 }, 'ssUssUssU'],
    ['after each', 'sss', { moveEvery: 1 }, 'sMsMsM'],
    ['not after fewer', 'ssss', { moveEvery: 5 }, 'ssss'],
    ['counting writes of devices and no loads', 'slldlsls', { moveEvery: 2 }, 'slldMlslsM'],
    ['not counting operations of the source', 'sxxs', { unmapEvery: 2 }, 'sxxsU'],
    ['of both kinds, a move before an unmap', 'ssssss', { moveEvery: 3, unmapEvery: 2 }, 'ssUsMsUssMU'],
  ])('%s', async (_, letters, intervals, expected) => {
    expect(await played(letters, intervals)).toBe(expected);
  });

  it('whatever the batches', async () => {
    const letters = 'slsdsxlsssdlsss'.repeat(5);
    const intervals = { moveEvery: 2, unmapEvery: 3 };
    const whole = await played(letters, intervals, undefined, 1000);
    expect(whole.replaceAll(/[UM]/g, '')).toBe(letters);
    for (let seed = 1; seed <= 20; seed++) {
      const random = new Random(seed);
      expect(await played(letters, intervals, random, 1 + random.below(5)), `seed ${seed}`).toBe(whole);
    }
  });

  it('on the whole object, where the write before them was', async () => {
    const [, , , unmap] = await drain(withOperations(lettered('sss'), { unmapEvery: 3 }));
    expect(unmap).toEqual({ address: 'all', size: 0, cpu: 2, isRead: false, program: 3, kind: 'unmap' });
    const [, , moved] = await drain(withOperations(lettered('ss'), { moveEvery: 2 }));
    expect(moved).toEqual({ address: 'all', size: 0, cpu: 1, isRead: false, program: 2, kind: 'move', process: 1 });
  });
});

it('is the source in everything else, and notes what was asked for', () => {
  const source = lettered('s');
  const { meta, objectPages, skipped, failure, progress, programNs } = withOperations(source, { moveEvery: 7 });
  expect(meta).toEqual({ ...source.meta, parameters: { seed: 1, moveEvery: 7 } });
  expect({ objectPages, skipped, failure, progress, programNs }).toEqual({
    objectPages: 8,
    skipped: source.skipped,
    failure: source.failure,
    progress: 0.5,
    programNs: 77,
  });
  expect(withOperations(source, {})).toBe(source);
});

it.each([0, -1, 1.5, Number.NaN])('refuses an interval of %d', (every) => {
  expect(() => withOperations(lettered('s'), { moveEvery: every })).toThrow(UsageError);
  expect(() => withOperations(lettered('s'), { unmapEvery: every })).toThrow(/--unmap-every/);
});
