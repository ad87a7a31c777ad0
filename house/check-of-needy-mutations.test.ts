/**
 * Mutations that need more than writes to bite (an unmap, a move, a split, a device of its own kind), each in runs that have it: what is lost is
 * lost for the right cause, by the detectors as by the machine.
 */
import { describe, expect, it } from 'vitest';
import { check } from '../analyzer/index.js';
import { DRAWN_META, MemorySource } from '../replayer/testing/drawn.js';
import { AccessKind, type SimulationRequest, STRATEGIES } from '../simulator/index.js';
import { type ProgramShape, randomProgram, run } from '../simulator/testing/runs.js';

interface Needy {
  readonly id: string;
  readonly request?: SimulationRequest;
  readonly shape?: Partial<ProgramShape>;
  /** How the root cause begins. */
  readonly cause: RegExp;
}

const NEEDY: readonly Needy[] = [
  { id: 'no-collect', shape: { operations: [AccessKind.unmap] }, cause: /^unmapped without collecting/ },
  { id: 'check-before-protect', shape: { operations: [AccessKind.unmap] }, cause: /^unmapped without collecting/ },
  { id: 'swap-drops-bit', shape: { operations: [AccessKind.unmap] }, cause: /^unmapped without collecting/ },
  // A write that comes between may be unmapped again before the contents move.
  {
    id: 'move-drops-dirty',
    shape: { operations: [AccessKind.move] },
    cause: /^(the move dropped the mark|unmapped without collecting)/,
  },
  // A harvest of small entries may take what is left of a mark.
  {
    id: 'split-drops-dirty',
    request: { pageSize: '2m' },
    shape: { operations: [AccessKind.split] },
    cause: /^(the split dropped the mark|the last mark of the page was dropped)/,
  },
  { id: 'large-entry-logs-one', request: { pageSize: '2m' }, cause: /^(a huge entry|not armed|missing flush)/ },
  { id: 'no-cache-flush', request: { device: 'non-coherent' }, cause: /^caches were not flushed before the transfer/ },
  { id: 'no-notifier', request: { deviceMmu: true }, shape: { device: 0.2 }, cause: /^missing notifier/ },
];
const SEEDS = Array.from({ length: 8 }, (_, i) => i + 1);

describe.each(NEEDY)('$id', ({ id, request, shape, cause }) => {
  let lost = 0;
  const strategies = STRATEGIES.filter(({ mutations }) => mutations.some((mutation) => mutation.id === id));

  it.each(strategies.flatMap((strategy) => (['coarse', 'fine'] as const).map((mode) => [strategy.id, mode] as const)))(
    '%s, %s: is named as what it is',
    (strategy, interleave) => {
      for (const seed of SEEDS) {
        const { batches, simulation } = run(
          { ...request, strategy, mutations: [id], seed, interleave, harvestEvery: 20, tlbSets: 4, tlbWays: 4 },
          randomProgram(seed, { accesses: 300, pages: 12, cpus: 2, reads: 0.2, ...shape }),
        );
        const { carriers, spaces, actors, settings } = simulation;
        const nonCoherent = settings.device === 'non-coherent' && settings.strategy.copiesByCpu !== true;
        const answer = check(
          new MemorySource(
            batches.filter(({ length }) => length > 0),
            {
              ...DRAWN_META,
              carriers,
              spaces,
              actors,
              options: nonCoherent ? { nonCoherent: 1 } : {},
              arch: settings.architecture.id,
              tlb: settings.tlb,
            },
          ),
        );
        for (const finding of answer.findings.filter((found) => found.id === 'lost-write')) {
          expect(finding.rootCause, `seed ${seed}`).toMatch(cause);
          lost++;
        }
      }
    },
  );

  it('lost something above, so its cause was put to the test', () => {
    expect(lost).toBeGreaterThan(0);
  });
});
