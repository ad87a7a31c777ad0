/** A search that is shared out finds what one thread finds; the shares are in this thread and go on in turn, a few states each time. */
import { describe, expect, it } from 'vitest';
import { STRATEGIES } from '../../simulator/index.js';
import type { Packing } from '../machine/packed-state.js';
import { prepare, prepareNarrow } from '../prepare.js';
import { BROKEN } from '../rules.js';
import type { Setting } from '../scenario.js';
import { SCENARIOS } from '../scenarios/index.js';
import { strategySetting } from '../strategy-scenario.js';
import { brokenAtEnd, paidPerPage } from './expansion.js';
import type { Model } from './model.js';
import { search, type SearchResult } from './search.js';
import { type Reply, type Request, Share } from './share.js';
import { type Peer, Team, type TeamOptions, type TeamResult } from './team.js';
import { Outgrown } from './transition-table.js';

const LIMITS = { states: 1e6, seconds: 600, bytes: 1e9 };

/** As another thread would be: what is sent is copied, and memory that is shared is not. */
class PeerHere implements Peer {
  asked = 0;
  added = 0;
  /** Reports with transitions that were in no table. */
  unmet = 0;
  readonly #share: Share;

  constructor(share: Share) {
    this.#share = share;
  }

  ask(request: Request): Promise<Reply> {
    const reply = this.#share.answer(structuredClone(request));
    this.asked++;
    if (reply.kind === 'report') {
      this.added = reply.added;
      if (reply.unmet.some(({ length }) => length > 0)) this.unmet++;
    }
    return Promise.resolve(structuredClone(reply));
  }
}

interface Shared {
  readonly model: Model;
  readonly peers: readonly PeerHere[];
  readonly team: Team;
  readonly result: TeamResult;
}

interface How extends Partial<TeamOptions> {
  readonly shares: number;
  /** States that are found before it is shared out. */
  readonly first?: number;
  readonly packing?: Packing;
}

async function shared(setting: Setting, { shares, first = 1, packing, ...options }: How): Promise<Shared> {
  const prepared = () => prepare(setting, false, packing).model;
  const model = prepared();
  const found = await search(model, { limits: { ...LIMITS, states: first }, graphStates: 0 });
  const peers = Array.from({ length: shares }, (_, index) => new PeerHere(new Share(prepared(), index, 1)));
  const team = new Team(model, peers, found, { limits: LIMITS, started: 0, ...options });
  return { model, peers, team, result: await team.search() };
}

async function alone(setting: Setting): Promise<SearchResult> {
  return search(prepare(setting, false).model, { limits: LIMITS, graphStates: 0 });
}

/** What both can be asked. */
function summary(found: SearchResult | TeamResult) {
  const { transitions, ends, badEnds, stopped, sightings, worst } = found;
  const states = 'visited' in found ? found.visited.count : found.states;
  const depth = 'levels' in found ? found.levels.length - 1 : found.depth;
  const broken = [...sightings.keys()].toSorted();
  return { states, depth, transitions, ends, badEnds, stopped, broken, worst: worst?.ratio ?? null };
}

/** Puts the model behind a way, and tells whether it stands at an end. */
function follow(model: Model, way: readonly number[]): void {
  model.state.now.set(model.initial);
  for (const choice of way) expect(model.apply(choice)).toBe(true);
}

const SETTINGS = [
  ...SCENARIOS.map(
    ({ id, variants, architectures: [arch], setting }) => [id, setting(variants[0] ?? 'buggy', arch)] as const,
  ),
  ...STRATEGIES.map(({ id }) => {
    const program = { machine: { strategy: id }, cpus: 2, pages: 1, writes: 1, harvests: 1, evictions: 0 };
    return [`strategy ${id}`, strategySetting(program)] as const;
  }),
];

