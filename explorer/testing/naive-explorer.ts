/**
 * Support for tests: explorers as one writes them first, to compare the search with. The first has the model's steps, a Map of strings and copies of states.
 * The second has no transition table either: code is run from the beginning of its piece to every place, and nothing merges two histories.
 */
import { execute, isReady } from '../machine/execute.js';
import { acknowledge, canAcknowledge } from '../machine/flushes.js';
import { type Micro, type MicroOp, Op, type OpCode } from '../../simulator/index.js';
import type { Prepared } from '../prepare.js';
import type { Model } from '../search/model.js';
import { brokenAtRest } from '../search/search.js';
import { isAnswerFixed } from '../search/transition-table.js';
import { BROKEN } from '../rules.js';

export interface NaiveResult {
  /** Steps to each state on a shortest way, in order of discovery. */
  readonly depths: readonly number[];
  readonly transitions: number;
  readonly ends: number;
  readonly badEnds: number;
  /** Bits of all rules that are broken somewhere. */
  readonly broken: number;
}

/** Breadth first over copies of states. */
export function exploreNaively(model: Model): NaiveResult {
  const { state, choices } = model;
  const numbers = new Map<string, number>([[state.now.join(), 0]]);
  const states = [state.now.slice()];
  const depths = [0];
  let [transitions, ends, badEnds, broken] = [0, 0, 0, 0];
  for (let at = 0; at < states.length; at++) {
    let moves = 0;
    for (let choice = 0; choice < choices; choice++) {
      state.now.set(states[at]!);
      if (!model.apply(choice)) continue;
      moves++;
      broken |= state.broken;
      const key = state.now.join();
      if (numbers.has(key)) continue;
      numbers.set(key, states.length);
      states.push(state.now.slice());
      depths.push(depths[at]! + 1);
    }
    transitions += moves;
    if (moves > 0) continue;
    state.now.set(states[at]!);
    const here = model.atRest ? brokenAtRest(model) : BROKEN.deadlock;
    broken |= here;
    ends++;
    if (here & (BROKEN['lost-write'] | BROKEN['invisible-write'] | BROKEN.misattributed)) badEnds++;
  }
  state.now.set(states[0]!);
  return { depths, transitions, ends, badEnds, broken };
}

/** Operations that the steps before them take along; the first of a piece is a step whatever it is. Written down again, on purpose. */
const TAKEN_ALONG: ReadonlySet<OpCode> = new Set([
  Op.flushQueue,
  Op.walkEnd,
  Op.populate,
  Op.compareContents,
  Op.notify,
  Op.load,
  Op.report,
  Op.nextRun,
  Op.nextRunWithin,
  Op.lastMarked,
  Op.recall,
  Op.remember,
]);

/** Where an actor is in its code. */
interface Position {
  readonly piece: number;
  /** What its operations have given so far. */
  readonly results: readonly number[];
  /** Flush that it has sent. */
  readonly sent: MicroOp | null;
}

export interface Schedules {
  /** All there are. */
  readonly count: bigint;
  /** Of those, the ones at whose end a write is lost. */
  readonly lost: bigint;
}

/** Follows every schedule to its end, one by one; the state as the model packs it, without the model's places in code. */
export function followSchedules({ model, staged }: Prepared): Schedules {
  const { state } = model;
  const { actors } = staged;
  const { machine } = staged.world;
  for (let actor = 0; actor < actors.length; actor++) state.set(state.node + actor, 0);
  let [count, lost] = [0n, 0n];

  const known = new Map<string, MicroOp | null>();

  /** The operation that an actor stands before; null at its end. */
  function standing(actor: number, { piece, results }: Position): MicroOp | null {
    const key = `${actor} ${piece} ${results.join()}`;
    let op = known.get(key);
    if (op === undefined) {
      const found = actors[actor]!.pieces[piece];
      op = found === undefined ? null : settle(found.code(), results);
      known.set(key, op);
    }
    return op;
  }

  function settle(code: Micro, results: readonly number[]): MicroOp | null {
    let turn = code.next(0);
    for (let at = 0; !turn.done; ) {
      if (isAnswerFixed(turn.value)) turn = code.next(answer(turn.value));
      else if (at < results.length) turn = code.next(results[at++]!);
      else return turn.value;
    }
    return null;
  }

  function answer(op: MicroOp): number {
    const marks = op.code === Op.harvestBegin || op.code === Op.harvestEnd;
    return marks ? 0 : machine.execute(op);
  }

  /** Goes on to the next piece with an operation in it. */
  function arrived(actor: number, position: Position): Position {
    let at = position;
    while (actors[actor]!.pieces[at.piece] !== undefined && standing(actor, at) === null)
      at = { piece: at.piece + 1, results: [], sent: at.sent };
    return at;
  }

  function perform(actor: number, from: Position): Position | null {
    let at = from;
    for (let first = true; ; first = false) {
      const op = standing(actor, at);
      const goesOn = first ? op !== null && isReady(state, op, actor) : op !== null && TAKEN_ALONG.has(op.code);
      if (!goesOn || (!first && at.results.length === 0)) return first ? null : at;
      const by = { actor, cpu: actors[actor]!.cpu, loaded: -1, request: 1 };
      const result = execute(state, op!, by);
      const sent = op!.code === Op.flushSend ? op : at.sent;
      at = arrived(actor, { piece: at.piece, results: [...at.results, result], sent });
    }
  }

  function follow(positions: readonly Position[]): void {
    const now = state.now.slice();
    let moves = 0;
    const go = (to: readonly Position[]) => {
      moves++;
      follow(to);
      state.now.set(now);
    };
    positions.forEach((position, actor) => {
      const next = perform(actor, position);
      if (next !== null) go(positions.with(actor, next));
      state.now.set(now);
      for (let cpu = 0; cpu < state.shape.cpus; cpu++) {
        if (position.sent === null || !canAcknowledge(state, actor, cpu, position.sent, false)) continue;
        acknowledge(state, actor, cpu, position.sent);
        go(positions);
      }
    });
    if (moves > 0) return;
    count++;
    if (brokenAtRest(model) & BROKEN['lost-write']) lost++;
  }

  follow(actors.map((_, actor) => arrived(actor, { piece: 0, results: [], sent: null })));
  return { count, lost };
}
