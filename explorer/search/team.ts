/**
 * A search that is shared out: each state belongs to one share by its hash, and a share goes on from its own. Level by level, so that what is found is
 * as short as on one thread, and in rounds, between which states go to whom they belong to. This end holds no states; it knows who has what, numbers
 * the places of code for all, and says when a level is through.
 */
import { invariant } from '../../base/index.js';
import type { RuleId } from '../rules.js';
import type { Model } from './model.js';
import { ownerOf, Parcel } from './parcel.js';
import type { Limits, Progress, SearchResult } from './search.js';
import type { Met, Place, Reply, Report, Request } from './share.js';
import { Outgrown } from './transition-table.js';
import { hashOf } from './visited.js';

/** A share, wherever it runs. What is asked of it is answered in turn; buffers that are sent are given away. */
export interface Peer {
  ask(request: Request): Promise<Reply>;
}

export interface TeamOptions {
  readonly limits: Limits;
  /** When the search began, as `performance.now()` says. */
  readonly started: number;
  readonly signal?: AbortSignal;
  onProgress?(progress: Progress): void;
}

export interface TeamResult extends Pick<SearchResult, 'transitions' | 'ends' | 'badEnds' | 'stopped' | 'seconds'> {
  readonly states: number;
  readonly bytes: number;
  readonly depth: number;
  readonly sightings: ReadonlyMap<RuleId, Place>;
  readonly worst: Report['worst'];
}

/** What one thread has found before the others were called. */
type Head = Omit<TeamResult, 'stopped' | 'seconds' | 'bytes'>;

/** Progress is told at most this often, ms. */
const PROGRESS_MS = 50;

export class Team {
  readonly #model: Model;
  readonly #peers: readonly Peer[];
  /** By actor: how much of `TransitionTable.met` the others know. */
  readonly #told: number[];

  /** @param model numbers the places of code for all; it is not searched with meanwhile */
  constructor(model: Model, peers: readonly Peer[]) {
    this.#model = model;
    this.#peers = peers;
    this.#told = model.tables.map(() => 0);
  }

  /** Goes on with a search of one thread that has stopped, to the end. */
  async search(found: SearchResult, options: TeamOptions): Promise<TeamResult> {
    const head = this.#headOf(found);
    return this.#goOn(head, await this.#report(this.#shareOut(found)), options);
  }

  /** The choices that lead from the beginning to a place, as few as there can be. */
  async pathTo({ state, level, choice }: Place): Promise<number[]> {
    const path = choice < 0 ? [] : [choice];
    let wanted = state;
    for (let at = level - 1; at >= 0; at--) {
      const replies = await this.#ask(() => ({ kind: 'predecessor', level: at, wanted }));
      const found = replies.map((reply) => (reply.kind === 'predecessor' ? reply.found : null));
      const first = found.find((one) => one !== null);
      invariant(first !== undefined && first !== null, 'a state of a search has a predecessor');
      path.unshift(first.choice);
      wanted = first.state;
    }
    return path;
  }

