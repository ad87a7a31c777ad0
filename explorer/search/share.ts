/**
 * One thread's share of a search: the states that belong to it, with a model of its own to go on from them. What it finds that belongs to others it
 * hands back after each round, and takes in what they found for it; the rounds are called by `team.ts`.
 *
 * All models of a team number the places of code alike. A transition that nobody has met yet is reported, and the state that it came up at waits until
 * everybody has been told of it.
 */
import { invariant } from '../../base/index.js';
import type { RuleId } from '../rules.js';
import { Expansion, type Worst } from './expansion.js';
import type { Model } from './model.js';
import { ownerOf, Parcel } from './parcel.js';
import { predecessor } from './search.js';
import { Outgrown, Unmet } from './transition-table.js';
import { hashOf, Visited } from './visited.js';

/** Transitions by actor, in an order that settles the numbers of nodes; see `TransitionTable.met`. */
export type Met = ReadonlyArray<readonly number[]>;

/** What is asked of a share. Plain data: it may come from another thread. */
export type Request =
  /** First of all: what is its own of a search that was begun. */
  | {
      readonly kind: 'begin';
      readonly met: Met;
      readonly states: Int32Array<ArrayBuffer>;
      /** Number of its first state in each level that was begun. */
      readonly levels: readonly number[];
      /** States that are no further than the last of those levels. */
      readonly levelEnd: number;
      /** States that were gone on from. */
      readonly expanded: number;
    }
  | {
      readonly kind: 'round';
      readonly met: Met;
      /** States that others found and that belong to it. */
      readonly incoming: ReadonlyArray<Int32Array<ArrayBuffer>>;
      /** Everybody is through with the level: the next one begins. */
      readonly nextLevel: boolean;
    }
  /** How the search came to a state of the level after this one. */
  | { readonly kind: 'predecessor'; readonly level: number; readonly wanted: Int32Array };

export type Reply =
  | Report
  | { readonly kind: 'predecessor'; readonly found: Predecessor | null }
  /** Fields are too narrow: the search has to begin anew. */
  | { readonly kind: 'outgrown'; readonly message: string };

export interface Predecessor {
  readonly state: Int32Array;
  readonly choice: number;
}

/** Where something was found, in the words of the state: numbers mean nothing to others. */
export interface Place {
  readonly state: Int32Array;
  readonly level: number;
  /** -1: it is at rest there. */
  readonly choice: number;
}

/** How things stand after a round. Counts are from the beginning of the share on. */
export interface Report {
  readonly kind: 'report';
  /** By share: states that belong to it. */
  readonly outgoing: ReadonlyArray<Int32Array<ArrayBuffer>>;
  /** By actor: transitions that are in no table yet. */
  readonly unmet: Met;
  readonly states: number;
  /** States of the level, and those of them that are to be gone on from. */
  readonly level: number;
  readonly pending: number;
  /** Those, and what is known of the next level. */
  readonly frontier: number;
  readonly bytes: number;
  readonly transitions: number;
  readonly ends: number;
  readonly badEnds: number;
  /** Rules that it had not found to be broken before this round. */
  readonly sightings: ReadonlyArray<readonly [RuleId, Place]>;
  readonly worst: (Omit<Worst, 'state'> & { readonly at: Place }) | null;
}

/** What is given away when it is sent to another thread. */
export function buffersOf(message: Request | Reply): ArrayBuffer[] {
  if (message.kind === 'begin') return [message.states.buffer];
  if (message.kind === 'round') return message.incoming.map(({ buffer }) => buffer);
  return message.kind === 'report' ? message.outgoing.map(({ buffer }) => buffer) : [];
}

/** States of a round: some tenths of a second. Between two rounds limits are looked at, and interrupts. */
const ROUND_STATES = 2 ** 16;

export class Share {
  readonly #model: Model;
  readonly #index: number;
  readonly #shares: number;
  readonly #roundStates: number;
  readonly #words: number;
  readonly #visited: Visited;
  readonly #expansion: Expansion;
  readonly #outgoing: Parcel[];
  readonly #levels: number[] = [];
  readonly #parent: Int32Array;
  #levelEnd = 0;
  /** The next to go on from, and those before it that wait for a transition. */
  #at = 0;
  #waiting: number[] = [];
  #unmet: number[][] = [];
  #sightings = 0;

