/**
 * A counterexample of the explorer is a short way already; what can be smaller is the program that it is a way through, which its trail carries. Each
 * smaller program is put to the search anew: it shows the finding if the search shows it, in whatever interleaving.
 */
import { InputError, UsageError } from '../../base/index.js';
import { check, DETECTORS, type Finding } from '../../analyzer/index.js';
import { BatchSource, copyBatch } from '../../replayer/index.js';
import type { EventBatch, TrailReader } from '../../traces/index.js';
import { type Exploration, explore } from '../explore.js';
import { perform } from '../execution.js';
import type { Deed } from '../program-words.js';
import { againIn } from '../proof/again.js';
import { strategySetting, type StrategyProgram } from '../strategy-scenario.js';
import { metaFor } from '../trail.js';
import { type Asking, ddmin } from './ddmin.js';
import { causeOf, ENDING, type Wanted } from './finder.js';

/** Something that can be left out of a program. */
type Item =
  | { readonly what: 'deed'; readonly cpu: number; readonly deed: Deed }
  | { readonly what: 'harvest' | 'eviction' };

export interface Explored {
  readonly program: StrategyProgram;
  readonly exploration: Exploration;
  readonly finding: Finding;
}

/** States of one search. Chosen: some seconds. */
const STATES_MAX = 2_000_000;

/**
 * The program that a counterexample is a way through.
 * @throws UsageError for that of a scenario, whose program is its own; InputError for a trail that does not carry it
 */
export function exploredProgram({ meta, path }: Pick<TrailReader, 'meta' | 'path'>, finding: Finding): StrategyProgram {
  const again = againIn(meta);
  const { name } = meta.source;
  if (again === null)
    throw new InputError({
      what: `${path} does not say what program it is a way through`,
      why: 'it was explored by an earlier version',
      mend: 'explore it again',
    });
  const { target, verdict } = again;
  if (target.program === null)
    throw new UsageError({
      what: `${path} is a way through the scenario ${name}, which nothing can be left out of`,
      why: 'its actors run code of its own, and the way is one with as few preemptions as there can be',
      mend: `use \`pagetrail explore ${name} --repair\` for what would mend it, and \`pagetrail why ${path} --prove\` for the step at fault`,
    });
  if (verdict !== finding.id)
    throw new UsageError({
      what: `${path} was explored for ${verdict}, not ${finding.id}`,
      why: 'a smaller program is found by searching for the same verdict',
      mend: `use --finding ${verdict}`,
    });
  return programOf(target.program, itemsOf(target.program));
}

/** Smaller and smaller programs, until nothing can be left out. */
export function* smallestExplored(program: StrategyProgram): Asking<StrategyProgram> {
  const asking = ddmin(itemsOf(program));
  let turn = asking.next();
  while (!turn.done) turn = asking.next(yield programOf(program, turn.value));
  return programOf(program, turn.value);
}

/** The finding, as the search shows it in this program; null where it does not. */
export async function findExplored(
  program: StrategyProgram,
  wanted: Wanted,
  signal: AbortSignal | undefined,
): Promise<Explored | null> {
  if (program.cpus === 0) return null;
  const setting = strategySetting(program);
  const exploration = await explore(setting, {
    reduce: true,
    maxStates: STATES_MAX,
    ...(signal !== undefined && { signal }),
  });
  if (exploration.verdict !== wanted.id || exploration.execution === null) return null;
  const batches: EventBatch[] = [];
  const { schedule } = exploration.execution;
  const { staged } = perform(setting, schedule, true, (batch) => batches.push(copyBatch(batch)));
  const { batch } = staged.world.machine.journal;
  if (batch.length > 0) batches.push(batch);
  const meta = metaFor({ setting, schedule, reduce: true, name: '-', parameters: {} });
  const { findings } = check(new BatchSource(batches, meta, ENDING), {
    detectors: DETECTORS.filter(({ id }) => id === wanted.id),
  });
  const finding = findings.find((one) => wanted.cause === null || causeOf(one) === wanted.cause);
  return finding === undefined ? null : { program, exploration, finding };
}

/** Pages and CPUs are numbered by what is left. */
function programOf({ machine, decides }: StrategyProgram, items: readonly Item[]): StrategyProgram {
  const deeds = items.filter((item) => item.what === 'deed');
  const count = (what: Item['what']) => items.filter((item) => item.what === what).length;
  const cpus = [...new Set(deeds.map(({ cpu }) => cpu))].sort((a, b) => a - b);
  const pages = [...new Set(deeds.flatMap(({ deed }) => deed.page ?? []))].sort((a, b) => a - b);
  return {
    machine,
    cpus: cpus.length,
    pages: Math.max(1, pages.length),
    writes: 0,
    harvests: count('harvest'),
    evictions: count('eviction'),
    ...(decides !== undefined && { decides }),
    does: cpus.map((cpu) =>
      deeds
        .filter((one) => one.cpu === cpu)
        .map(({ deed }) => ({ ...deed, page: deed.page === null ? null : pages.indexOf(deed.page) })),
    ),
  };
}

/** Stores that are not said deed by deed go through the pages in turn. */
function itemsOf({ does, cpus, pages, writes, harvests, evictions }: StrategyProgram): Item[] {
  const deeds =
    does ?? numbered(cpus, (cpu) => numbered(writes, (at): Deed => ({ does: 'store', page: (cpu + at) % pages })));
  return [
    ...deeds.flatMap((own, cpu) => own.map((deed) => ({ what: 'deed', cpu, deed }) as const)),
    ...numbered(harvests, () => ({ what: 'harvest' }) as const),
    ...numbered(evictions, () => ({ what: 'eviction' }) as const),
  ];
}

function numbered<T>(count: number, make: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => make(at));
}
