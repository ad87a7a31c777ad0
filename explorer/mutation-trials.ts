/** The searches behind `mutateAll`: programs that grow until a defect loses a write in one that the protocol as it is does not lose in. */
import type { Mutation, SimulationRequest, StrategyDefinition } from '../simulator/index.js';
import { type Exploration, explore } from './explore.js';
import { perform } from './execution.js';
import { type InTurns, inTurns } from './in-turns.js';
import { HARM, RULES } from './rules.js';
import { strategySetting, type StrategyProgram } from './strategy-scenario.js';

export type Bite = Mutation['bites'];
export type Need = Mutation['needs'][number];
export type ProgramSize = Omit<StrategyProgram, 'machine' | 'unmaps' | 'moves'>;

export interface TrialOptions {
  /** Architecture, VMA kind, variant and the like; no mutations. */
  readonly machine: SimulationRequest;
  /** Programs in the order in which they are tried. */
  readonly sizes: readonly ProgramSize[];
  /** States of one search. */
  readonly maxStates: number;
  readonly reduce: boolean;
  readonly signal?: AbortSignal;
}

/** The protocol as it is, in a program that its defects were put into. */
export interface ProtocolRow {
  readonly program: StrategyProgram;
  readonly verdict: Exploration['verdict'];
  readonly exhaustive: boolean;
  readonly states: number;
  /** Something is lost even when operations run to completion. */
  readonly losesInTurns: boolean;
}

/** What the search shows of a defect. */
export interface Finding {
  /** Where it bites. */
  readonly found: Bite;
  readonly verdict: Exploration['verdict'];
  /** Every state was seen: of the program in which it loses, or of all. */
  readonly exhaustive: boolean;
  /** Of the last program. */
  readonly states: number;
  /** In which it loses, or the largest. */
  readonly program: StrategyProgram;
  readonly counterexample: { readonly steps: number; readonly preemptions: number } | null;
  readonly note: string;
}

/**
 * From the smallest on. A strategy that changes its method gets rounds enough to change it there and back, and few writes: three rounds in a row must
 * call for it each time.
 */
export function sizesOf({ methods }: StrategyDefinition): readonly ProgramSize[] {
  const small = [size(1, 1, 2, 1), size(1, 1, 2, 2), size(2, 1, 2, 1)];
  const rounds = methods === undefined ? [] : [size(1, 1, 2, 3), size(1, 1, 4, 6)];
  return [...small, ...rounds, size(2, 1, 2, 2), size(2, 1, 2, 3), size(2, 1, 2, 2, 1), size(2, 2, 2, 2)];
}

function size(cpus: number, pages: number, writes: number, harvests: number, evictions = 0): ProgramSize {
  return { cpus, pages, writes, harvests, evictions };
}

export function sidesOf(strategy: string, needs: readonly Need[]): SimulationRequest {
  return needs.includes('guest') ? { guest: 'hw-dirty', host: strategy } : { strategy };
}

/** Of one strategy; the searches of the protocol as it is are done once for each program. */
export class Trials {
  readonly #strategy: string;
  readonly #options: TrialOptions;
  readonly #protocol = new Map<string, ProtocolRow>();

  constructor(strategy: string, options: TrialOptions) {
    this.#strategy = strategy;
    this.#options = options;
  }

