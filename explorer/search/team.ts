/**
 * A search that is shared out. All threads see the same states, and each goes on from some of a level, a few at a time, until there are none left: level
 * by level, so that what is found is as short as on one thread. This end goes on from nothing; it makes room, numbers the places of code for all, says
 * when a level is through and looks at the limits meanwhile.
 */
import { invariant } from '../../base/index.js';
import type { RuleId } from '../rules.js';
import { paidPerPage, type Worst } from './expansion.js';
import { comesBefore, type Sought, type Spot } from './first-at.js';
import type { Model } from './model.js';
import { Room } from './room.js';
import type { Limits, Progress, SearchResult } from './search.js';
import { CONTROL, type Met, type Reply, type Report, type Request, ROW_STATES, type Rows } from './share.js';
import { Outgrown } from './transition-table.js';

/** A share, wherever it runs. */
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
  /** The level in which each rule is broken first. */
  readonly sightings: ReadonlyMap<RuleId, number>;
  /** Worst ratio of what is paid, and the level of the first end with it; null where nobody asks. */
  readonly worst: { readonly ratio: number; readonly level: number } | null;
}

/** Limits, interrupts and progress are looked at so often, ms. */
const LOOK_MS = 50;
/** States that a share may add before it reports, whatever the size of the level. */
const ROOM = 2 ** 17;

export class Team {
  readonly #model: Model;
  readonly #peers: readonly Peer[];
  readonly #options: TeamOptions;
  readonly #control: Int32Array<SharedArrayBuffer>;
  /** What one thread has found before. */
  readonly #head: SearchResult;
  /** By actor: how much of `TransitionTable.met` the others know. */
  readonly #told: number[];
  readonly #levels: Rows[];
  readonly #sightings: Map<RuleId, number>;
  #worst: TeamResult['worst'];
  readonly #room: Room;
  #reports: readonly Report[] = [];
  #stopped: TeamResult['stopped'] = null;

