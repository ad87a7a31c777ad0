/** What `list` tells of a strategy, a mutation and an architecture: in lines for people, and as facts for scripts. */
import {
  type Architecture,
  HISTORY,
  type HistoryId,
  type Mutation,
  STRATEGIES,
  type StrategyDefinition,
  type VmaKind,
} from '../simulator/index.js';
import type { Entry } from './catalogue.js';

const BITES: Readonly<Record<Mutation['bites'], string>> = {
  coarse: 'can bite in every mode',
  fine: 'can bite with --interleave fine',
  none: 'does no harm',
};

const HOW: Readonly<Record<Mutation['how'], string>> = {
  drop: 'leaves a step out',
  reorder: 'puts steps in another order',
  weaken: 'does a step by halves',
};

/** What a run must have for a mutation to bite. */
const NEEDS: Readonly<Record<string, string>> = {
  guest: 'a guest (--guest)',
  'hardware-dirty': 'an architecture whose hardware sets D',
  'separate-flush': 'an architecture where flushes are apart from entries',
  'non-coherent': '--device non-coherent',
  'device-mmu': '--device-mmu',
  unmap: 'something that is unmapped (--unmap-every)',
  move: 'something that moves (--move-every)',
  huge: '--page-size 2m',
  split: 'a huge entry that is split (s in a csv log)',
  gaps: 'an object with gaps',
};

const FLUSHES: Readonly<Record<Architecture['flushBy'], string>> = {
  ipi: 'other CPUs flush by interrupt, each acknowledging',
  broadcast: 'other CPUs flush by one broadcast instruction, without an interrupt',
  'with-entry': 'the instruction that changes an entry flushes it in every CPU',
};

export function strategyEntry(strategy: StrategyDefinition): Entry {
  const { id, summary, price, vmas, architectures, carriers, cannotSee, steps, variants = [] } = strategy;
  const { hugeEntries, monitor, mutations, userSpace = false, shadow } = strategy;
  return {
    id,
    summary,
    details: [
      `price: ${price}`,
      `tracks: ${vmas.join(', ')} on ${architectures.join(', ')}`,
      `runs in: ${placeText(strategy)}`,
      `consumer reads: ${carriers.join(', ')}`,
      `cannot see: ${cannotSee.length === 0 ? 'everything is seen' : cannotSee.join(', ')}`,
      `huge entries: ${hugeEntries === undefined ? 'not modelled' : HUGE[hugeEntries]}`,
      ...variants.map((variant) => `variant ${variant.id}: ${variant.summary}`),
      ...steps.map(stepText),
    ],
    facts: {
      price,
      vmas,
      architectures,
      carriers,
      cannotSee,
      runsIn: monitor === undefined ? 'kernel' : 'monitor',
      userSpace,
      shadow: shadow ?? null,
      hugeEntries: hugeEntries ?? null,
      variants,
      steps: steps.map(({ step, summary: what }) => ({ step, summary: what })),
      mutations,
    },
  };
}

function placeText({ monitor, userSpace }: StrategyDefinition): string {
  if (monitor !== undefined) return 'a monitor (--strategy, --host)';
  return userSpace ? 'a process by itself, or a kernel (--strategy, --guest)' : 'a kernel (--strategy, --guest)';
}

const HUGE: Readonly<Record<NonNullable<StrategyDefinition['hugeEntries']>, string>> = {
  whole: 'tracked whole',
  split: 'split at the first write',
};

function stepText({ step, summary, mutations = [] }: StrategyDefinition['steps'][number]): string {
  const defects = mutations.map(({ id, bites }) =>
    bites === 'coarse' ? id : `${id} (${bites === 'fine' ? 'fine' : 'harmless'})`,
  );
  return `step ${step}: ${summary}${defects.length === 0 ? '' : `; mutations: ${defects.join(', ')}`}`;
}

/** A mutation, over all strategies that it can be switched into. */
export function mutationEntry(id: string, kind: Pick<Mutation, 'how' | 'summary'>): Entry {
  const uses = STRATEGIES.flatMap(({ id: strategy, mutations }) =>
    mutations.filter((mutation) => mutation.id === id).map((mutation) => ({ ...mutation, strategy })),
  );
  const histories = [...new Set(uses.map(({ history }) => history))].filter((history) => history !== undefined);
  const needs = [...new Set(uses.flatMap((use) => use.needs))];
  return {
    id,
    summary: kind.summary,
    details: [
      HOW[kind.how],
      ...histories.map((history) => `history: ${historyText(history)}`),
      ...needs.map((need) => `needs: ${NEEDS[need] ?? need}`),
      ...(['coarse', 'fine', 'none'] as const).flatMap((bite) =>
        byStep(uses.filter(({ bites }) => bites === bite)).map(
          ([step, strategies]) => `${BITES[bite]}, in step ${step}: ${strategies.join(', ')}`,
        ),
      ),
    ],
    facts: {
      how: kind.how,
      history: histories.map((history) => ({ id: history, ...HISTORY[history] })),
      needs,
      strategies: uses.map(({ strategy, step, bites, history }) => ({
        strategy,
        step,
        bites,
        ...(history !== undefined && { history }),
      })),
    },
  };
}

/** Strategies by the step that is broken, each once. */
function byStep(uses: ReadonlyArray<{ readonly step: string; readonly strategy: string }>): Array<[string, string[]]> {
  return [...new Set(uses.map(({ step }) => step))].map((step) => [
    step,
    [...new Set(uses.filter((use) => use.step === step).map(({ strategy }) => strategy))],
  ]);
}

function historyText(id: HistoryId): string {
  const { year, what, reference } = HISTORY[id];
  return `${year}, ${what} (${reference})`;
}

export function architectureEntry(architecture: Architecture): Entry {
  const { id, summary, layout, secondStage, hardwareSetsDirty, flushBy, flushCeilingPages } = architecture;
  const { hugeEntries = false, mayBeBlind = false, changeBitInFrame = false } = architecture;
  const walker = changeBitInFrame
    ? 'writes set a change bit of the frame, whatever the entry says'
    : hardwareSetsDirty
      ? 'hardware sets D in the entry'
      : 'a write through a clean entry traps, and the kernel sets D';
  return {
    id,
    summary,
    details: [
      `entries: ${layout.summary}`,
      ...(secondStage === undefined ? [] : [`second stage: ${secondStage.summary}`]),
      `walker: ${walker}${mayBeBlind ? '; may be blind (--walker blind)' : ''}`,
      `flush: ${FLUSHES[flushBy]}; a range of more than ${flushCeilingPages} pages flushes the whole address space`,
      `huge entries: ${hugeEntries ? 'of 2 MiB (--page-size 2m)' : 'not modelled'}`,
    ],
    facts: {
      layout: layout.id,
      secondStage: secondStage?.id ?? null,
      hardwareSetsDirty,
      mayBeBlind,
      flushBy,
      flushCeilingPages,
      hugeEntries,
    },
  };
}

/** Which frames of a mapping have a struct page. */
export function backedText({ system, device }: VmaKind['structPage']): string {
  if (system && device) return 'every entry';
  return system ? 'entries of system memory' : device ? 'entries of device memory' : 'none';
}
