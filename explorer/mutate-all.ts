/**
 * Every defect that can be switched into a strategy, put to the search, step by step of its protocol. Random recordings can only fail to find a
 * loss; here "nothing is lost" means that every interleaving of a program was seen.
 */
import { invariant } from '../base/index.js';
import { configure, type Mutation, type SimulationRequest, STRATEGIES } from '../simulator/index.js';
import {
  type Finding,
  type Need,
  type ProgramSize,
  type ProtocolRow,
  sidesOf,
  sizesOf,
  Trials,
} from './mutation-trials.js';

export interface MutateAllRequest {
  readonly strategy: string;
  /** Architecture, VMA kind, variant and the like; no mutations. */
  readonly machine?: SimulationRequest;
  /** Programs in the order in which they are tried; default: from one CPU, page and harvest to two of each. */
  readonly sizes?: readonly ProgramSize[];
  /** States of one search. Default 2,000,000. */
  readonly maxStates?: number;
  /** Steps that nobody can tell apart from their neighbours are taken together. Default true. */
  readonly reduce?: boolean;
  readonly signal?: AbortSignal;
  onRow?(row: MutationRow): void;
}

/** A step of the protocol with one of the defects that it can have, or with none. */
export interface MutationRow {
  readonly step: string;
  /** null where no defect is declared for the step. */
  readonly mutation: string | null;
  readonly how: Mutation['how'] | null;
  /** Where it bites, as the strategy declares it. */
  readonly bites: Mutation['bites'] | null;
  /** Where it bites, as the search shows it; null where it was not explored. */
  readonly found: Finding['found'] | null;
  /** Whether the two are the same; null where it was not explored. */
  readonly agrees: boolean | null;
  readonly verdict: Finding['verdict'] | null;
  readonly exhaustive: boolean;
  readonly states: number;
  readonly program: Finding['program'] | null;
  readonly counterexample: Finding['counterexample'];
  readonly note: string;
}

export interface MutateAll {
  readonly strategy: string;
  readonly rows: readonly MutationRow[];
  /** The protocol as it is, in each of the programs. */
  readonly protocol: readonly ProtocolRow[];
}

const DEFAULT_STATES = 2_000_000;

/** What a program of a few words cannot have, and why. */
const OUT_OF_REACH: Readonly<Partial<Record<Need, string>>> = {
  huge: 'entries of a search are small',
  split: 'entries of a search are small, so none is split',
  gaps: 'the few pages of a search lie side by side in one page table',
  'device-mmu': 'a search has no device with an MMU of its own',
};

const ALWAYS_LOSES = 'the protocol as it is loses in each of these programs';

const NOTHING: Omit<MutationRow, 'step' | 'note'> = {
  mutation: null,
  how: null,
  bites: null,
  found: null,
  agrees: null,
  verdict: null,
  exhaustive: false,
  states: 0,
  program: null,
  counterexample: null,
};

/** @throws UsageError for a strategy or a machine that cannot be configured */
export async function mutateAll(request: MutateAllRequest): Promise<MutateAll> {
  const { machine = {}, maxStates = DEFAULT_STATES, reduce = true, signal } = request;
  const { strategy, architecture } = configure({ objectPages: 1, ...machine, ...sidesOf(request.strategy, []) });
  const definition = STRATEGIES.find(({ id }) => id === strategy.id);
  invariant(definition !== undefined, `strategy ${strategy.id} is in the list`);
  const sizes = request.sizes ?? sizesOf(definition);
  const trials = new Trials(definition.id, {
    machine,
    sizes,
    maxStates,
    reduce,
    ...(signal !== undefined && { signal }),
  });
  const rows: MutationRow[] = [];
  const add = (row: MutationRow) => {
    rows.push(row);
    request.onRow?.(row);
  };
  for (const { step, mutations = [] } of definition.steps) {
    if (mutations.length === 0) add({ ...NOTHING, step, note: 'no defect declared' });
    for (const mutation of mutations) {
      const { id, how, bites } = mutation;
      const declared = { ...NOTHING, step, mutation: id, how, bites };
      const missing = missingFor(mutation, architecture);
      if (missing !== null) add({ ...declared, note: `not explored: ${missing}` });
      else {
        const finding = await trials.find(mutation);
        if (finding === null) add({ ...declared, note: `not explored: ${ALWAYS_LOSES}` });
        else add({ ...declared, ...finding, agrees: finding.found === bites });
      }
    }
  }
  return { strategy: definition.id, rows, protocol: trials.protocol };
}

/** Why the search cannot have what the mutation needs; null where it can. */
function missingFor(
  { needs }: Mutation,
  { id, hardwareSetsDirty, flushBy }: ReturnType<typeof configure>['architecture'],
): string | null {
  const never = needs.map((need) => OUT_OF_REACH[need]).find((why) => why !== undefined);
  if (never !== undefined) return never;
  if (needs.includes('hardware-dirty') && !hardwareSetsDirty) return `no hardware sets D on ${id}`;
  if (needs.includes('separate-flush') && flushBy === 'with-entry')
    return `on ${id} the instruction that changes an entry flushes it`;
  return null;
}