describe.each(SETTINGS)('%s', (_, setting) => {
  it('shows the same to three shares as to one thread, by ways as short', async () => {
    const one = await alone(setting);
    const { model, team, result } = await shared(setting, { shares: 3 });
    const levelOf = (state: number) => one.levels.findLastIndex((first) => first <= state);
    expect(summary(result)).toEqual(summary(one));
    // Two of them: each takes as long as the search, since levels are gone through again.
    for (const [rule, level] of [...result.sightings].slice(0, 2)) {
      expect(level).toBe(levelOf(one.sightings.get(rule)!.state));
      const way = await team.wayTo(rule);
      follow(model, way);
      const isEnd = way.length === level;
      expect(way.length - level).toBe(isEnd ? 0 : 1);
      expect((isEnd ? brokenAtEnd(model) : model.state.broken) & BROKEN[rule]).toBe(BROKEN[rule]);
    }
    if (one.worst === null) return;
    expect(result.worst).toEqual({ ratio: one.worst.ratio, level: levelOf(one.worst.state) });
    follow(model, await team.wayToWorst());
    expect(paidPerPage(model)).toEqual(await team.worst());
  });
});

describe('a search that is shared out', () => {
  const program = { machine: { strategy: 'hw-dirty' }, cpus: 2, pages: 2, writes: 2, harvests: 2, evictions: 0 };
  const setting = strategySetting(program);
  const { packing } = prepareNarrow(setting, false);

  it.each([
    [1, 1],
    [2, 1],
    [2, 1500],
    [2, 4000],
    [5, 2500],
  ])('among %i, begun on one thread up to %i states, sees every state once', async (shares, first) => {
    const { result } = await shared(setting, { shares, first, packing });
    expect(summary(result)).toEqual(summary(await alone(setting)));
  });

  it('has a share of it in every thread', async () => {
    const { peers, result } = await shared(setting, { shares: 3 });
    for (const { added } of peers) expect(added).toBeGreaterThan(result.states / 10);
  });

  it('finds the same way whoever finds the states', async () => {
    const broken = strategySetting({ ...program, machine: { strategy: 'hw-dirty', mutations: ['no-flush'] } });
    const ways = [];
    for (const shares of [1, 2, 3]) ways.push(await (await shared(broken, { shares })).team.wayTo('lost-write'));
    expect(ways[1]).toEqual(ways[0]);
    expect(ways[2]).toEqual(ways[0]);
  });

  it('numbers places of code alike although shares meet them in another order', async () => {
    const { peers } = await shared(setting, { shares: 2 });
    expect(peers.every(({ unmet }) => unmet > 0)).toBe(true);
  });

  it('stops at a limit, with what it has seen so far', async () => {
    const { result } = await shared(setting, { shares: 2, limits: { ...LIMITS, states: 5000 } });
    expect(result.stopped).toBe('states');
    expect(result.states).toBeGreaterThan(5000);
    expect(result.states).toBeLessThan((await alone(setting)).visited.count);
  });

  it.each([
    ['memory', { limits: { ...LIMITS, bytes: 1 } }],
    ['seconds', { limits: { ...LIMITS, seconds: -1 } }],
    ['interrupted', { signal: AbortSignal.abort() }],
  ])('says that it was stopped: %s', async (stopped, options) => {
    const { result, peers } = await shared(setting, { shares: 2, ...options });
    expect(result.stopped).toBe(stopped);
    expect(peers.map(({ asked, added }) => [asked, added])).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  it('tells how far it is', async () => {
    const told: number[] = [];
    await shared(setting, { shares: 2, onProgress: ({ states, frontier }) => told.push(states, frontier) });
    expect(told.length).toBeGreaterThan(0);
    expect(told.every((count) => count > 0)).toBe(true);
  });

  it('says so where a field changes that has no room in what is kept of a state', async () => {
    const { lacks } = prepare(setting, false, packing).model.state;
    const changing = packing.changing!.map((changes, field) => changes && field !== lacks);
    await expect(shared(setting, { shares: 2, first: 0, packing: { ...packing, changing } })).rejects.toThrow(Outgrown);
  });

  it('says so where code has more places than there are numbers', async () => {
    const few = { ...packing, nodeBits: 4 };
    await expect(shared(setting, { shares: 2, packing: few })).rejects.toThrow(Outgrown);
  });
});
