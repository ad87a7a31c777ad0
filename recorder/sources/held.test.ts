/** Held accesses are those of the source, however often they are played. */
import { describe, expect, it } from 'vitest';
import { InputError } from '../../base/index.js';
import { csv } from './csv.js';
import { drain, textSource } from './drain.testing.js';
import { hold, openHeld } from './held.js';
import type { AccessSource } from './source.js';

/** 50,000 accesses, which is several batches, of every kind. */
const TEXT = Array.from({ length: 50_000 }, (_, i) => {
  const kind = 'wwwrdkumfsh'[i % 11]!;
  return `${i},${i % 5},${i * 1000},${1 + (i % 700)},${kind},${i % 3}\n`;
}).join('');
const open = () => textSource(TEXT, csv.parser({ reads: true }));

describe('held accesses', () => {
  it('are those of the source, each time', async () => {
    const expected = await drain(open());
    const held = await hold(open(), 50_000);
    expect(held).toMatchObject({ accesses: 50_000, byDevice: true, byKernel: true, programNs: 49_999 });
    expect(held!.blocks.length).toBeGreaterThan(1);
    expect(held!.blocks[0]!.page.buffer).toBeInstanceOf(SharedArrayBuffer);
    for (const capacity of [1000, 16_384, 7777]) {
      const source = openHeld(structuredClone(held!));
      expect(await drain(source, capacity)).toEqual(expected);
      expect(source).toMatchObject({ programNs: 49_999, progress: 1, failure: null, skipped: { lines: 0 } });
      expect(source.meta).toEqual(open().meta);
    }
  });

  it('are none where the source is longer than wanted', async () => {
    expect(await hold(open(), 49_999)).toBeNull();
  });

  it('do not say that somebody wrote who did not', async () => {
    expect(await hold(textSource('1,0,4096,8\n', csv.parser({ reads: true })), 10)).toMatchObject({
      accesses: 1,
      byDevice: false,
      byKernel: false,
    });
  });

  it('are none where the source breaks off', async () => {
    const broken = { fill: () => 0, failure: new InputError({ what: 'cut short' }) } as Partial<AccessSource>;
    await expect(hold(broken as AccessSource, 10)).rejects.toThrow('cut short');
  });
});
