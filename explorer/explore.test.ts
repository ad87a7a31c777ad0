/** What a search tells besides whether something is lost: what is paid, what was named in place of what, what never ends, and where it began. */
import { describe, expect, it } from 'vitest';
import { carrierMask, PTE_DIRTY } from '../traces/index.js';
import { ACTOR_DEVICE, CARRIER, FIRST_FREE_VARIABLE, flushRange, type Micro, micro, Op } from '../simulator/index.js';
import { explore } from './explore.js';
import type { ScenarioPiece, Setting } from './scenario.js';

const MACHINE = { strategy: 'hw-dirty' } as const;

function piece(code: () => Micro): ScenarioPiece {
  return { label: 'a piece', code };
}

function* write(page: number): Micro {
  yield micro(Op.otherWrite, 'device write', page, 0, 8, ACTOR_DEVICE);
}

function* take(page: number): Micro {
  yield micro(Op.report, 'report', page);
  yield micro(Op.transfer, 'transfer', page);
}

describe('what is paid', () => {
  const setting = (cost: 'reports' | 'transfers', rounds: number): Setting => ({
    machine: MACHINE,
    pages: 2,
    reads: ['mapped'],
    cost,
    decides: ['false-dirty'],
    actors: (stage) => [
      { name: 'device', does: [piece(() => write(stage.page(0)))] },
      {
        name: 'consumer',
        does: Array.from({ length: rounds }, () => [
          piece(() => take(stage.page(0))),
          piece(() => take(stage.page(1))),
        ]).flat(),
      },
    ],
    assumes: [],
  });

  it.each([
    { cost: 'reports', rounds: 1, ratio: 2 },
    { cost: 'transfers', rounds: 3, ratio: 6 },
  ] as const)(
    '$rounds rounds over two pages, of which one is written once: $ratio $cost for a written page',
    async ({ cost, rounds, ratio }) => {
      const found = await explore(setting(cost, rounds));
      expect(found.verdict).toBe('false-dirty');
      expect(found.worst).toMatchObject({ counted: 2 * rounds, renewed: 1, ratio });
    },
  );

  it('shows a way to the worst end, to its last step', async () => {
    const { execution } = await explore(setting('reports', 1));
    const reports = execution!.steps.flatMap(({ operations }) => operations.filter(({ op }) => op.code === Op.report));
    expect(reports).toHaveLength(2);
    expect(execution!.steps.flatMap(({ operations }) => operations).at(-1)!.op.code).toBe(Op.transfer);
  });

  it('is not counted where nobody asks', async () => {
    const { cost: _cost, ...rest } = setting('reports', 1);
    expect((await explore(rest)).worst).toBeNull();
  });
});

describe('a page that was named in place of another', () => {
  const setting = (asks: boolean, named: number, tellsLater: boolean): Setting => ({
    machine: MACHINE,
    pages: 2,
    reads: ['bitmap'],
    ...(asks && { decides: ['misattributed'] }),
    actors: (stage) => [
      {
        name: 'cpu0',
        does: [
          stage.store(1),
          piece(function* () {
            yield* take(stage.page(named));
            if (tellsLater) yield micro(Op.report, 'report', stage.page(1));
          }),
        ],
      },
    ],
    assumes: [],
  });

  it.each([
    { it: 'is misattributed where somebody asks', asks: true, named: 0, tellsLater: false, verdict: 'misattributed' },
    { it: 'is a lost write where nobody asks', asks: false, named: 0, tellsLater: false, verdict: 'lost-write' },
    {
      it: 'is a lost write where the page itself is named later',
      asks: true,
      named: 0,
      tellsLater: true,
      verdict: 'lost-write',
    },
    {
      it: 'is nothing where it was the one that was written',
      asks: true,
      named: 1,
      tellsLater: false,
      verdict: 'safe',
    },
  ])('$it', async ({ asks, named, tellsLater, verdict }) => {
    expect((await explore(setting(asks, named, tellsLater))).verdict).toBe(verdict);
  });

  it('is not while a carrier tells of the one that was written', async () => {
    const setting: Setting = {
      machine: MACHINE,
      pages: 2,
      reads: ['bitmap'],
      decides: ['misattributed'],
      actors: (stage) => [
        {
          name: 'cpu0',
          does: [
            stage.store(1),
            piece(function* () {
              yield micro(Op.markSet, 'mark page', stage.page(1), CARRIER.bitmap);
              yield* take(stage.page(0));
              yield micro(Op.markClear, 'consume mark', stage.page(1), CARRIER.bitmap);
            }),
          ],
        },
      ],
      assumes: [],
    };
    expect((await explore(setting)).verdict).toBe('lost-write');
  });
});