  async #goOn(head: Head, first: readonly Report[], { limits, signal, ...options }: TeamOptions): Promise<TeamResult> {
    const sightings = new Map(head.sightings);
    const seconds = () => (performance.now() - options.started) / 1000;
    let [depth, worst, lastTold] = [head.depth, head.worst, -Infinity];
    let stopped: TeamResult['stopped'] = null;
    let reports = first;
    for (;;) {
      for (const report of reports) {
        for (const [rule, place] of report.sightings) if (!sightings.has(rule)) sightings.set(rule, place);
        if (report.worst !== null && (worst === null || report.worst.ratio > worst.ratio)) worst = report.worst;
      }
      const states = total(reports, ({ states: count }) => count);
      const onTheWay = total(reports, ({ outgoing }) => outgoing.reduce((sum, { byteLength }) => sum + byteLength, 0));
      const frontier = total(reports, (report) => report.frontier);
      const nextLevel = reports.every(({ pending }) => pending === 0);
      if (frontier === 0 && onTheWay === 0) break;
      const now = performance.now();
      if (now - lastTold > PROGRESS_MS) {
        lastTold = now;
        options.onProgress?.({ states, statesPerSecond: Math.round(states / seconds()), frontier, depth });
      }
      if (signal?.aborted) stopped = 'interrupted';
      else if (states > limits.states) stopped = 'states';
      else if (seconds() > limits.seconds) stopped = 'seconds';
      else if (total(reports, ({ bytes }) => bytes) + onTheWay > limits.bytes) stopped = 'memory';
      if (stopped !== null) break;
      reports = await this.#round(reports, nextLevel);
      if (nextLevel && reports.some(({ level }) => level > 0)) depth++;
    }
    return {
      states: total(reports, ({ states }) => states),
      bytes: total(reports, ({ bytes }) => bytes),
      transitions: head.transitions + total(reports, ({ transitions }) => transitions),
      ends: head.ends + total(reports, ({ ends }) => ends),
      badEnds: head.badEnds + total(reports, ({ badEnds }) => badEnds),
      depth,
      sightings,
      worst,
      stopped,
      seconds: seconds(),
    };
  }

  #round(reports: readonly Report[], nextLevel: boolean): Promise<readonly Report[]> {
    this.#model.tables.forEach((table, actor) => table.learn(inOrder(reports.map(({ unmet }) => unmet[actor] ?? []))));
    const met = this.#news();
    return this.#report((share) => {
      const incoming = reports.map(({ outgoing }) => outgoing[share]!).filter(({ length }) => length > 0);
      return { kind: 'round', met, incoming, nextLevel };
    });
  }

  async #report(requestTo: (share: number) => Request): Promise<readonly Report[]> {
    const replies = await this.#ask(requestTo);
    return replies.map((reply) => {
      invariant(reply.kind === 'report', 'a share reports after a round');
      return reply;
    });
  }

  async #ask(requestTo: (share: number) => Request): Promise<readonly Reply[]> {
    const replies = await Promise.all(this.#peers.map((peer, share) => peer.ask(requestTo(share))));
    for (const reply of replies) if (reply.kind === 'outgrown') throw new Outgrown(reply.message);
    return replies;
  }

  /** Transitions that the others do not know yet. */
  #news(): Met {
    return this.#model.tables.map(({ met }, actor) => {
      const news = met.slice(this.#told[actor]);
      this.#told[actor] = met.length;
      return news;
    });
  }

  /** To each its own of the states that were found, in the order in which they were. */
  #shareOut({ visited, levels, levelEnd, expanded }: SearchResult): (share: number) => Request {
    const shares = this.#peers.length;
    const parcels = this.#peers.map(() => new Parcel(visited.words));
    const [firsts, ends, done] = [parcels.map((): number[] => []), parcels.map(() => 0), parcels.map(() => 0)];
    const state = new Int32Array(visited.words);
    for (let at = 0, level = 0; at < visited.count; at++) {
      if (at === levels[level]) {
        level++;
        parcels.forEach(({ count }, share) => firsts[share]!.push(count));
      }
      visited.read(at, state);
      const hash = hashOf(state, visited.words);
      const owner = ownerOf(hash, shares);
      parcels[owner]!.add(state, hash);
      if (at < levelEnd) ends[owner]!++;
      if (at < expanded) done[owner]!++;
    }
    const met = this.#news();
    return (share) => ({
      kind: 'begin',
      met,
      states: parcels[share]!.take(),
      levels: firsts[share]!,
      levelEnd: ends[share]!,
      expanded: done[share]!,
    });
  }

  #headOf({ visited, levels, sightings, worst, transitions, ends, badEnds }: SearchResult): Head {
    const placeOf = (number: number, choice: number): Place => {
      const state = new Int32Array(visited.words);
      visited.read(number, state);
      return { state, level: levels.findLastIndex((first) => first <= number), choice };
    };
    const places = [...sightings].map(([rule, { state, choice }]) => [rule, placeOf(state, choice)] as const);
    return {
      states: visited.count,
      transitions,
      ends,
      badEnds,
      depth: levels.length - 1,
      sightings: new Map(places),
      worst: worst === null ? null : { ...worst, at: placeOf(worst.state, -1) },
    };
  }
}

function total(reports: readonly Report[], of: (report: Report) => number): number {
  return reports.reduce((sum, report) => sum + of(report), 0);
}

/** Transitions that several have met, once each and in the one order that does not depend on who did. */
function inOrder(lists: ReadonlyArray<readonly number[]>): number[] {
  const met = lists.flatMap((list) =>
    Array.from({ length: list.length / 2 }, (_, at) => list.slice(2 * at, 2 * at + 2)),
  );
  return met.toSorted((a, b) => a[0]! - b[0]! || a[1]! - b[1]!).flat();
}
