/**
 * Whether a program still shows the finding: played in memory, and asked of the one detector. What counts as the same finding is its detector, its
 * severity, and the class of its cause, so that shrinking one bug does not end at another; page, CPU and position may be any.
 */
import { UsageError } from '../../base/index.js';
import { check, type Detector, DETECTORS, type Finding } from '../../analyzer/index.js';
import { metaOf } from '../../recorder/index.js';
import { BatchSource, copyBatch } from '../../replayer/index.js';
import { configure, Simulation, type SimulationRequest, type SimulationSettings } from '../../simulator/index.js';
import type { EventBatch, SourceMeta } from '../../traces/index.js';
import { batchOf, type Program } from './steps.js';

export interface Wanted {
  readonly id: string;
  readonly severity: Finding['severity'];
  /** null: any. */
  readonly cause: string | null;
}

/** What a run showed. */
export interface Shown {
  readonly finding: Finding;
  /** With the seed that showed it. */
  readonly program: Program;
  readonly harvests: number;
  readonly source: BatchSource;
}

/** Events in a batch of a run: as many as a small program makes, and at most a chunk. */
const BATCH_EVENTS_MIN = 128;
const BATCH_EVENTS_MAX = 65_536;
const EVENTS_PER_STEP = 8;
/** Steps that are played, over all seeds, to see whether an interleaving shows it; and seeds at most. Chosen: some tens of ms. */
const STEPS_OF_SEEDS = 1024;
const SEEDS_MAX = 64;
/** Of a run that came to its end. */
export const ENDING = {
  complete: true,
  incompleteReason: null,
  cpus: 1,
  programNs: 0,
  skippedLines: 0,
  firstSkippedLine: null,
} as const;
const META: SourceMeta = { kind: 'shrink', name: '-', programTime: 'given', reads: true, parameters: {} };

/** The class of a finding's cause: a word where the detector has one, else how its sentence reads without numbers. */
export function causeOf({ cause, rootCause }: Finding): string {
  return cause ?? rootCause.replaceAll(/\b(0x[0-9a-f]+|\d+)\b/g, '#');
}

export function wantedOf(finding: Finding, anyCause: boolean): Wanted {
  return { id: finding.id, severity: finding.severity, cause: anyCause ? null : causeOf(finding) };
}

export class Finder {
  /** Programs played. */
  runs = 0;
  readonly #wanted: Wanted;
  readonly #detectors: readonly Detector[];
  readonly #settings = new WeakMap<SimulationRequest, SimulationSettings | null>();
  /** Times as many seeds as usual are tried. */
  patience = 1;
  /** The seed that showed it last, so it is the first to be tried. */
  #seed: number;

  /** @param seed of the recording */
  constructor(wanted: Wanted, seed: number) {
    this.#wanted = wanted;
    this.#detectors = DETECTORS.filter(({ id }) => id === wanted.id);
    this.#seed = seed;
  }

  /**
   * The finding, as this program shows it; null where it does not, or cannot be played at all.
   * @param tries seeds that are tried at least, where interleavings matter
   */
  find(program: Program, tries = 1): Shown | null {
    const settings = this.#settingsOf(program.machine);
    if (settings === null || program.steps.length === 0) return null;
    try {
      return this.#search(program, settings, tries);
    } catch (error) {
      // A strategy may find only when it is put to work that the machine is not made for it.
      if (!(error instanceof UsageError)) throw error;
      this.#settings.set(program.machine, null);
      return null;
    }
  }

  #search(program: Program, settings: SimulationSettings, tries: number): Shown | null {
    if (settings.interleave === 'coarse') return this.#run(program, settings);
    for (const seed of this.#seeds(program.steps.length, tries)) {
      const machine = { ...program.machine, seed };
      const shown = this.#run({ ...program, machine }, { ...settings, seed });
      if (shown === null) continue;
      this.#seed = seed;
      return shown;
    }
    return null;
  }

  /** A short program shows a race under few interleavings, so it gets more tries. */
  *#seeds(steps: number, tries: number): Iterable<number> {
    const first = this.#seed;
    yield first;
    const seeds = Math.max(tries, this.patience * Math.min(SEEDS_MAX, Math.floor(STEPS_OF_SEEDS / steps)));
    for (let seed = 1; seed < seeds; seed++) if (seed !== first) yield seed;
  }

  #run(program: Program, settings: SimulationSettings): Shown | null {
    this.runs++;
    const { steps } = program;
    const batches: EventBatch[] = [];
    const batchEvents = Math.min(BATCH_EVENTS_MAX, Math.max(BATCH_EVENTS_MIN, steps.length * EVENTS_PER_STEP));
    const simulation = new Simulation(settings, (batch) => batches.push(copyBatch(batch)), { batchEvents });
    simulation.play(batchOf(steps));
    simulation.finish(steps.length);
    if (simulation.openBatch.length > 0) batches.push(simulation.openBatch);
    const source = new BatchSource(batches, metaOf(simulation, { meta: META }), ENDING);
    const { findings } = check(source, { detectors: this.#detectors });
    const finding = findings.find((one) => this.#isWanted(one));
    return finding === undefined ? null : { finding, program, harvests: simulation.harvests, source };
  }

  #isWanted(finding: Finding): boolean {
    const { id, severity, cause } = this.#wanted;
    return (
      finding.id === id &&
      finding.severity === severity &&
      finding.certainty !== 'undecidable' &&
      (cause === null || causeOf(finding) === cause)
    );
  }

  /** null for a machine that cannot be. */
  #settingsOf(machine: SimulationRequest): SimulationSettings | null {
    let settings = this.#settings.get(machine);
    if (settings !== undefined) return settings;
    try {
      settings = configure(machine);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      settings = null;
    }
    this.#settings.set(machine, settings);
    return settings;
  }
}