it('what never ends is shown as the way into it, and three times round', async () => {
  const { verdict, execution } = await explore({
    machine: MACHINE,
    pages: 1,
    handlers: () => ({
      mappedFlags: 1,
      // Looks, and leaves the entry as it is.
      *writeFault(page) {
        yield micro(Op.pteLoad, 'make entry writable', page);
      },
    }),
    actors: (stage) => [{ name: 'cpu0', does: [stage.store(0)] }],
    assumes: [],
  });
  const faults = execution!.steps.flatMap(({ operations }) => operations.filter(({ op }) => op.code === Op.faultEnter));
  expect(verdict).toBe('fault-livelock');
  expect(faults).toHaveLength(1 + 3);
});

it.each([false, true])(
  'a flush within an instruction of a CPU that nobody waits for is seen, reduced: %s',
  async (reduce) => {
    const setting: Setting = {
      machine: MACHINE,
      pages: 1,
      reads: ['pte-dirty'],
      unwaited: [0],
      before: (stage) => [{ cpu: 0, does: [stage.store(0)] }],
      actors: (stage) => [
        { name: 'cpu0', does: [stage.store(0)] },
        {
          name: 'consumer',
          does: [
            piece(function* () {
              yield micro(Op.pteChange, 'clean entries', stage.page(0), PTE_DIRTY, 0);
              yield* flushRange(stage.page(0), stage.page(0), 'harvest');
              yield* take(stage.page(0));
            }),
          ],
        },
      ],
      assumes: [],
    };
    expect((await explore(setting, { reduce })).verdict).toBe('lost-write');
    expect((await explore({ ...setting, unwaited: [] }, { reduce })).verdict).toBe('safe');
  },
);

describe('the time before', () => {
  it('leaves its variables to the search', async () => {
    const setting = (value: number): Setting => ({
      machine: MACHINE,
      pages: 1,
      variables: [],
      reads: ['bitmap'],
      before: () => [
        {
          cpu: 0,
          does: [
            piece(function* () {
              yield micro(Op.remember, 'harvest', -1, FIRST_FREE_VARIABLE + 1, value);
            }),
          ],
        },
      ],
      actors: (stage) => [
        {
          name: 'device',
          does: [
            piece(function* () {
              if (yield micro(Op.recall, 'harvest', -1, FIRST_FREE_VARIABLE + 1)) yield* write(stage.page(0));
            }),
          ],
        },
      ],
      assumes: [],
    });
    expect((await explore(setting(0))).verdict).toBe('safe');
    expect((await explore(setting(1))).verdict).toBe('invisible-write');
  });

  it('leaves the method, and with it what the consumer reads', async () => {
    const setting = (reads: number): Setting => ({
      machine: { strategy: 'adaptive', objectPages: 1 },
      pages: 1,
      before: () => [
        {
          cpu: 0,
          does: [
            piece(function* () {
              yield micro(Op.switchMethod, 'change method', -1, 0, 1, reads);
            }),
          ],
        },
      ],
      actors: (stage) => [{ name: 'cpu0', does: [stage.store(0)] }],
      assumes: [],
    });
    expect((await explore(setting(carrierMask(['pte-dirty'])))).verdict).toBe('safe');
    expect((await explore(setting(carrierMask(['bitmap'])))).verdict).toBe('lost-write');
  });
});
