/**
 * What a scenario is: a small fixed program for the search. It names a machine, says how things stand when it begins, and what each actor does from
 * there; one file each in `scenarios/`, one line in their list.
 */
import type { Carrier } from '../traces/index.js';
import type { Micro, SimulationRequest, StrategyCode, Tracking } from '../simulator/index.js';
import type { RuleId } from './rules.js';

export const VARIANTS = ['buggy', 'fixed'] as const;
export type VariantId = (typeof VARIANTS)[number];

/** Where the code of a scenario finds itself. */
export interface Stage {
  readonly tracking: Tracking;
  /** Index of the scenario's n-th page, from 0. */
  page(which: number): number;
  /** Index of the n-th page at its second place, where the setting has an alias. */
  alias(which: number): number;
  /** A store of 8 bytes to the n-th page. */
  store(which: number): ScenarioPiece;
  load(which: number): ScenarioPiece;
  /** A store to the page of that index: of a second place. */
  storeAt(page: number): ScenarioPiece;
}

/** Pages that the consumer is told of, or that it reads. */
export type CostId = 'reports' | 'transfers';

export interface ScenarioPiece {
  readonly label: string;
  code(): Micro;
}

export interface ScenarioActor {
  readonly name: string;
  /**
   * `program`: a thread that runs there already, so flushes are sent to its CPU from the start. A harvest is an actor of its own in trails. Default: a
   * thread whose CPU flushes reach once it has made an access.
   */
  readonly role?: 'program' | 'harvest' | 'host-harvest';
  readonly does: readonly ScenarioPiece[];
}

/** The rights that kernel code other than the harvest gives and takes. */
export type Handlers = Partial<Pick<StrategyCode, 'mappedFlags' | 'writeFault' | 'notPresentFault' | 'aroundUnmap'>>;

export interface Setting {
  readonly machine: SimulationRequest;
  /** Pages of the object. */
  readonly pages: number;
  /** A second place of the first so many pages in the same address space. */
  readonly aliasPages?: number;
  /** Replaces handlers of the strategy by the scenario's own. */
  handlers?(stage: Stage): Handlers;
  /** What the consumer reads; default: what that of the strategy does. */
  readonly reads?: readonly Carrier[];
  /** Done in turn before the search begins: the accesses that bring entries and TLBs to where it starts. By actor. */
  before?(stage: Stage): ReadonlyArray<{ readonly cpu: number; readonly does: readonly ScenarioPiece[] }>;
  /** Program threads first: an actor's position is its CPU. */
  actors(stage: Stage): readonly ScenarioActor[];
  /** Step names of its own code, see `actions`. */
  readonly steps?: readonly string[];
  /** What variables are called that the code keeps in the machine, in the order of their numbers. */
  readonly variables?: readonly string[];
  /** Entries that CPUs may lose by themselves in a run. */
  readonly evictions?: number;
  /** CPUs that act on flushes within instructions: nobody waits for them. */
  readonly unwaited?: readonly number[];
  /** Locks and rules of hardware that the verdict rests on, in words. */
  readonly assumes: readonly string[];
  /** Rules that decide besides those of harm. With `misattributed` the search remembers which page was reported in place of which. */
  readonly decides?: readonly RuleId[];
  /** What is counted for each page that became newer than the consumer's copy; the search finds the most of it that any way comes to. */
  readonly cost?: CostId;
}

/** What is at fault with a step: it is not there, or comes at the wrong time, or acts on what is true no longer, or lets a mark go, or does the wrong thing. */
export const FAULTS_OF_STEPS = ['missing', 'early', 'late', 'stale', 'drops', 'wrong'] as const;
export type FaultOfStep = (typeof FAULTS_OF_STEPS)[number];

/** The step that a bug's history blames, as its repair or those who found it tell: not what any search says. */
export interface GuiltyStep {
  /** Name of the actor, or `program` for whichever CPU it was. */
  readonly actor: string;
  /** By the names in a trail's meta; one that is missing by the name that strategies have for it (`flush`, `mark page`, `protect entries`, `lock`, ...). */
  readonly step: string;
  readonly how: FaultOfStep;
}

export interface ScenarioDefinition {
  readonly id: string;
  readonly summary: string;
  /** When it was found or asked; null for what is of no time. */
  readonly year: number | null;
  /** Commit, mail or text where it can be read up. */
  readonly reference: string;
  /** `race`: interleavings decide. `sequence`: one actor is enough. `cost`: no variant is safe, the worst ratio counts. `question`: one of those asked in 2013. */
  readonly kind: 'race' | 'sequence' | 'cost' | 'question' | 'suspicion';
  /** Those it has; the first is the default. Empty: it has one form only. */
  readonly variants: readonly VariantId[];
  /** Verdict of the buggy variant, or of the only form. */
  readonly expects: RuleId | 'safe';
  /** The step that is at fault in the buggy variant, or in the only form; absent where that is safe. */
  readonly guilty?: GuiltyStep;
  /** Architectures it is asked about; the first is the default. */
  readonly architectures: readonly [string, ...string[]];
  /** For `cost`: the worst ratio of each variant, or of the only form. */
  readonly worst?: readonly number[];
  setting(variant: VariantId, arch: string): Setting;
}
