/**
 * The detectors against the simulator, which knows what it did: unmutated strategies are never accused, the pages called lost are
 * exactly those whose writes the consumer lacks, and each mutation is named as what it is.
 */
import { describe, expect, it } from 'vitest';
import { check } from '../analyzer/index.js';
import { DRAWN_META, MemorySource } from '../replayer/testing/drawn.js';
import { STRATEGIES } from '../simulator/index.js';
import { randomProgram, run, staleFrames } from '../simulator/testing/runs.js';

/** How the root cause of a lost write begins, by the mutation that lost it. */
const CAUSES: Readonly<Record<string, RegExp>> = {
  'no-flush': /^missing flush/,
  'flush-first': /^the flush came too early/,
  // Where the harvest had nothing to transfer when it did, all that shows is a mark that went without a transfer.
  'transfer-first': /^(the bytes were transferred (too early|before the flush)|the last mark of the page was dropped)/,
  'plain-rmw': /^non-atomic read-modify-write/,
};
/** A change bit per frame is no entry and no translation: all that a trail shows of its loss is the mark that went. */
const KEY_CAUSE = /^(the last mark of the page was dropped|the bytes were transferred too early)/;
/** A `plain-rmw` bites only when a page is written first between the load and the store of its entry; that takes more tries. */
const seeds = (mutation?: string) => Array.from({ length: mutation === 'plain-rmw' ? 80 : 10 }, (_, i) => i + 1);
const lostBy = new Map<string, number>();

function checked(
  strategy: (typeof STRATEGIES)[number],
  mutations: readonly string[],
  interleave: 'coarse' | 'fine',
  seed: number,
) {
  const { batches, end, simulation } = run(
    {
      strategy: strategy.id,
      mutations,
      interleave,
      seed,
      harvestEvery: 8 + (seed % 20),
      tlbSets: 1 + (seed % 4),
      tlbWays: 4,
    },
    randomProgram(seed, { accesses: 300, pages: 36, cpus: 1 + (seed % 4), reads: 0.2 }),
  );
  const { carriers, spaces, actors } = simulation;
  const meta = { ...DRAWN_META, strategy: strategy.id, interleave, carriers, spaces, actors };
  return {
    answer: check(
      new MemorySource(
        batches.filter(({ length }) => length > 0),
        meta,
      ),
    ),
    staleFrames: staleFrames(end),
  };
}

describe.each(STRATEGIES)('$id', (strategy) => {
  it.each(['coarse', 'fine'] as const)('unmutated, %s: nothing worse than waste', (interleave) => {
    for (const seed of seeds()) {
      const { answer } = checked(strategy, [], interleave, seed);
      expect(answer, `seed ${seed}`).toMatchObject({ verdict: 'ok', counts: { 'lost-write': 0, 'elided-flush': 0 } });
    }
  });

  for (const { id, bites } of strategy.mutations) {
    it.each(['coarse', 'fine'] as const)(
      `${id}, %s: lost pages are those that the machine lost, for the right cause`,
      (interleave) => {
        for (const seed of seeds(id)) {
          const { answer, staleFrames: stale } = checked(strategy, [id], interleave, seed);
          expect(answer.counts['lost-write'], `seed ${seed}`).toBe(stale);
          lostBy.set(id, (lostBy.get(id) ?? 0) + stale);
          if (bites === 'none' || (bites === 'fine' && interleave === 'coarse')) expect(stale, `seed ${seed}`).toBe(0);
          for (const finding of answer.findings.filter((found) => found.id === 'lost-write')) {
            expect(finding.rootCause, `seed ${seed}`).toMatch(
              strategy.id === 'storage-key' ? KEY_CAUSE : (CAUSES[id] ?? /./),
            );
          }
        }
      },
    );
  }
});

it.each(Object.keys(CAUSES))('%s lost something above, so its cause was put to the test', (id) => {
  expect(lostBy.get(id)).toBeGreaterThan(0);
});
