/**
 * What a program breaks when nothing is interleaved: pieces in every order, each run to its end, every CPU acting on a flush as soon as it is sent. That is
 * what a coarse recording can show, so it tells defects of order from those of timing.
 */
import { ACTOR_HARVEST, ACTOR_HOST } from '../simulator/index.js';
import { LACKS } from './machine/packed-state.js';
import { prepare } from './prepare.js';
import { BROKEN, HARM } from './rules.js';
import type { Setting } from './scenario.js';
import type { Model } from './search/model.js';
import { brokenAtRest } from './search/search.js';
import { Visited } from './search/visited.js';

export interface InTurns {
  /** Bits of the rules that are broken. */
  readonly broken: number;
  /** Choices, for a search that takes no steps together, that lead to harm; null where there is none. */
  readonly schedule: readonly number[] | null;
}

interface Way {
  readonly from: number;
  readonly choices: readonly number[];
}

export function inTurns(setting: Setting): InTurns {
  const { model } = prepare(setting, false);
  const { state, actors } = model;
  const { words } = state;
  const acknowledgments = Array.from({ length: model.choices }, (_, choice) => choice).filter(
    (choice) => model.describe(choice).kind === 'acknowledge',
  );
  // The state, and one more word: who ran last.
  const extended = new Int32Array(words + 1);
  const from = new Int32Array(words + 1);
  const visited = new Visited(words + 1);
  const ways: Way[] = [];
  let broken = 0;
  let schedule: readonly number[] | null = null;
  const add = (way: Way, last: number) => {
    for (let word = 0; word < words; word++) extended[word] = state.now[word]!;
    extended[words] = last;
    const known = visited.count;
    if (visited.add(extended) === known) ways.push(way);
  };
  const restore = () => {
    for (let word = 0; word < words; word++) state.now[word] = from[word]!;
  };
  const note = (mask: number, way: Way) => {
    if ((broken & HARM) === 0 && mask & HARM) schedule = wholeWay(ways, way);
    broken |= mask;
  };
  add({ from: -1, choices: [] }, actors.length);
  for (let at = 0; at < visited.count; at++) {
    visited.read(at, from);
    restore();
    if (model.atRest) note(brokenAtRest(model) | lackingAfter(model, from[words]!), ways[at]!);
    for (let actor = 0; actor < actors.length; actor++) {
      restore();
      const choices: number[] = [];
      const found = model.hasEnded(actor) ? -1 : runPiece(model, actor, acknowledgments, choices);
      if (found < 0) continue;
      const way = { from: at, choices };
      note(found, way);
      add(way, actor);
    }
  }
  return { broken, schedule };
}

/**
 * Runs an actor to the end of the piece that it stands before.
 * @param choices are added to it
 * @returns rules broken meanwhile, or -1 where it would wait for another
 */
function runPiece(model: Model, actor: number, acknowledgments: readonly number[], choices: number[]): number {
  const piece = pieceOf(model, actor);
  let broken = 0;
  const apply = (choice: number) => {
    if (!model.apply(choice)) return false;
    choices.push(choice);
    broken |= model.state.broken;
    return true;
  };
  do {
    if (!apply(actor)) return -1;
    for (const choice of acknowledgments) apply(choice);
  } while (pieceOf(model, actor) === piece);
  return broken;
}

function pieceOf({ tables, state }: Model, actor: number): number {
  const node = tables[actor]!.nodes[state.get(state.node + actor)]!;
  return node.op === null ? -1 : node.piece;
}

/**
 * What a consumer lacks when its whole round, which nobody disturbed, came last. It is lost even where some carrier would always bring the consumer
 * back: it comes back to the same.
 */
function lackingAfter({ state, actors }: Model, last: number): number {
  const number = actors[last]?.number;
  if (number !== ACTOR_HARVEST && number !== ACTOR_HOST) return 0;
  const { shape } = state;
  let broken = 0;
  for (let page = 0; page < shape.pages; page++) {
    if (shape.home[page] !== page || state.reads(page) === 0) continue;
    if ((shape.space[page] === shape.secondStage) !== (number === ACTOR_HOST)) continue;
    const lacks = state.get(state.lacks + page);
    if (lacks !== LACKS.nothing) broken |= BROKEN[lacks === LACKS.store ? 'lost-write' : 'invisible-write'];
  }
  return broken;
}

function wholeWay(ways: readonly Way[], last: Way): number[] {
  const parts: Array<readonly number[]> = [];
  for (let way: Way | undefined = last; way !== undefined; way = ways[way.from]) parts.unshift(way.choices);
  return parts.flat();
}
