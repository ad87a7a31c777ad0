/**
 * From a recorded trail and one of its findings to the smallest program that still shows it: of which no access, operation or harvest can be left out.
 * The recording is narrowed to what the finding is about (`narrow.ts`), parts are left out (`reduce.ts`), what is left is made simpler
 * (`simplify.ts`), until neither finds anything more.
 */
import { InputError, InterruptedError } from '../../base/index.js';
import type { Finding } from '../../analyzer/index.js';
import { replaySettings } from '../../recorder/index.js';
import type { SimulationRequest } from '../../simulator/index.js';
import type { TrailReader } from '../../traces/index.js';
import type { Asking } from './ddmin.js';
import { drive, type Driven, type ShrinkOptions } from './drive.js';
import { Finder, type Shown, wantedOf } from './finder.js';
import { levelsOf } from './narrow.js';
import { recordedSize, recordedSteps } from './recorded-steps.js';
import { reduce } from './reduce.js';
import { coarse, SIMPLIFICATIONS } from './simplify.js';
import type { Program, Size } from './steps.js';

/** A recording as far as it was shrunk. */
export interface ShrunkRecording extends Driven<Shown> {
  readonly from: Size;
  readonly runs: number;
}

/** Seeds that are tried for a race to show once more: a trail has its accesses in the order in which they came to be, not that of their source. */
const FIRST_TRIES = 64;
/** Times as many seeds as usual, to prove that a step is needed. Chosen: some seconds. */
const PATIENCE = 8;

/**
 * Shrinks a recording.
 * @throws InputError where the finding does not show when the accesses are played again; InterruptedError when the signal comes before
 * anything was shown
 */
export async function shrinkRecording(
  reader: TrailReader,
  finding: Finding,
  options: ShrinkOptions,
): Promise<ShrunkRecording> {
  const started = performance.now();
  const finder = new Finder(wantedOf(finding, options.anyCause ?? false), reader.meta.seed);
  const size = await recordedSize(reader.path, reader.meta);
  const harvests = reader.chunks.reduce((sum, { counts }) => sum + (counts['harvest-begin'] ?? 0), 0);
  const first = await firstProgram(reader, finding, finder, options);
  const search = {
    started,
    find: (program: Program) => finder.find(program),
    runs: () => finder.runs,
    steps: ({ program }: Shown) => program.steps.length,
  };
  let driven: Driven<Shown> = { best: first, stopped: null };
  for (;;) {
    driven = await drive(smallest(driven.best.program), { ...search, first: driven.best }, options);
    const { program } = driven.best;
    if (driven.stopped !== null || program.machine.interleave !== 'fine') break;
    // That no interleaving shows a race needs more tries than that one does; so there are more of them once little is left.
    finder.patience = PATIENCE;
    driven = await drive(reduce(program), { ...search, first: driven.best }, options);
    finder.patience = 1;
    if (driven.stopped !== null || driven.best.program.steps.length === program.steps.length) break;
  }
  return { ...driven, from: { ...size, harvests }, runs: finder.runs };
}

/** Smaller and smaller programs, until nothing can be left out and nothing made simpler. */
export function* smallest(program: Program): Asking<Program> {
  let left = yield* reduce(yield* coarse(program));
  for (;;) {
    const before = left;
    for (const simplify of SIMPLIFICATIONS) left = yield* simplify(left);
    if (left === before) return left;
    left = yield* reduce(left);
  }
}

/** The machine of a recording, with its defects, and its harvests where the steps say. */
export function machineOf({ meta }: Pick<TrailReader, 'meta'>): SimulationRequest {
  const { mutations, seed, interleave } = meta;
  const machine = replaySettings(meta, { mutations, harvestEvery: 0 });
  return interleave === 'coarse' ? { ...machine, seed: 1 } : { ...machine, seed };
}

/** The first of the narrowed programs that shows it. */
async function firstProgram(
  reader: TrailReader,
  finding: Finding,
  finder: Finder,
  { signal, onProgress }: ShrinkOptions,
): Promise<Shown> {
  const machine = machineOf(reader);
  let tooMany = false;
  for (const { wish } of levelsOf(reader, finding)) {
    const steps = await recordedSteps(reader.path, reader.meta, wish);
    onProgress?.({ runs: finder.runs, steps: steps?.length ?? 0 });
    await new Promise((resolve) => setImmediate(resolve));
    if (signal?.aborted)
      throw new InterruptedError({ what: 'interrupted before the finding had been shown again; nothing was written' });
    tooMany ||= steps === null;
    if (steps === null) continue;
    const shown = finder.find({ machine, steps }, FIRST_TRIES);
    if (shown !== null) return shown;
  }
  throw new InputError({
    what: `${finding.id} does not show when the accesses of ${reader.path} are played again`,
    why: tooMany
      ? 'it does not show among the accesses to its page, to its TLB sets or in the epochs around it, and all of them are too many to be played again and again'
      : reader.meta.interleave === 'fine'
        ? `it is a race, and none of ${FIRST_TRIES} interleavings that were tried runs into it`
        : 'it was recorded by another version, or with a source that cannot be played again',
    mend: tooMany
      ? 'record fewer writes, or shrink another finding (--finding ID:N)'
      : reader.meta.interleave === 'fine'
        ? 'shrink another finding (--finding ID:N), or put the strategy to `pagetrail explore`'
        : 'record it again',
  });
}
