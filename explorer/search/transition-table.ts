/**
 * The code of an actor as a table: node and result give the next node. A generator cannot be copied, but what it does is a function of the results it
 * was given, so each node keeps those and the generator is run again once to find the node's operation. A search then never runs one.
 *
 * Histories merge where a piece ends, and where code settles (`Op.settle`): it says that nothing before matters any more.
 */
import { invariant } from '../../base/index.js';
import {
  FIRST_FREE_VARIABLE,
  isQuestion,
  type Machine,
  type Micro,
  type MicroOp,
  Op,
  type OpCode,
} from '../../simulator/index.js';
import { isFused } from '../fused.js';
import type { Actor } from '../program.js';

/** Results are small: flags (8 bits), pages, yes or no; -1 is the smallest. */
const RESULTS = 257;
const UNKNOWN = -1;
/** Bits of the number of a node, unless a trial has shown that fewer do. */
export const NODE_BITS = 12;

/** Questions whose answer depends on the state; the answers to all others never change while a search runs. */
const ASKS_STATE: ReadonlySet<OpCode> = new Set([Op.nextRun, Op.nextRunWithin, Op.lastMarked, Op.recall, Op.remember]);
/** Operations that change nothing a search looks at: done together with the step before them. */
const SILENT: ReadonlySet<OpCode> = new Set([
  Op.flushQueue,
  Op.walkEnd,
  Op.populate,
  Op.compareContents,
  Op.notify,
  Op.load,
  Op.report,
]);

/** Whether an operation is a question whose answer never changes, or a mark in a trail: no place for a search to stop at. */
export function isAnswerFixed({ code }: MicroOp): boolean {
  return isQuestion(code) && !ASKS_STATE.has(code);
}

/** A scenario's own variables are memory that its actors share (counts, flags, markers): each look at one is a step, and so is each change. */
function isShared({ code, a }: MicroOp): boolean {
  return (code === Op.recall || code === Op.remember) && a >= FIRST_FREE_VARIABLE;
}

/** Whether an operation is performed together with the step before it. */
function isSilent(op: MicroOp): boolean {
  return SILENT.has(op.code) || isFused(op) || (ASKS_STATE.has(op.code) && !isShared(op));
}

/** A search needs wider fields than it was given. */
export class Outgrown extends Error {}

/** A frozen table was asked for a transition that it does not know. */
export class Unmet extends Error {
  readonly table: TransitionTable;
  readonly node: number;
  readonly result: number;

  constructor(table: TransitionTable, node: number, result: number) {
    super(`result ${result} was never met at node ${node}`);
    this.table = table;
    this.node = node;
    this.result = result;
  }
}

export interface Node {
  /** null where the actor has ended. */
  readonly op: MicroOp | null;
  /** Performed together with the step before it. */
  readonly silent: boolean;
  /** Flags that the code loaded from the entry of the operation's page in this piece, or -1. */
  readonly loaded: number;
  /** Of an operation that sends a flush: its number among those of the actor. */
  readonly request: number;
  readonly piece: number;
}

interface Place {
  readonly piece: number;
  /** Results that lead from the beginning of the piece to here. */
  readonly results: readonly number[];
}

export class TransitionTable {
  readonly nodes: Node[] = [];
  /** Flushes that the actor sends, by number; 0 is none. */
  readonly requests: Array<MicroOp | null> = [null];
  readonly start: number;
  /** Transitions in the order in which they were met, which settles the numbers of nodes: node and result, node and result. */
  readonly met: number[] = [];
  /** A transition that is not known is thrown, see `Unmet`: others number the nodes. */
  frozen = false;
  readonly #nodesMax: number;
  readonly #actor: Actor;
  readonly #machine: Machine;
  readonly #places: Place[] = [];
  readonly #settled = new Map<string, number>();
  #next = new Int16Array(RESULTS * 64).fill(UNKNOWN);

  /** @param machine one at the beginning of the search: it answers what never changes */
  constructor(actor: Actor, machine: Machine, nodeBits: number) {
    this.#nodesMax = 2 ** nodeBits;
    this.#actor = actor;
    this.#machine = machine;
    this.start = this.#enterPiece(0);
  }

