/**
 * A schedule of the search, performed again on the machine that the recorder drives: the same code, the same order, and events for a trail. Every result
 * and every state is compared with the search's own, so a counterexample is never the word of the search alone.
 */
import { invariant } from '../base/index.js';
import type { EventBatch } from '../traces/index.js';
import { ACTOR_PROGRAM, type Micro, type MicroOp, Op } from '../simulator/index.js';
import { CACHED, OLD_FRAME } from './machine/packed-state.js';
import type { Actor } from './program.js';
import { rulesIn, type RuleId } from './rules.js';
import type { Choice } from './search/model.js';
import { isAnswerFixed } from './search/transition-table.js';
import { prepare, type Prepared } from './prepare.js';
import type { Setting } from './scenario.js';
import { stage, type Staged } from './stage.js';

/** An operation as it was performed. */
export interface Performed {
  readonly op: MicroOp;
  readonly result: number;
}

/** One choice of a schedule and what came of it. */
export interface Step {
  readonly choice: Choice;
  readonly operations: readonly Performed[];
  /** Label of the piece that an actor was in. */
  readonly label: string;
  /** Events before and after it. */
  readonly fromSeq: number;
  readonly toSeq: number;
  /** The state after it, as the search packs it. */
  readonly state: Int32Array;
  readonly broken: readonly RuleId[];
}

export interface Execution {
  readonly staged: Staged;
  readonly prepared: Prepared;
  /** The state before the first step. */
  readonly initial: Int32Array;
  readonly schedule: readonly number[];
  readonly steps: readonly Step[];
  /** Times the schedule goes from an actor that could go on to another. */
  readonly preemptions: number;
}

/** Code of an actor that is under way. */
interface Running {
  readonly code: Micro;
  turn: IteratorResult<MicroOp, void>;
}

/**
 * Performs a schedule.
 * @param reduce as in the search that it is from
 * @param onFull takes full batches of events; the last, open one is left with the machine
 * @throws InvariantError where the two machines differ
 */
export function perform(
  setting: Setting,
  schedule: readonly number[],
  reduce: boolean,
  onFull: (batch: EventBatch) => void = () => undefined,
): Execution {
  const staged = stage(setting, onFull);
  const prepared = prepare(setting, reduce);
  const { model } = prepared;
  const { machine } = staged.world;
  const runner = new Runner(staged, setting);
  const initial = model.state.now.slice();
  const steps: Step[] = [];
  let preemptions = 0;
  let last = -1;
  for (const number of schedule) {
    const choice = model.describe(number);
    if (choice.kind === 'step') {
      if (last >= 0 && last !== choice.actor && model.canStep(last)) preemptions++;
      last = choice.actor;
    }
    const operations: Performed[] = [];
    model.onOperation = (op, result) => operations.push({ op, result });
    const fromSeq = machine.journal.seq;
    const label = choice.kind === 'step' ? runner.labelOf(choice.actor) : '';
    invariant(model.apply(number), `choice ${number} of a schedule is not possible`);
    const broken = rulesIn(model.state.broken);
    runner.follow(choice, operations);
    assertSame(prepared, staged);
    runner.assertSameWaits(prepared);
    steps.push({
      choice,
      operations,
      label,
      fromSeq,
      toSeq: machine.journal.seq,
      state: model.state.now.slice(),
      broken,
    });
  }
  return { staged, prepared, initial, schedule, steps, preemptions };
}

/** The actors of a schedule on the recorder's machine. */
class Runner {
  readonly #staged: Staged;
  readonly #setting: Setting;
  readonly #running: Array<Running | null>;
  readonly #piece: number[];

  constructor(staged: Staged, setting: Setting) {
    this.#staged = staged;
    this.#setting = setting;
    this.#running = staged.actors.map(() => null);
    this.#piece = staged.actors.map(() => 0);
  }

  labelOf(actor: number): string {
    return this.#staged.actors[actor]!.pieces[this.#piece[actor]!]?.label ?? '';
  }

  follow(choice: Choice, operations: readonly Performed[]): void {
    const { world, actors } = this.#staged;
    const { machine } = world;
    if (choice.kind === 'acknowledge') {
      machine.flushes.acknowledge(choice.cpu, actors[choice.sender]!.number);
    } else if (choice.kind === 'evict') {
      machine.journal.enter(ACTOR_PROGRAM + choice.cpu, choice.cpu);
      machine.mmu.evict(machine.cpus.tlbs[choice.cpu]!.slotOf[choice.page]!);
    } else {
      for (const { op, result } of operations) this.#operate(actors[choice.actor]!, choice.actor, op, result);
    }
  }

