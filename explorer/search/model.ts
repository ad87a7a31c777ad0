/**
 * What a search steps through: the small machine and the places of the actors in their code. A state has a fixed row of choices (the next step of
 * each actor; a CPU acting on a flush; a CPU losing an entry), each possible or not.
 */
import { invariant } from '../../base/index.js';
import { execute, isReady } from '../machine/execute.js';
import { acknowledge, canAcknowledge } from '../machine/flushes.js';
import type { Performer } from '../machine/performer.js';
import { CACHED, PackedState, type StateOptions } from '../machine/packed-state.js';
import type { Shape } from '../machine/shape.js';
import { type MicroOp, Op, type OpCode, type World } from '../../simulator/index.js';
import type { Actor } from '../program.js';
import { TransitionTable } from './transition-table.js';

export interface ModelOptions {
  /** Entries that CPUs may lose by capacity or speculation in a run; default none. */
  readonly evictions?: number;
  /** CPUs that act on a flush even within an instruction: a tracker that does not wait for them. */
  readonly unwaited?: readonly number[];
  /** Steps that nobody can tell apart from their neighbours are taken together. */
  readonly reduce?: boolean;
}

/** A choice, for people and for the machine that performs a schedule again. */
export type Choice =
  | { readonly kind: 'step'; readonly actor: number }
  | { readonly kind: 'acknowledge'; readonly sender: number; readonly cpu: number }
  | { readonly kind: 'evict'; readonly cpu: number; readonly page: number };

/** Nothing that others do between such an operation and the next of the actor is different if it is done before (`lock` is a right mover). */
const BEGINS: ReadonlySet<OpCode> = new Set([Op.lock, Op.tlbLookup, Op.enterKernel]);
/** Nothing that others do between the operation before and this one is different if it is done after (`unlock` is a left mover). */
const ENDS: ReadonlySet<OpCode> = new Set([Op.unlock, Op.retire, Op.resume, Op.resumeProgram]);

class Mutable implements Performer {
  actor = 0;
  cpu = 0;
  loaded = -1;
  request = 0;
}

export class Model {
  readonly state: PackedState;
  readonly actors: readonly Actor[];
  readonly tables: readonly TransitionTable[];
  readonly choices: number;
  /** The state that it begins with. */
  readonly initial: Int32Array;
  /** Told of each operation that a step performs, for whoever follows a schedule. */
  onOperation: ((op: MicroOp, result: number) => void) | null = null;
  readonly #options: ModelOptions;
  readonly #by = new Mutable();

  constructor(
    world: World,
    shape: Shape,
    actors: readonly Actor[],
    options: ModelOptions,
    state: Omit<StateOptions, 'actors' | 'evictions'>,
  ) {
    this.actors = actors;
    this.#options = options;
    const evictions = options.evictions ?? 0;
    this.state = new PackedState(shape, { ...state, evictions, actors: actors.length });
    this.state.load(world);
    this.tables = actors.map((actor) => new TransitionTable(actor, world.machine, state.packing.nodeBits));
    this.tables.forEach((table, actor) => this.state.set(this.state.node + actor, table.start));
    this.state.freeze();
    this.initial = this.state.now.slice();
    this.choices = actors.length * (1 + shape.cpus) + (evictions > 0 ? shape.cpus * shape.pages : 0);
  }

  /** Performs a choice on the state as it stands, with what comes along with it; false, and nothing, where it is not possible. */
  apply(choice: number): boolean {
    const actors = this.actors.length;
    if (choice < actors) return this.#step(choice);
    const { cpus, pages } = this.state.shape;
    const rest = choice - actors;
    if (rest < actors * cpus) return this.#acknowledge((rest / cpus) | 0, rest % cpus);
    const slot = rest - actors * cpus;
    return this.#evict((slot / pages) | 0, slot % pages);
  }

