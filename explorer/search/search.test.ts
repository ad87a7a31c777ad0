/** The breadth-first search against explorers as one writes them first, and what it says where it does not come through. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/index.js';
import { explore, type ExploreOptions } from '../explore.js';
import { prepare, prepareNarrow } from '../prepare.js';
import { rulesIn } from '../rules.js';
import type { Setting } from '../scenario.js';
import { strategySetting, type StrategyProgram } from '../strategy-scenario.js';
import { exploreNaively, followSchedules } from '../testing/naive-explorer.js';
import { pathTo, search, type SearchOptions } from './search.js';

const LIMITS = { states: 1e7, seconds: 3600, bytes: 4e9 };
const ALL: SearchOptions = { limits: LIMITS, graphStates: 1e6 };

function program(machine: StrategyProgram['machine'], size: Partial<StrategyProgram> = {}): Setting {
  return strategySetting({ machine, cpus: 1, pages: 1, writes: 1, harvests: 1, evictions: 0, ...size });
}

const SMALL = [
  { name: 'hw-dirty', setting: program({ strategy: 'hw-dirty' }, { cpus: 2, harvests: 2, evictions: 1 }) },
  {
    name: 'hw-dirty without its flush',
    setting: program({ strategy: 'hw-dirty', mutations: ['no-flush'] }, { writes: 2, harvests: 2 }),
  },
  { name: 'page-mkwrite, two pages', setting: program({ strategy: 'page-mkwrite' }, { pages: 2, writes: 2 }) },
  { name: 'soft-dirty on s390x', setting: program({ strategy: 'soft-dirty', arch: 's390x' }, { cpus: 2 }) },
  {
    name: 'a guest under a shadow',
    setting: program({ guest: 'hw-dirty', monitor: 'shadow' }, { cpus: 2, writes: 1 }),
  },
  {
    name: 'pages that are unmapped and moved',
    setting: program({ strategy: 'hw-dirty-wp' }, { unmaps: 1, moves: 1 }),
  },
];
const REDUCE = [false, true];

describe.each(SMALL.flatMap((one) => REDUCE.map((reduce) => ({ ...one, reduce }))))(
  '$name, reduced: $reduce',
  ({ setting, reduce }) => {
    it('has the states, steps, ends and broken rules of a naive explorer', async () => {
      const found = await search(prepare(setting, reduce).model, ALL);
      const naive = exploreNaively(prepare(setting, reduce).model);
      const { visited, transitions, ends, badEnds, sightings } = found;
      expect({ states: visited.count, transitions, ends, badEnds, stopped: found.stopped }).toEqual({
        states: naive.depths.length,
        transitions: naive.transitions,
        ends: naive.ends,
        badEnds: naive.badEnds,
        stopped: null,
      });
      expect(rulesIn(naive.broken).filter((rule) => !sightings.has(rule))).toEqual([]);
      expect(sightings.size).toBe(rulesIn(naive.broken).length);
      // The n-th state of both is the same, so levels are comparable.
      const depthOf = (at: number) => found.levels.findLastIndex((first) => first <= at);
      expect(Array.from({ length: visited.count }, (_, at) => depthOf(at))).toEqual(naive.depths);
    });

    it('finds shortest ways', async () => {
      const { model } = prepare(setting, reduce);
      const initial = model.state.now.slice();
      const found = await search(model, ALL);
      const { depths } = exploreNaively(prepare(setting, reduce).model);
      const random = new Random(5);
      const state = new Int32Array(model.state.words);
      for (let i = 0; i < 40; i++) {
        const target = random.below(found.visited.count);
        const path = pathTo(model, found, target);
        expect(path.length).toBe(depths[target]);
        model.state.now.set(initial);
        for (const choice of path) expect(model.apply(choice)).toBe(true);
        found.visited.read(target, state);
        expect([...model.state.now.subarray(0, state.length)]).toEqual([...state]);
      }
    });
  },
);

describe('interleavings are as many as there are schedules', () => {
  it.each([
    { strategy: 'hw-dirty' },
    { strategy: 'hw-dirty', mutations: ['no-flush'] },
    { strategy: 'hw-dirty', mutations: ['plain-rmw'] },
    { strategy: 'full-upload' },
    { strategy: 'compare' },
    { strategy: 'page-mkwrite' },
    { strategy: 'pml' },
    { strategy: 'storage-key' },
  ])('%j', async (machine) => {
    const setting = program(machine);
    const { edges, badEnds } = await search(prepare(setting, false).model, ALL);
    const schedules = followSchedules(prepare(setting, false));
    expect(edges!.countWays()).toBe(schedules.count);
    expect(badEnds > 0).toBe(schedules.lost > 0n);
  });
});

describe('states as small as they can be', () => {
  it.each(SMALL.flatMap((one) => REDUCE.map((reduce) => ({ ...one, reduce }))))(
    '$name, reduced: $reduce: the same states, steps and ends',
    async ({ setting, reduce }) => {
      const wide = prepare(setting, reduce).model;
      const narrow = prepareNarrow(setting, reduce).model;
      expect(narrow.state.words).toBeLessThan(wide.state.words);
      const [of, inFew] = [await search(wide, ALL), await search(narrow, ALL)];
      const figures = ({ visited, transitions, ends, badEnds, levels, sightings }: typeof of) => ({
        states: visited.count,
        transitions,
        ends,
        badEnds,
        levels,
        sightings,
      });
      expect(figures(inFew)).toEqual(figures(of));
    },
  );
});

describe('a search that does not come through', () => {
  // Some 10^5 states, and no rule broken.
  const large = program({ strategy: 'hw-dirty' }, { cpus: 2, pages: 2, writes: 2, harvests: 2 });
  const broken = program(
    { strategy: 'hw-dirty', mutations: ['no-flush'] },
    { cpus: 2, pages: 2, writes: 2, harvests: 2 },
  );

  it.each<[string, ExploreOptions, string]>([
    ['states', { maxStates: 3000 }, 'states'],
    ['seconds', { maxSeconds: 0 }, 'seconds'],
    ['bytes', { maxBytes: 1e5 }, 'memory'],
    ['an interrupt before it begins', { signal: AbortSignal.abort() }, 'interrupted'],
  ])('is bounded by %s and says so', async (_, options, stopped) => {
    const found = await explore(large, options);
    expect(found).toMatchObject({ verdict: 'bounded', exhaustive: false, stopped, interleavings: null });
    expect(found.execution).toBeNull();
  });

  it('is bounded by an interrupt on its way', async () => {
    const controller = new AbortController();
    const found = await explore(program({ strategy: 'hw-dirty' }, { cpus: 3, pages: 3, writes: 3, harvests: 3 }), {
      signal: controller.signal,
      onProgress: () => controller.abort(),
      maxStates: 5e6,
    });
    expect(found).toMatchObject({ verdict: 'bounded', exhaustive: false, stopped: 'interrupted' });
    expect(found.states).toBeGreaterThan(1);
  });

  it('names what it has found by then, and is not exhaustive', async () => {
    const all = await explore(broken, { reduce: true });
    expect(all).toMatchObject({ verdict: 'lost-write', exhaustive: true, stopped: null });
    const some = await explore(broken, { reduce: true, maxStates: Math.floor(all.states / 2) });
    expect(some).toMatchObject({ exhaustive: false, stopped: 'states' });
    expect(['lost-write', 'bounded']).toContain(some.verdict);
  });

  it('says safe where it comes through', async () => {
    expect(await explore(SMALL[0]!.setting, { maxStates: 1e6 })).toMatchObject({ verdict: 'safe', exhaustive: true });
  });
});