  #operate(actor: Actor, at: number, op: MicroOp, result: number): void {
    const { machine } = this.#staged.world;
    machine.journal.enter(actor.number, actor.cpu);
    const running = this.#running[at] ?? this.#begin(actor, at);
    invariant(!running.turn.done, `${actor.name} has ended, and the search goes on with it`);
    const mine = running.turn.value;
    invariant(
      mine.code === op.code && mine.page === op.page && mine.a === op.a,
      `${actor.name} stands before another operation than in the search`,
    );
    invariant(machine.ready(mine, actor.number), `${actor.name} waits, and does not in the search`);
    const here = machine.execute(mine);
    // How many CPUs a flush is sent to is for its price; no code looks at it.
    const same = here === result || op.code === Op.flushSend;
    invariant(same, `operation ${op.code} of ${actor.name} gives ${here}, and ${result} in the search`);
    running.turn = running.code.next(here);
    this.#settle(running);
    if (!running.turn.done) return;
    this.#running[at] = null;
    this.#piece[at]!++;
  }

  #begin(actor: Actor, at: number): Running {
    const { machine } = this.#staged.world;
    machine.journal.program[actor.cpu]!++;
    const code = actor.pieces[this.#piece[at]!]!.code();
    const running: Running = { code, turn: code.next(0) };
    this.#settle(running);
    if (!running.turn.done) {
      this.#running[at] = running;
      return running;
    }
    // A piece with nothing in it.
    this.#piece[at]!++;
    return this.#begin(actor, at);
  }

  /** Whoever waits here waits in the search, and nobody else: neither more interleavings are searched than there are, nor fewer. */
  assertSameWaits({ model }: Prepared): void {
    const { world, actors } = this.#staged;
    this.#running.forEach((running, at) => {
      if (running === null || running.turn.done) return;
      const { name, number } = actors[at]!;
      const here = world.machine.ready(running.turn.value, number);
      invariant(here === model.canStep(at), `${name} waits ${here ? 'in the search' : 'on the machine'} alone`);
    });
    const { state } = model;
    const now = state.now.slice();
    for (let number = actors.length; number < model.choices; number++) {
      const choice = model.describe(number);
      if (choice.kind !== 'acknowledge' || this.#setting.unwaited?.includes(choice.cpu)) continue;
      const there = model.apply(number);
      state.now.set(now);
      const { name, number: sender } = actors[choice.sender]!;
      const here = world.machine.flushes.isPending(choice.cpu, sender);
      const where = there ? 'in the search' : 'on the machine';
      invariant(here === there, `CPU ${choice.cpu} can act on a flush of ${name} ${where} alone`);
    }
  }

  /** Goes on to the next operation that is a place of the search. */
  #settle(running: Running): void {
    while (!running.turn.done && isAnswerFixed(running.turn.value))
      running.turn = running.code.next(this.#staged.world.machine.execute(running.turn.value));
  }
}

/** The two machines agree on where CPUs are, on entries, marks and TLBs. */
function assertSame({ model: { state } }: Prepared, { world: { machine } }: Staged): void {
  const { pages, cpus } = machine;
  const { shape } = state;
  for (let cpu = 0; cpu < shape.cpus; cpu++) {
    for (const is of ['inInstruction', 'inKernel', 'inMonitor', 'ran'] as const)
      invariant(cpus[is][cpu] === state.get(state[is] + cpu) > 0, `'${is}' of CPU ${cpu} differs`);
  }
  const reads = state.readsNow < 0 || state.get(state.readsNow) === machine.reads;
  invariant(reads, 'what the consumer reads differs');
  for (let page = 0; page < shape.pages; page++) {
    const where = `page index ${page}`;
    invariant(pages.flags[page] === state.get(state.flags + page), `entries of ${where} differ`);
    invariant(pages.marks[page] === state.get(state.marks + page), `marks of ${where} differ`);
    const frame = pages.frame[page]!;
    const homed = state.get(state.homed + shape.home[page]!) > 0;
    invariant(homed === frame >= 0, `whether ${where} has a frame differs`);
    if (shape.home[page] === page && homed) {
      const lacks = pages.frames.generation[frame]! > pages.frames.captured[frame]!;
      invariant(lacks === state.get(state.lacks + page) > 0, `what the consumer lacks of ${where} differs`);
      const cached = pages.frames.cached[frame]! > 0;
      invariant(cached === state.get(state.cached + page) > 0, `what CPU caches alone have of ${where} differs`);
    }
    for (let cpu = 0; cpu < shape.cpus; cpu++) {
      const slot = cpus.tlbs[cpu]!.slotOf[page]!;
      const entry = state.get(state.tlb + cpu * shape.pages + page);
      const same = slot < 0 ? (entry & CACHED) === 0 : (entry & 7) === (cpus.tlbs[cpu]!.flags[slot]! | CACHED);
      invariant(same, `what CPU ${cpu} has cached of ${where} differs`);
      const old = slot >= 0 && cpus.tlbs[cpu]!.frame[slot] !== frame;
      invariant(old === (entry & OLD_FRAME) > 0, `the frame that CPU ${cpu} has cached of ${where} differs`);
    }
  }
}