  /** The first choice from that one on that may be possible: no CPU acts on the flush of an actor that has none under way. */
  candidate(choice: number): number {
    const { state } = this;
    const actors = this.actors.length;
    const { cpus } = state.shape;
    let next = choice;
    while (next >= actors && next < actors * (1 + cpus)) {
      const sender = ((next - actors) / cpus) | 0;
      if (state.get(state.request + sender) !== 0) return next;
      next = actors + (sender + 1) * cpus;
    }
    return next;
  }

  /** What a choice is. */
  describe(choice: number): Choice {
    const actors = this.actors.length;
    if (choice < actors) return { kind: 'step', actor: choice };
    const { cpus, pages } = this.state.shape;
    const rest = choice - actors;
    if (rest < actors * cpus) return { kind: 'acknowledge', sender: (rest / cpus) | 0, cpu: rest % cpus };
    const slot = rest - actors * cpus;
    return { kind: 'evict', cpu: (slot / pages) | 0, page: slot % pages };
  }

  /** Whether every actor has ended. */
  get atRest(): boolean {
    for (let actor = 0; actor < this.actors.length; actor++) if (!this.hasEnded(actor)) return false;
    return true;
  }

  hasEnded(actor: number): boolean {
    return this.tables[actor]!.nodes[this.state.get(this.state.node + actor)]!.op === null;
  }

  /** Whether the actor could go on now. */
  canStep(actor: number): boolean {
    const { op } = this.tables[actor]!.nodes[this.state.get(this.state.node + actor)]!;
    return op !== null && isReady(this.state, op, actor);
  }

  #step(actor: number): boolean {
    const { state } = this;
    const table = this.tables[actor]!;
    const field = state.node + actor;
    let at = state.get(field);
    let node = table.nodes[at]!;
    if (node.op === null || !isReady(state, node.op, actor)) return false;
    state.broken = 0;
    const by = this.#by;
    by.actor = actor;
    by.cpu = this.actors[actor]!.cpu;
    const reduce = this.#options.reduce === true;
    for (;;) {
      const { op } = node as { op: NonNullable<typeof node.op> };
      by.loaded = node.loaded;
      by.request = node.request;
      const result = execute(state, op, by);
      if (this.onOperation !== null) this.onOperation(op, result);
      at = table.step(at, result);
      node = table.nodes[at]!;
      if (node.op === null) break;
      if (node.silent) continue;
      if (!reduce) break;
      if (this.#begins(op.code, by.cpu) ? !isReady(state, node.op, actor) : !ENDS.has(node.op.code)) break;
    }
    state.set(field, at);
    return true;
  }

  /** What a CPU has looked up stays as it is to the end of the instruction, unless the CPU acts on flushes within it. */
  #begins(code: OpCode, cpu: number): boolean {
    return BEGINS.has(code) && !(code === Op.tlbLookup && this.#options.unwaited?.includes(cpu) === true);
  }

  #acknowledge(sender: number, cpu: number): boolean {
    const { state } = this;
    const number = state.get(state.request + sender);
    if (number === 0) return false;
    const op = this.tables[sender]!.requests[number]!;
    invariant(op !== null, 'a flush that nobody sent');
    const atAnyPoint = this.#options.unwaited?.includes(cpu) ?? false;
    if (!canAcknowledge(state, sender, cpu, op, atAnyPoint)) return false;
    state.broken = 0;
    acknowledge(state, sender, cpu, op);
    if (state.get(state.awaited + sender) === 0) state.set(state.request + sender, 0);
    return true;
  }

  #evict(cpu: number, page: number): boolean {
    const { state } = this;
    const field = state.tlb + cpu * state.shape.pages + page;
    const left = state.get(state.evictions);
    if (left === 0 || state.get(state.inInstruction + cpu) || (state.get(field) & CACHED) === 0) return false;
    if (this.atRest) return false; // nobody is left to whom it would matter
    state.broken = 0;
    state.set(state.evictions, left - 1);
    state.set(field, 0);
    return true;
  }
}
