/** What a sentence about a run can ask for: who did what in which step, which writes a consumer lacks, which CPUs may still write. */
import { carrierMask, CARRIERS, PTE_PRESENT } from '../../traces/index.js';
import { type MicroOp, Op, type OpCode } from '../../simulator/index.js';
import type { Execution } from '../execution.js';
import { isMarked } from '../machine/consumer.js';
import { LACKS } from '../machine/packed-state.js';
import type { RuleId } from '../rules.js';
import { type Deed, Moments } from './moments.js';
import { flagsText, type Names, namesOf } from './names.js';
import { operationText } from './operation-text.js';
import { tlbText } from './state-columns.js';
import { actorOf, stepText } from './table.js';

const WRITES: readonly OpCode[] = [Op.commit, Op.otherWrite];
/** Carriers that are the contents or the mapping itself: they are not asked page by page. */
const NOT_SAID = carrierMask(['mapped', 'shadow-copy']);

export class Scene {
  readonly moments: Moments;
  readonly names: Names;
  readonly deeds: readonly Deed[];
  readonly #execution: Execution;

  constructor(execution: Execution) {
    this.#execution = execution;
    this.moments = new Moments(execution);
    this.names = namesOf(execution.prepared);
    this.deeds = this.moments.deeds();
  }

  get last(): number {
    return this.moments.last;
  }

  get shape() {
    return this.moments.model.state.shape;
  }

  page(index: number): string {
    return this.names.pages[index] ?? 'a page';
  }

  /** Position of who acts in a step. */
  actor(step: number): number {
    return actorOf(this.#execution.steps[step - 1]!);
  }

  /** `cpu0`: who acts in a step. */
  who(step: number): string {
    return this.names.actors[this.actor(step)] ?? this.names.cpu(this.actor(step));
  }

  /** `step 5 (cpu0, store)`. */
  step(step: number): string {
    return `step ${step} (${this.who(step)}, ${this.did(step)})`;
  }

  /** `lookup: hit W`: what was done in a step. */
  did(step: number): string {
    return stepText(this.#execution.steps[step - 1]!, this.names);
  }

  text(op: MicroOp, result: number): string {
    return operationText(op, result, this.names);
  }

  /** The operation of a step that has one of these codes; else its first; null where a CPU acted by itself. */
  operation(step: number, ...codes: readonly OpCode[]): Deed | null {
    const all = this.deeds.filter((deed) => deed.step === step);
    return all.find(({ op }) => codes.includes(op.code)) ?? all[0] ?? null;
  }

  /** Home of the page that a step is about; -1 where it is about none. */
  homeOf(step: number, ...codes: readonly OpCode[]): number {
    const page = this.operation(step, ...codes)?.op.page ?? -1;
    return page < 0 ? -1 : this.shape.home[page]!;
  }

  /** The last operation before a step that is wanted. */
  before(step: number, wanted: (deed: Deed) => boolean): Deed | null {
    return this.deeds.findLast((deed) => deed.step < step && wanted(deed)) ?? null;
  }

  /** Whether an operation is on a page of that home, by any of its entries. */
  isOn({ op }: Deed, home: number): boolean {
    return op.page >= 0 && (this.shape.home[op.page] === home || this.shape.under[op.page] === home);
  }

  /** Entry of a page after a step. */
  entry(step: number, page: number): string {
    const state = this.moments.after(step);
    return flagsText(state.get(state.flags + page));
  }

  isPresent(step: number, page: number): boolean {
    const state = this.moments.after(step);
    return (state.get(state.flags + page) & PTE_PRESENT) !== 0;
  }

  breaks(step: number, rule: RuleId): boolean {
    return this.#execution.steps[step - 1]!.broken.includes(rule);
  }

  /** CPUs that could write a page of the home after a step though memory would not let them: `cpu0 (TLB W D)`. */
  stale(step: number, home: number): string[] {
    const state = this.moments.after(step);
    const { shape } = state;
    const found: string[] = [];
    for (let page = home; page >= 0; page = shape.nextOfHome[page]!)
      for (let cpu = 0; cpu < shape.cpus; cpu++)
        if (state.isStale(cpu, page))
          found.push(`${this.names.cpu(cpu)} (TLB ${tlbText(state, cpu, page).replace(' stale', '')})`);
    return found;
  }

  /** Homes with such CPUs after a step. */
  staleHomes(step: number): number[] {
    return this.homes().filter((home) => this.stale(step, home).length > 0);
  }

  /** Homes of which the consumer lacks something after a step, and no carrier says so. */
  untold(step: number): number[] {
    const state = this.moments.after(step);
    return this.homes().filter(
      (home) => state.get(state.lacks + home) !== LACKS.nothing && state.reads(home) !== 0 && !isMarked(state, home),
    );
  }

  /** Writes to a home that the consumer lacks after a step. */
  lackedWrites(step: number, home: number): Deed[] {
    let since = step;
    for (; since > 0; since--) {
      const state = this.moments.after(since);
      if (state.get(state.lacks + home) === LACKS.nothing) break;
    }
    return this.deeds.filter(
      (deed) => deed.step > since && deed.step <= step && WRITES.includes(deed.op.code) && this.isOn(deed, home),
    );
  }

  /** Carriers that the consumer of a page reads at the end, in words. */
  carriers(home: number): string {
    const reads = this.moments.after(this.last).reads(home) & ~NOT_SAID;
    return CARRIERS.filter((_, code) => reads & (1 << code)).join(', ');
  }

  homes(): number[] {
    const { home, pages } = this.shape;
    return Array.from({ length: pages }, (_, page) => page).filter((page) => home[page] === page);
  }
}

/** `a`, `a and b`, `a, b and c`. */
export function list(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** `step 5`, `steps 5 and 8`. */
export function stepsText(steps: readonly number[]): string {
  return `${steps.length === 1 ? 'step' : 'steps'} ${list(steps.map(String))}`;
}
