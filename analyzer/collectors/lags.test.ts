/** Lag by hand on drawn trails, and against a model that keeps every single write of a frame on random ones. */
import { describe, expect, it } from 'vitest';
import { drawn, MemorySource } from '../../replayer/testing/drawn.js';
import { NaiveFold } from '../../replayer/testing/naive-fold.js';
import { randomEvents, randomMeta } from '../../replayer/testing/random-events.js';
import { EVENT_BY_CODE, EventBatch, transfer, type TrailMeta, write } from '../../traces/index.js';
import { cost } from '../cost/index.js';
import { runPass } from '../pass.js';
import { lags } from './lags.js';

const NON_COHERENT = { options: { nonCoherent: 1 } };

describe('lag', () => {
  // Events are 10 ns apart.
  it.each<readonly [string, string, Partial<TrailMeta>, readonly number[]]>([
    ['from a write to its transfer', 'map 1\n write 1\n transfer 1', {}, [10]],
    ['counts from the first write', 'map 1\n write 1\n write 1\n write 1\n transfer 1', {}, [30]],
    [
      'once for each time a page is dirtied',
      'map 1\n write 1\n transfer 1\n write 1\n write 1\n transfer 1',
      {},
      [10, 20],
    ],
    ['not where nothing new is brought', 'map 1\n write 1\n transfer 1\n transfer 1', {}, [10]],
    ['not of a write that is never transferred', 'map 1\n write 1\n transfer 1\n write 1', {}, [10]],
    ['of each page', 'map 1\n map 2\n write 2\n write 1\n transfer 1+2', {}, [10, 20]],
    [
      'of one frame with two pages once',
      'map 1 frame=5\n map 2 frame=5\n map 3\n map 4 frame=5\n write 2\n write 3\n transfer 1+4',
      {},
      [10, 20],
    ],
    ['of the other page of a frame', 'map 1 frame=5\n map 2 frame=5\n write 2\n transfer 1', {}, [10]],
    [
      'not of what went with its frame',
      'map 1 frame=5\n write 1\n unmap 1\n map 1 frame=5\n write 1\n transfer 1',
      {},
      [10],
    ],
    ['goes along with a move', 'map 1 frame=5\n write 1\n frame-move 1 newFrame=6\n write 1\n transfer 1', {}, [30]],
    ['of a write in a cache, from the write', 'map 1\n write 1\n cache-flush 1\n transfer 1', NON_COHERENT, [20]],
    [
      'of a write that stayed in a cache, when it comes',
      'map 1\n write 1\n transfer 1\n cache-flush 1\n transfer 1',
      NON_COHERENT,
      [30],
    ],
    [
      'of an older write in memory',
      'map 1\n write 1\n cache-flush 1\n write 1\n transfer 1\n cache-flush 1\n transfer 1',
      NON_COHERENT,
      [30, 30],
    ],
  ])('%s', (_, text, meta, expected) => {
    const { ns, sumNs } = runPass(drawn(text, { meta }), [lags]).facts(lags);
    const sorted = [...expected].sort((a, b) => a - b);
    expect([ns.count, sumNs, ns.max]).toEqual([
      expected.length,
      sorted.reduce((sum, lag) => sum + lag, 0),
      sorted.at(-1),
    ]);
    for (const [i, lag] of sorted.entries()) expect(ns.percentile((100 * (i + 1)) / sorted.length)).toBe(lag);
  });

  it('is in the report of costs', () => {
    const source = drawn('map 1\n write 1\n transfer 1\n write 1\n write 1\n transfer 1');
    expect(cost(source).lagNs).toEqual({ mean: 15, p99: 20, max: 20, samples: 2 });
    expect(cost(drawn('map 1\n write 1')).lagNs).toEqual({ mean: 0, p99: 0, max: 0, samples: 0 });
  });
});

interface Write {
  readonly ns: number;
  inCache: boolean;
  brought: boolean;
}

/** Every write kept, by frame, with what has become of it. */
function naiveLags(batch: EventBatch, meta: TrailMeta): number[] {
  const fold = new NaiveFold(meta);
  const written = new Map<string, Write[]>();
  const found: number[] = [];
  const one = new EventBatch(1);
  for (let row = 0; row < batch.length; row++) {
    for (const column of ['kind', 'time', 'cpu', 'actor', 'space', 'step', 'page'] as const)
      one[column][0] = batch[column][row]!;
    batch.slots.forEach((slot, index) => (one.slots[index]![0] = slot[row]!));
    one.firstSeq = row + 1;
    one.length = 1;
    const kind = EVENT_BY_CODE[one.kind[0]!]!;
    const page = `${one.space[0]}:${one.page[0]}`;
    const frameBefore = fold.pages.get(page)?.frame ?? '';
    const before = new Map([...fold.frames].map(([frame, state]) => [frame, { ...state }]));
    if (kind === transfer) {
      const frames = new Set<string>();
      for (const p of fold.pages.values())
        if (
          p.space === one.space[0] &&
          p.page >= one.page[0]! &&
          p.page < one.page[0]! + one.slots[transfer.slot.pages]![0]!
        )
          frames.add(p.frame);
      for (const frame of frames) {
        const brought = (written.get(frame) ?? []).filter((each) => !each.inCache && !each.brought);
        if (brought.length > 0) found.push(one.time[0]! - Math.min(...brought.map(({ ns }) => ns)));
        for (const each of brought) each.brought = true;
      }
    }
    fold.apply(one);
    const frameAfter = fold.pages.get(page)?.frame ?? '';
    const moved = kind.kind === 'frame-move' && frameBefore !== '' && frameAfter !== frameBefore;
    const contents = moved ? (written.get(frameBefore) ?? []).map((each) => ({ ...each, inCache: false })) : [];
    for (const [frame, { generation, cached }] of fold.frames) {
      const was = before.get(frame);
      if (kind === write && was !== undefined && generation > was.generation)
        written.set(frame, [
          ...(written.get(frame) ?? []),
          { ns: one.time[0]!, inCache: cached > was.cached, brought: false },
        ]);
      else if (was === undefined) written.set(frame, []);
      if (was !== undefined && was.cached > 0 && cached === 0)
        for (const each of written.get(frame) ?? []) each.inCache = false;
    }
    // Whichever contents are newer stay.
    if (moved && contents.length >= (before.get(frameAfter)?.generation ?? 0)) written.set(frameAfter, contents);
  }
  return found.sort((a, b) => a - b);
}

describe('lag equals that of a model that keeps every write', () => {
  let samples = 0;
  it.each(Array.from({ length: 90 }, (_, seed) => seed + 1))('seed %i', (seed) => {
    const batch = randomEvents(seed, 1500);
    const meta = randomMeta(seed);
    const expected = naiveLags(batch, meta);
    const { ns, sumNs } = runPass(new MemorySource([batch], meta), [lags]).facts(lags);
    expect(ns.count).toBe(expected.length);
    expect(sumNs).toBe(expected.reduce((sum, lag) => sum + lag, 0));
    for (const percent of [0, 25, 50, 90, 99, 100])
      expect(ns.percentile(percent)).toBe(expected[Math.max(1, Math.ceil((percent * expected.length) / 100)) - 1] ?? 0);
    samples += expected.length;
  });

  it('has had something to measure', () => {
    expect(samples).toBeGreaterThan(300);
  });
});