  /**
   * @param model numbers the places of code for all; it is not searched with meanwhile
   * @param head a search of one thread that has stopped
   */
  constructor(model: Model, peers: readonly Peer[], head: SearchResult, options: TeamOptions) {
    const { visited, levels, levelEnd, sightings, worst } = head;
    const levelOf = (state: number) => levels.findLastIndex((first) => first <= state);
    this.#model = model;
    this.#peers = peers;
    this.#options = options;
    this.#head = head;
    this.#control = new Int32Array(
      new SharedArrayBuffer((CONTROL.added + CONTROL.perShare * peers.length) * Int32Array.BYTES_PER_ELEMENT),
    );
    this.#told = model.tables.map(() => 0);
    this.#levels = levels.map((first, at) => rowsOf([first, (levels[at + 1] ?? levelEnd) - first]));
    this.#sightings = new Map([...sightings].map(([rule, { state }]) => [rule, levelOf(state)]));
    this.#worst = worst === null ? null : { ratio: worst.ratio, level: levelOf(worst.state) };
    this.#room = new Room(visited.words, visited.memory);
  }

  /** Goes on to the end. */
  async search(): Promise<TeamResult> {
    const { visited, levelEnd, expanded, transitions, ends, badEnds } = this.#head;
    await this.#ask(() => ({
      kind: 'begin',
      memory: visited.memory,
      control: this.#control.buffer,
      shares: this.#peers.length,
    }));
    let level: Rows | null = rowsOf([expanded, levelEnd - expanded]);
    let rows = level.length / 2;
    let found: number[] = [levelEnd, visited.count - levelEnd];
    for (this.#look(); this.#stopped === null; this.#look()) {
      const reports = await this.#go(level);
      level = null;
      for (const report of reports) found.push(...report.rows);
      const isThrough = this.#control[CONTROL.next]! >= rows && reports.every(({ waiting }) => waiting === 0);
      if (!isThrough) continue;
      if (found.every((count, at) => at % 2 === 0 || count === 0)) {
        this.#stopped = null; // whatever came while the last of it was done
        break;
      }
      level = rowsOf(found);
      rows = level.length / 2;
      found = [];
      this.#levels.push(level);
      this.#control[CONTROL.next] = 0;
    }
    return {
      states: this.#states,
      bytes: this.#room.bytesOf(this.#states),
      transitions: transitions + total(this.#reports, (report) => report.transitions),
      ends: ends + total(this.#reports, (report) => report.ends),
      badEnds: badEnds + total(this.#reports, (report) => report.badEnds),
      depth: this.#levels.length - 1,
      sightings: this.#sightings,
      worst: this.#worst,
      stopped: this.#stopped,
      seconds: this.#seconds,
    };
  }

  /** A way on which the rule is broken, as short as it can be. */
  wayTo(rule: RuleId): Promise<number[]> {
    return this.#wayTo(this.#sightings.get(rule)!, { kind: 'broken', rule });
  }

  /** A way to the end that is worst, as short as it can be. */
  wayToWorst(): Promise<number[]> {
    const { level, ratio } = this.#worst!;
    return this.#wayTo(level, { kind: 'paid', ratio });
  }

  /** What is counted at the end of that way; null where nobody asks. */
  async worst(): Promise<Omit<Worst, 'state'> | null> {
    if (this.#worst === null) return null;
    const { level, ratio } = this.#worst;
    const { state } = this.#model;
    state.now.set((await this.#find(level, { kind: 'paid', ratio })).state);
    return paidPerPage(this.#model);
  }

  async #wayTo(level: number, sought: Sought): Promise<number[]> {
    const { state, choice } = await this.#find(level, sought);
    const way = choice < 0 ? [] : [choice];
    let wanted = state;
    for (let at = level - 1; at >= 0; at--) {
      const before = await this.#find(at, { kind: 'before', state: wanted });
      way.unshift(before.choice);
      wanted = before.state;
    }
    return way;
  }

  async #find(level: number, sought: Sought): Promise<Spot> {
    const rows = rowsOf(this.#levels[level]!);
    const shares = this.#peers.length;
    const replies = await this.#ask((share) => ({
      kind: 'find',
      rows: rows.filter((_, at) => (at >> 1) % shares === share),
      sought,
    }));
    let first: Spot | null = null;
    for (const reply of replies) {
      const spot = reply.kind === 'found' ? reply.spot : null;
      if (spot !== null && (first === null || comesBefore(spot.state, first.state))) first = spot;
    }
    invariant(first !== null, 'what a search has seen is found again');
    return first;
  }

  /** Everybody goes on from states of the level until there are none left, or no room. */
  async #go(level: Rows | null): Promise<readonly Report[]> {
    this.#learn();
    const met = this.#news();
    const room = await this.#makeRoom();
    const free = this.#peers.map((_, share) => this.#reports[share]?.free ?? 0);
    const { blocks, own } = this.#room.blocksFor(room, free);
    const timer = setInterval(() => this.#look(), LOOK_MS);
    try {
      const replies = await this.#ask((share) => ({ kind: 'go', met, blocks, own: own[share]!, room, level }));
      this.#reports = replies.map((reply) => {
        invariant(reply.kind === 'report', 'a share reports when it has gone on');
        return reply;
      });
    } finally {
      clearInterval(timer);
    }
    this.#note();
    return this.#reports;
  }

  #note(): void {
    const level = this.#levels.length - 1;
    for (const { broken, worst } of this.#reports) {
      for (const rule of broken) if (!this.#sightings.has(rule)) this.#sightings.set(rule, level);
      if (worst !== null && worst > (this.#worst?.ratio ?? -1)) this.#worst = { ratio: worst, level };
    }
  }

  /** Slots enough for what each may add until it reports, which is what this gives. */
  async #makeRoom(): Promise<number> {
    const shares = this.#peers.length;
    const level = total(this.#levels.at(-1)!, (count, at) => (at % 2 === 0 ? 0 : count));
    const room = ROOM + Math.ceil((2 * level) / shares);
    const larger = this.#room.largerFor(this.#states + shares * room);
    if (larger !== null) await this.#ask(() => ({ kind: 'move', larger }));
    return room;
  }

  /** What somebody has met gets its number here, in the one order that does not depend on who did. */
  #learn(): void {
    this.#model.tables.forEach((table, actor) =>
      table.learn(inOrder(this.#reports.map(({ unmet }) => unmet[actor] ?? []))),
    );
  }

  /** Transitions that the others do not know yet. */
  #news(): Met {
    return this.#model.tables.map(({ met }, actor) => {
      const news = met.slice(this.#told[actor]);
      this.#told[actor] = met.length;
      return news;
    });
  }

  async #ask(requestTo: (share: number) => Request): Promise<readonly Reply[]> {
    const replies = await Promise.all(this.#peers.map((peer, share) => peer.ask(requestTo(share))));
    for (const reply of replies) if (reply.kind === 'outgrown') throw new Outgrown(reply.message);
    return replies;
  }

  /** Tells how far it is, and stops everybody at a limit. */
  #look(): void {
    const { limits, signal, onProgress } = this.#options;
    const states = this.#states;
    onProgress?.({
      states,
      statesPerSecond: Math.round(states / this.#seconds),
      frontier: states - this.#head.expanded - this.#sum(CONTROL.expanded),
      depth: this.#levels.length,
    });
    if (signal?.aborted) this.#stopped = 'interrupted';
    else if (states > limits.states) this.#stopped = 'states';
    else if (this.#seconds > limits.seconds) this.#stopped = 'seconds';
    else if (this.#room.bytesOf(states) > limits.bytes) this.#stopped = 'memory';
    if (this.#stopped !== null) Atomics.store(this.#control, CONTROL.stop, 1);
  }

  get #states(): number {
    return this.#head.visited.count + this.#sum(CONTROL.added);
  }

  get #seconds(): number {
    return (performance.now() - this.#options.started) / 1000;
  }

  /** Over all shares, of a number that each keeps up to date. */
  #sum(first: number): number {
    let sum = 0;
    for (let at = first; at < this.#control.length; at += CONTROL.perShare) sum += Atomics.load(this.#control, at);
    return sum;
  }
}

function total<T>(of: readonly T[], count: (one: T, at: number) => number): number {
  return of.reduce((sum, one, at) => sum + count(one, at), 0);
}

/** The same states in rows of a few. */
function rowsOf(rows: Rows): number[] {
  const short: number[] = [];
  for (let row = 0; row < rows.length; row += 2) {
    const end = rows[row]! + rows[row + 1]!;
    for (let first = rows[row]!; first < end; first += ROW_STATES) short.push(first, Math.min(ROW_STATES, end - first));
  }
  return short;
}

/** Transitions that several have met, once each and in the one order that does not depend on who did. */
function inOrder(lists: ReadonlyArray<readonly number[]>): number[] {
  const met = lists.flatMap((list) =>
    Array.from({ length: list.length / 2 }, (_, at) => list.slice(2 * at, 2 * at + 2)),
  );
  return met.toSorted((a, b) => a[0]! - b[0]! || a[1]! - b[1]!).flat();
}