  /** The node that follows a result. */
  step(node: number, result: number): number {
    const at = node * RESULTS + result + 1;
    const known = this.#next[at]!;
    return known === UNKNOWN ? this.#meet(node, result) : known;
  }

  /** Takes over transitions that another table of the same actor has met, so that the numbers are the same in both. */
  learn(met: readonly number[]): void {
    for (let at = 0; at < met.length; at += 2) {
      const [node, result] = [met[at]!, met[at + 1]!];
      if (this.#next[node * RESULTS + result + 1] === UNKNOWN) this.#find(node, result);
    }
  }

  #meet(node: number, result: number): number {
    if (this.frozen) throw new Unmet(this, node, result);
    return this.#find(node, result);
  }

  #find(node: number, result: number): number {
    invariant(result >= -1 && result < RESULTS - 1, `result ${result} of a micro-operation`);
    const { piece, results } = this.#places[node]!;
    const next = this.#behind(piece, [...results, result]);
    this.#next[node * RESULTS + result + 1] = next;
    this.met.push(node, result);
    return next;
  }

  #enterPiece(piece: number): number {
    if (piece >= this.#actor.pieces.length) return this.#merge('end', { piece, results: [] }, null, 0, -1);
    const key = `piece ${piece}`;
    return this.#settled.get(key) ?? this.#behind(piece, [], key);
  }

  /** The node behind these results of a piece. */
  #behind(piece: number, given: readonly number[], startKey?: string): number {
    const results = [...given];
    const loads = new Map<number, number>();
    const code: Micro = this.#actor.pieces[piece]!.code();
    let key = startKey;
    let turn = code.next(0);
    for (let at = 0; ; at++) {
      if (turn.done) return this.#enterPiece(piece + 1);
      const op = turn.value;
      let result = results[at];
      if (result === undefined) {
        if (op.code === Op.settle) {
          key = `piece ${piece}, label ${op.a}`;
          const known = this.#settled.get(key);
          if (known !== undefined) return known;
        } else if (!isAnswerFixed(op)) {
          const place = { piece, results };
          return this.#merge(key, place, op, loads.get(op.page) ?? -1, piece, key !== undefined && key === startKey);
        }
        result = BEGIN_OR_END.has(op.code) || op.code === Op.settle ? 0 : this.#machine.execute(op);
        results.push(result);
      }
      if (op.code === Op.pteLoad) loads.set(op.page, result);
      turn = code.next(result);
    }
  }

  /** @param begins it is the first place of a piece */
  #merge(
    key: string | undefined,
    place: Place,
    op: MicroOp | null,
    loaded: number,
    piece: number,
    begins = false,
  ): number {
    const known = key === undefined ? undefined : this.#settled.get(key);
    if (known !== undefined) return known;
    const id = this.nodes.length;
    if (id >= this.#nodesMax) throw new Outgrown(`more than ${id} places in the code of ${this.#actor.name}`);
    if (key !== undefined) this.#settled.set(key, id);
    // The first operation of a piece is a step whatever it is: the actor may wait before it begins.
    const silent = !begins && op !== null && isSilent(op);
    let request = 0;
    if (op?.code === Op.flushSend) request = this.#requestOf(op);
    this.nodes.push({ op, silent, loaded: op === null ? -1 : loaded, request, piece });
    this.#places.push(place);
    if (this.nodes.length * RESULTS > this.#next.length) this.#grow();
    return id;
  }

  #requestOf(op: MicroOp): number {
    const known = this.requests.findIndex((one) => one?.page === op.page && one.b === op.b && one.c === op.c);
    if (known > 0) return known;
    this.requests.push(op);
    return this.requests.length - 1;
  }

  #grow(): void {
    const larger = new Int16Array(this.#next.length * 2).fill(UNKNOWN);
    larger.set(this.#next);
    this.#next = larger;
  }
}

/** They mark a position in a trail, and are nothing to a search. */
const BEGIN_OR_END: ReadonlySet<OpCode> = new Set([Op.harvestBegin, Op.harvestEnd]);
