/**
 * From a trail and one of its findings to the smallest program that still shows it: of which no access, operation or harvest can be left out. The
 * accesses of a recording are played again (`recording.ts`); a counterexample of the explorer is explored again (`counterexample.ts`).
 */
import { InputError, UsageError } from '../../base/index.js';
import type { Finding } from '../../analyzer/index.js';
import { AccessKind, configure } from '../../simulator/index.js';
import type { TrailReader } from '../../traces/index.js';
import { DEEDS } from '../program-words.js';
import type { StrategyProgram } from '../strategy-scenario.js';
import { litmusOf, specOf, strategyTarget } from '../target.js';
import { writeTrail } from '../trail.js';
import { asScenario, type ScenarioResult } from './as-scenario.js';
import { type Explored, exploredProgram, findExplored, smallestExplored } from './counterexample.js';
import { drive, type ShrinkOptions, type Stopped } from './drive.js';
import { causeOf, wantedOf } from './finder.js';
import { shrinkRecording } from './recording.js';
import { type Size, sizeOf, type Step } from './steps.js';
import { programText, stepOfFinding } from './words.js';
import { writeShrunk } from './write.js';

export interface Shrunk {
  /** As the smallest program shows it. */
  readonly finding: Finding;
  /** The class of its cause. */
  readonly cause: string;
  readonly from: Size;
  readonly to: Size;
  /** Programs that were tried. */
  readonly runs: number;
  readonly seconds: number;
  /** No step can be left out: each was tried. */
  readonly minimal: boolean;
  /** What ended the search before that was known; null where nothing did. */
  readonly stopped: Stopped | null;
  /** In the order of the program; of a counterexample, CPU by CPU and then the harvests, which may come in any order. */
  readonly steps: readonly Step[];
  /** The steps are those of a counterexample, in no order but each CPU's own. */
  readonly unordered: boolean;
  /** Position of the step that the finding is about; -1 where it is about none. */
  readonly stepOfFinding: number;
  /** "2 writes, 1 page, 1 harvest". */
  readonly summary: string;
  /** What it runs on, in a few words. */
  readonly machine: string;
  /** Writes the trail. */
  write(output: string): Promise<void>;
  /** The program as a litmus file. */
  scenario(signal?: AbortSignal): Promise<ScenarioResult>;
}

/**
 * Shrinks a finding of a trail.
 * @throws UsageError for a finding or a trail that cannot be shrunk; InputError where the finding does not show again; InterruptedError when
 * the signal comes before anything was shown
 */
export async function shrink(reader: TrailReader, finding: Finding, options: ShrinkOptions = {}): Promise<Shrunk> {
  const { mode, source } = reader.meta;
  if (mode === 'observed')
    throw new UsageError({
      what: `${reader.path} was observed, not simulated`,
      why: 'what a source saw cannot be played again to see what changes',
      mend: 'play its writes under a strategy first: `pagetrail replay`',
    });
  if (finding.certainty === 'undecidable')
    throw new UsageError({
      what: `whether there is ${finding.id} in ${reader.path} cannot be decided`,
      why: finding.rootCause,
      mend: 'shrink another finding, or record to the end',
    });
  return source.kind === 'scenario'
    ? shrinkExplored(reader, finding, options)
    : shrinkRecorded(reader, finding, options);
}

async function shrinkRecorded(reader: TrailReader, finding: Finding, options: ShrinkOptions): Promise<Shrunk> {
  const started = performance.now();
  const { best, from, runs, stopped } = await shrinkRecording(reader, finding, options);
  const { program } = best;
  const cause = causeOf(best.finding);
  return {
    finding: best.finding,
    cause,
    from,
    to: { ...sizeOf(program.steps), harvests: best.harvests },
    runs,
    seconds: secondsSince(started),
    minimal: stopped === null,
    stopped,
    steps: program.steps,
    unordered: false,
    stepOfFinding: stepOfFinding(best),
    summary: programText(program.steps),
    machine: machineText(program.machine),
    async write(output) {
      await writeShrunk(program, { finding: finding.id, cause, accesses: from.accesses }, reader, output);
    },
    scenario: (signal) => asScenario(program, finding.id, signal),
  };
}

async function shrinkExplored(reader: TrailReader, finding: Finding, options: ShrinkOptions): Promise<Shrunk> {
  const started = performance.now();
  const whole = exploredProgram(reader, finding);
  const wanted = wantedOf(finding, options.anyCause ?? false);
  let runs = 1;
  const first = await findExplored(whole, wanted, options.signal);
  if (first === null)
    throw new InputError({
      what: `${finding.id} does not show when the program of ${reader.path} is explored again`,
      why: 'the trail was explored by another version, or the search finds it by another cause first',
      mend: 'explore it again, or allow any cause (--any-cause)',
    });
  const search = {
    first,
    started,
    find(program: StrategyProgram) {
      runs++;
      return findExplored(program, wanted, options.signal);
    },
    runs: () => runs,
    steps: (best: Explored) => stepsOf(best.program).length,
  };
  const { best, stopped } = await drive(smallestExplored(whole), search, options);
  const { program, exploration } = best;
  const steps = stepsOf(program);
  const cause = causeOf(best.finding);
  const target = strategyTarget(program);
  return {
    finding: best.finding,
    cause,
    from: { ...sizeOf(stepsOf(whole)), harvests: whole.harvests },
    to: { ...sizeOf(steps), harvests: program.harvests },
    runs,
    seconds: secondsSince(started),
    minimal: stopped === null,
    stopped,
    steps,
    unordered: true,
    stepOfFinding: -1,
    summary: programText(steps),
    machine: machineText(program.machine),
    async write(output) {
      await writeTrail({
        path: output,
        setting: exploration.setting,
        schedule: exploration.execution!.schedule,
        reduce: exploration.reduced,
        name: `explore-${target.strategy}`,
        parameters: { verdict: exploration.verdict, cause },
        spec: specOf(target),
      });
    },
    scenario: () =>
      Promise.resolve({
        text: litmusOf(target, null, true, exploration.verdict),
        verdict: exploration.verdict,
        states: exploration.states,
        note: null,
      }),
  };
}

/** Each CPU's deeds, then the harvests. */
function stepsOf({ does = [], harvests }: StrategyProgram): Step[] {
  return [
    ...does.flatMap((deeds, cpu) =>
      deeds.map(({ does: deed, page }) => ({
        cpu,
        kind: DEEDS[deed],
        page: page ?? -1,
        offset: 0,
        size: page === null ? 0 : ACCESS_BYTES,
        process: 0,
      })),
    ),
    ...Array.from({ length: harvests }, () => ({
      cpu: -1,
      kind: AccessKind.harvest,
      page: -1,
      offset: 0,
      size: 0,
      process: 0,
    })),
  ];
}

/** What the stores of an exploration write. */
const ACCESS_BYTES = 8;

/** `hw-dirty with no-flush, fine with seed 3, TLB of 1 x 1`. */
function machineText(request: Parameters<typeof configure>[0]): string {
  const { strategy, host, guest, mutations, interleave, seed, tlb, architecture } = configure(request);
  const who = guest === null ? strategy.id : `${guest.id} in a guest, ${host?.id ?? 'nothing'} outside`;
  return [
    `${who}${mutations.length === 0 ? '' : ` with ${mutations.join(', ')}`}`,
    architecture.id,
    ...(interleave === 'fine' ? [`fine with seed ${seed}`] : []),
    ...(request.tlbSets === undefined ? [] : [`TLB of ${tlb.sets} x ${tlb.ways}`]),
  ].join(', ');
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}