  /** @param index which of so many shares it is */
  constructor(model: Model, index: number, shares: number, roundStates = ROUND_STATES) {
    const { words } = model.state;
    this.#model = model;
    this.#index = index;
    this.#shares = shares;
    this.#roundStates = roundStates;
    this.#words = words;
    this.#visited = new Visited(words);
    this.#expansion = new Expansion(model);
    this.#outgoing = Array.from({ length: shares }, () => new Parcel(words));
    this.#parent = new Int32Array(words);
    for (const table of model.tables) table.frozen = true;
  }

  answer(request: Request): Reply {
    try {
      switch (request.kind) {
        case 'begin':
          this.#begin(request);
          return this.#report();
        case 'round':
          this.#round(request);
          return this.#report();
        case 'predecessor':
          return { kind: 'predecessor', found: this.#predecessor(request.level, request.wanted) };
      }
    } catch (error) {
      if (error instanceof Outgrown) return { kind: 'outgrown', message: error.message };
      throw error;
    }
  }

  #begin({ met, states, levels, levelEnd, expanded }: Extract<Request, { kind: 'begin' }>): void {
    this.#learn(met);
    this.#absorb(states);
    this.#levels.push(...levels);
    this.#levelEnd = levelEnd;
    this.#at = expanded;
  }

  #round({ met, incoming, nextLevel }: Extract<Request, { kind: 'round' }>): void {
    this.#learn(met);
    for (const states of incoming) this.#absorb(states);
    if (nextLevel) {
      invariant(this.#at === this.#levelEnd && this.#waiting.length === 0, 'a level ends when all of it is done');
      this.#levels.push(this.#levelEnd);
      this.#levelEnd = this.#visited.count;
    }
    const waited = this.#waiting;
    this.#waiting = [];
    this.#unmet = this.#model.tables.map(() => []);
    for (const at of waited) this.#goOnFrom(at);
    const end = Math.min(this.#levelEnd, this.#at + this.#roundStates);
    while (this.#at < end) this.#goOnFrom(this.#at++);
  }

  #learn(met: Met): void {
    this.#model.tables.forEach((table, actor) => table.learn(met[actor]!));
  }

  #absorb(states: Int32Array): void {
    const words = this.#words;
    const state = this.#parent;
    for (let at = 0; at < states.length; ) {
      for (let word = 0; word < words; word++) state[word] = states[at++]!;
      this.#visited.add(state);
    }
  }

  #goOnFrom(at: number): void {
    this.#visited.read(at, this.#parent);
    try {
      this.#expansion.from(at, this.#parent, this.#take);
    } catch (error) {
      if (!(error instanceof Unmet)) throw error;
      this.#unmet[this.#model.tables.indexOf(error.table)]!.push(error.node, error.result);
      this.#waiting.push(at);
    }
  }

  /** A successor stands in the model. */
  readonly #take = (): void => {
    const state = this.#model.state.now;
    const hash = hashOf(state, this.#words);
    const owner = ownerOf(hash, this.#shares);
    if (owner === this.#index) this.#visited.addHashed(state, hash);
    else this.#outgoing[owner]!.add(state, hash);
  };

  #predecessor(level: number, wanted: Int32Array): Predecessor | null {
    const from = this.#levels[level]!;
    const to = this.#levels[level + 1] ?? this.#levelEnd;
    const choice = predecessor(this.#model, this.#visited, from, to, wanted, this.#parent);
    return choice < 0 ? null : { state: this.#parent.slice(), choice };
  }

  #report(): Report {
    const { transitions, ends, badEnds, worst, sightings } = this.#expansion;
    const news = [...sightings].slice(this.#sightings);
    this.#sightings = sightings.size;
    return {
      kind: 'report',
      outgoing: this.#outgoing.map((parcel) => parcel.take()),
      unmet: this.#unmet,
      states: this.#visited.count,
      level: this.#levelEnd - this.#levels.at(-1)!,
      pending: this.#levelEnd - this.#at + this.#waiting.length,
      frontier: this.#visited.count - this.#at + this.#waiting.length,
      bytes: this.#visited.bytes,
      transitions,
      ends,
      badEnds,
      sightings: news.map(([rule, { state, choice }]) => [rule, this.#placeOf(state, choice)]),
      worst: worst === null ? null : { ...worst, at: this.#placeOf(worst.state, -1) },
    };
  }

  #placeOf(number: number, choice: number): Place {
    const state = new Int32Array(this.#words);
    this.#visited.read(number, state);
    return { state, level: this.#levels.findLastIndex((first) => first <= number), choice };
  }
}
