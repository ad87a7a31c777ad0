/**
 * One thread's part in a search: with a model of its own it goes on from states that all share, a few at a time, for as long as there are some in the
 * level. What it does when is said by `team.ts`.
 *
 * All models of a team number the places of code alike. A transition that nobody has met yet is reported, and the state that it came up at waits until
 * everybody has been told of it.
 */
import { invariant } from '../../base/index.js';
import type { RuleId } from '../rules.js';
import { Expansion } from './expansion.js';
import { firstAt, type Sought, type Spot } from './first-at.js';
import type { Model } from './model.js';
import { SharedStates } from './shared-states.js';
import type { StoreMemory } from './state-store.js';
import { Successors } from './successors.js';
import { Outgrown, Unmet } from './transition-table.js';

/** Transitions by actor, in an order that settles the numbers of nodes; see `TransitionTable.met`. */
export type Met = ReadonlyArray<readonly number[]>;
/** States by number: first and count of each row of neighbours. */
export type Rows = readonly number[];

/** What is asked of a share. Plain data and shared memory: it may come from another thread. */
export type Request =
  /** First of all. */
  | {
      readonly kind: 'begin';
      readonly memory: StoreMemory;
      readonly control: SharedArrayBuffer;
      readonly shares: number;
    }
  | {
      readonly kind: 'go';
      readonly met: Met;
      /** Blocks that are new, and the numbers of those that are for this share. */
      readonly blocks: readonly SharedArrayBuffer[];
      readonly own: readonly number[];
      /** States that it may add before it reports. */
      readonly room: number;
      /** The states of a new level, a few in each row; null: the level goes on. */
      readonly level: Rows | null;
    }
  | { readonly kind: 'move'; readonly larger: SharedArrayBuffer }
  | { readonly kind: 'find'; readonly rows: Rows; readonly sought: Sought };

export type Reply =
  | Report
  | { readonly kind: 'done' }
  | { readonly kind: 'found'; readonly spot: Spot | null }
  /** Fields are too narrow: the search has to begin anew. */
  | { readonly kind: 'outgrown'; readonly message: string };

/** How things stand. Counts are from the beginning of the share on. */
export interface Report {
  readonly kind: 'report';
  readonly added: number;
  /** States that it has room for. */
  readonly free: number;
  readonly transitions: number;
  readonly ends: number;
  readonly badEnds: number;
  /** Rules that it has found to be broken. */
  readonly broken: readonly RuleId[];
  /** Worst ratio of what is paid; null where nobody asks, or it has seen no end. */
  readonly worst: number | null;
  /** States that it has added since it reported last. */
  readonly rows: Rows;
  /** By actor: transitions that are in no table yet; and how many states wait for them. */
  readonly unmet: Met;
  readonly waiting: number;
}

/** States in a row of a level, at most. Few enough that threads come to the end of a level together. */
export const ROW_STATES = 256;
/** Numbers that all threads look at: the next row of the level; whether to stop; and by share, how many states it has added and gone on from. */
export const CONTROL = { next: 0, stop: 1, added: 2, expanded: 3, perShare: 2 } as const;

export class Share {
  readonly #model: Model;
  readonly #index: number;
  readonly #rowsPerTurn: number;
  readonly #expansion: Expansion;
  readonly #parent: Int32Array;
  #states: SharedStates | null = null;
  #successors: Successors | null = null;
  #shares = 0;
  #control: Int32Array = new Int32Array(0);
  #level: Rows = [];
  #expanded = 0;
  #waiting: number[] = [];
  #unmet: number[][] = [];

  /** @param rowsPerTurn rows of the level after which it reports in any case */
  constructor(model: Model, index: number, rowsPerTurn = Infinity) {
    this.#model = model;
    this.#index = index;
    this.#rowsPerTurn = rowsPerTurn;
    this.#expansion = new Expansion(model);
    this.#parent = new Int32Array(model.state.words);
    for (const table of model.tables) table.frozen = true;
  }

  answer(request: Request): Reply {
    try {
      switch (request.kind) {
        case 'begin':
          this.#states = new SharedStates(this.#model.state.words, request.memory);
          this.#successors = new Successors(this.#states, this.#model.choices);
          this.#control = new Int32Array(request.control);
          this.#shares = request.shares;
          return { kind: 'done' };
        case 'go':
          this.#prepare(request);
          this.#go(request.room);
          return this.#report();
        case 'move':
          this.#store.moveTo(request.larger, this.#index, this.#shares);
          return { kind: 'done' };
        case 'find':
          return { kind: 'found', spot: firstAt(this.#model, this.#store, request.rows, request.sought) };
      }
    } catch (error) {
      if (error instanceof Outgrown) return { kind: 'outgrown', message: error.message };
      throw error;
    }
  }

  get #store(): SharedStates {
    invariant(this.#states !== null, 'a share is told first where states are');
    return this.#states;
  }

  #prepare({ met, blocks, own, level }: Extract<Request, { kind: 'go' }>): void {
    this.#model.tables.forEach((table, actor) => table.learn(met[actor]!));
    this.#store.addBlocks(blocks, own);
    if (level !== null) this.#level = level;
    this.#unmet = this.#model.tables.map(() => []);
  }

  #go(room: number): void {
    const control = this.#control;
    const states = this.#store;
    const most = states.added + room;
    const perState = this.#model.choices;
    const waited = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < waited.length; at++) {
      if (states.added + perState > most) this.#waiting.push(waited[at]!);
      else this.#goOnFrom(waited[at]!, 1);
    }
    for (let turn = 0; turn < this.#rowsPerTurn && Atomics.load(control, CONTROL.stop) === 0; turn++) {
      if (states.added + ROW_STATES * perState > most) break;
      const row = 2 * Atomics.add(control, CONTROL.next, 1);
      if (row >= this.#level.length) break;
      this.#goOnFrom(this.#level[row]!, this.#level[row + 1]!);
      this.#tell();
    }
    this.#tell();
  }

  #tell(): void {
    const first = CONTROL.perShare * this.#index;
    Atomics.store(this.#control, CONTROL.added + first, this.#store.added);
    Atomics.store(this.#control, CONTROL.expanded + first, this.#expanded);
  }

  /** From the states of a row. */
  #goOnFrom(first: number, count: number): void {
    const successors = this.#successors!;
    const take = () => successors.add(this.#model.state.now);
    for (let number = first; number < first + count; number++) {
      this.#store.read(number, this.#parent);
      try {
        this.#expansion.from(number, this.#parent, take);
        this.#expanded++;
      } catch (error) {
        if (!(error instanceof Unmet)) throw error;
        this.#unmet[this.#model.tables.indexOf(error.table)]!.push(error.node, error.result);
        this.#waiting.push(number);
      }
      if (successors.full) successors.takeIn(null);
    }
    successors.takeIn(null);
  }

  #report(): Report {
    const { transitions, ends, badEnds, worst, sightings } = this.#expansion;
    return {
      kind: 'report',
      added: this.#store.added,
      free: this.#store.free,
      transitions,
      ends,
      badEnds,
      broken: [...sightings.keys()],
      worst: worst?.ratio ?? null,
      rows: this.#store.takeRows(),
      unmet: this.#unmet,
      waiting: this.#waiting.length,
    };
  }
}