  get protocol(): readonly ProtocolRow[] {
    return [...this.#protocol.values()];
  }

  /** null where the protocol as it is loses in every program. */
  async find({ id, needs }: Mutation): Promise<Finding | null> {
    let allSeen = true;
    let largest: { program: StrategyProgram; result: Exploration } | null = null;
    for (const one of this.#options.sizes) {
      const asItIs = this.#programOf(needs, one);
      const base = await this.#protocolIn(asItIs);
      const program = { ...asItIs, machine: { ...asItIs.machine, mutations: [id] } };
      const turns = base.losesInTurns ? null : inTurns(strategySetting(program));
      const early = turns !== null && (turns.broken & HARM) !== 0;
      // Where the protocol as it is loses by its timing, only what the defect loses without is its own.
      if (base.verdict !== 'safe' && base.verdict !== 'bounded' && !early) continue;
      const result = await this.#explore(program);
      if (early) return coarse(program, result, turns);
      if (result.execution !== null) return fine(program, result);
      largest = { program, result };
      if (!result.exhaustive) allSeen = false;
    }
    if (largest === null) return null;
    const { program, result } = largest;
    const bound = allSeen ? 'nothing is lost up to' : 'nothing was found, and not every state was seen, up to';
    return { ...outcome('none', program, result), exhaustive: allSeen, note: `${bound} ${words(program)}` };
  }

  #programOf(needs: readonly Need[], one: ProgramSize): StrategyProgram {
    const { machine } = this.#options;
    const device = needs.includes('non-coherent') ? { device: 'non-coherent' } : {};
    return {
      ...one,
      machine: { ...machine, ...device, ...sidesOf(this.#strategy, needs) },
      unmaps: needs.includes('unmap') ? 1 : 0,
      moves: needs.includes('move') ? 1 : 0,
    };
  }

  async #protocolIn(program: StrategyProgram): Promise<ProtocolRow> {
    const key = JSON.stringify(program);
    const known = this.#protocol.get(key);
    if (known !== undefined) return known;
    const { verdict, exhaustive, states } = await this.#explore(program);
    const losesInTurns = (inTurns(strategySetting(program)).broken & HARM) !== 0;
    const row = { program, verdict, exhaustive, states, losesInTurns };
    this.#protocol.set(key, row);
    return row;
  }

  #explore(program: StrategyProgram): Promise<Exploration> {
    const { maxStates, reduce, signal } = this.#options;
    return explore(strategySetting(program), { maxStates, reduce, ...(signal !== undefined && { signal }) });
  }
}

function fine(program: StrategyProgram, result: Exploration): Finding {
  return { ...outcome('fine', program, result), note: `${result.verdict} with ${words(program)}` };
}

/** @param turns what already is lost when nothing is interleaved */
function coarse(program: StrategyProgram, result: Exploration, { broken, schedule }: InTurns): Finding {
  const lost = outcome('coarse', program, result);
  const note = (rule: string) => `${rule} with ${words(program)}, already when operations run to completion`;
  if (result.execution !== null) return { ...lost, note: note(result.verdict) };
  // A consumer that comes for every page every time: only that a round which nobody disturbed was in vain shows it.
  const verdict = RULES.find((_, bit) => broken & HARM & (1 << bit))!.id;
  const { steps, preemptions } = perform(strategySetting(program), schedule!, false);
  return { ...lost, verdict, counterexample: { steps: steps.length, preemptions }, note: note(verdict) };
}

function outcome(found: Bite, program: StrategyProgram, result: Exploration): Omit<Finding, 'note'> {
  const { verdict, exhaustive, states, execution } = result;
  const counterexample =
    execution === null ? null : { steps: execution.steps.length, preemptions: execution.preemptions };
  return { found, verdict, exhaustive, states, program, counterexample };
}

/** The size of a program, for people. */
function words({ cpus, pages, writes, harvests, evictions, unmaps = 0, moves = 0 }: StrategyProgram): string {
  const parts: ReadonlyArray<readonly [number, string]> = [
    [cpus, 'CPU'],
    [pages, 'page'],
    [writes, 'write'],
    [harvests, 'harvest'],
    [evictions, 'eviction'],
    [unmaps, 'unmap'],
    [moves, 'move'],
  ];
  const counted = ([count, what]: readonly [number, string]) =>
    `${count} ${what}${count === 1 ? '' : 's'}${what === 'write' && cpus > 1 ? ' each' : ''}`;
  return parts
    .filter(([count]) => count > 0)
    .map(counted)
    .join(', ');
}
