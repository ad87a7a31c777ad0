/**
 * Which strategy suits these writes, and why: the best run by the criterion, in words made of the figures and of what strategies declare.
 * Nothing here knows a strategy by name.
 */
import { bytes, count, counted, nanoseconds, ratio } from '../../base/index.js';
import type { CostReport, Overhead } from '../../analyzer/index.js';
import { STRATEGIES } from '../../simulator/index.js';
import type { ComparedRun } from './compare.js';
import { type Criterion, type CriterionId, criterionNamed } from './criteria.js';
import { NEEDS, type NeedId, strategyNamed } from './needs.js';
import { percent, shapeOf, shapeText } from './writes.js';

export interface Alternative {
  /** What would have to matter: a criterion, or `need:` and a need. */
  readonly if: string;
  readonly strategy: string;
  /** The run, as tables name it. */
  readonly run: string;
  readonly text: string;
}

export interface Recommendation {
  /** Null where no run does. */
  readonly strategy: string | null;
  readonly run: string | null;
  readonly because: readonly string[];
  readonly alternatives: readonly Alternative[];
  readonly caveats: readonly string[];
}

/** A difference below this is none: figures of cost profiles are not more exact. Chosen. */
const CLOSE = 0.05;
/** Parts of overhead that are named. */
const PART_MIN = 0.1;
/** What one may care for instead, in the order in which it is told. */
const CARES: readonly CriterionId[] = ['overhead', 'bytes', 'lag', 'stall', 'memory'];

/** What each part of overhead is, and how often it occurred. */
const PARTS: Readonly<Record<Overhead, (cost: CostReport) => string>> = {
  fault: ({ faults }) => counted(faults.total, 'fault'),
  flush: ({ flushes }) => counted(flushes, 'flush', 'flushes'),
  scan: ({ ptesScanned }) => (ptesScanned > 0 ? `scans of ${counted(ptesScanned, 'entry', 'entries')}` : 'scans'),
  exit: ({ exits }) => counted(exits, 'VM exit'),
  copy: ({ bytesTransferred }) => `copying ${bytes(bytesTransferred)}`,
  walker: () => 'hardware that sets D',
  cache: ({ cacheFlushes }) => counted(cacheFlushes, 'write-back of caches', 'write-backs of caches'),
};

/**
 * @param runs best first
 * @param arch the machine that there is: who would need another is no choice; null where machines are compared
 */
export function recommend(
  runs: readonly ComparedRun[],
  by: CriterionId,
  needs: readonly NeedId[],
  arch: string | null,
): Recommendation {
  const fits = runs.filter(({ marks }) => marks.length === 0);
  const sound = fits.filter(({ settings }) => arch === null || settings.arch === arch);
  const [best] = sound;
  // Another strategy says more than the same under another setting.
  const next = sound.find(({ strategy }) => strategy !== best?.strategy) ?? sound[1];
  if (best === undefined) {
    const why = [...new Set(runs.flatMap(({ run, marks }) => marks.map(({ text }) => `${run} ${text}`)))];
    return {
      strategy: null,
      run: null,
      because: ['no strategy gets every write to its consumer', ...why],
      alternatives: fits.slice(0, 1).map((other) => ({
        if: `arch:${other.settings.arch}`,
        strategy: other.strategy,
        run: other.run,
        text: `on ${other.settings.arch}, ${other.run} does`,
      })),
      caveats: [],
    };
  }
  return {
    strategy: best.strategy,
    run: best.run,
    because: [shapeText(shapeOf(best)), ...priceOf(best, next, criterionNamed(by)), ...saving(best, sound, by)],
    alternatives: [...byCriteria(best, sound, by), ...byNeeds(best, sound, by, needs), ...elsewhere(best, fits, by)],
    caveats: caveatsOf(best, next, sound, by),
  };
}

/** What it takes, what for, and what the next best takes more. */
function priceOf(best: ComparedRun, next: ComparedRun | undefined, by: Criterion): string[] {
  const { cost } = best;
  const share = cost.ns.program === 0 ? 0 : cost.ns.overhead / cost.ns.program;
  const ofProgram =
    share === 0 ? '' : `, ${share < 2 ? `${percent(share)} of` : `${ratio(share)} times`} the program's own time`;
  const parts = partsOf(cost).map(({ part, ns }) => `${percent(ns / cost.ns.overhead)} ${PARTS[part](cost)}`);
  const price = `it costs ${nanoseconds(cost.ns.overhead)}${ofProgram}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
  if (next === undefined) return [price, 'nothing else was compared that gets every write to its consumer'];
  const [mine, theirs] = [best.figures[by.id as CriterionId], next.figures[by.id as CriterionId]];
  if (mine === theirs) return [price, `the next best, ${next.run}, has the same ${by.about}`];
  const more = `the next best, ${next.run}, has ${difference(mine, theirs)} ${by.about} (${inUnit(by, theirs)} against ${inUnit(by, mine)})`;
  const dearer = dearestPart(best.cost, next.cost);
  return [price, dearer === null ? more : `${more}, most of it for ${PARTS[dearer](next.cost)}`];
}

/** What it saves against moving everything, or what others would. */
function saving(best: ComparedRun, sound: readonly ComparedRun[], by: CriterionId): string[] {
  // Bytes go by how often is harvested.
  const alike = sound.filter(({ settings }) => settings.harvestEvery === best.settings.harvestEvery);
  const everything = alike.find(({ strategy }) => movesEverything(strategy));
  if (everything === undefined || alike.every(({ strategy }) => movesEverything(strategy))) return [];
  const least = Math.min(...alike.map(({ figures }) => figures.bytes));
  const [mine, whole] = [best.figures.bytes, everything.figures.bytes];
  if (best.strategy !== everything.strategy)
    return mine === whole
      ? [`it transfers as much as ${everything.run} does, which tracks nothing`]
      : [`it transfers ${bytes(mine)}; ${everything.run}, which tracks nothing, ${ratio(whole / mine)} times as much`];
  if (whole === least)
    return ['what is mapped is written in each epoch, so knowing what was written would save nothing'];
  const saved = `knowing what was written would save ${percent(1 - least / whole)} of the ${bytes(whole)} that it transfers`;
  return [by === 'overhead' ? `${saved}, and finding it out costs more than that` : saved];
}

function byCriteria(best: ComparedRun, sound: readonly ComparedRun[], by: CriterionId): Alternative[] {
  return CARES.filter((id) => id !== by).flatMap((id) => {
    const criterion = criterionNamed(id);
    // The best by that is the first of those, in the order by the criterion asked for, that has the least of it.
    const least = Math.min(...sound.map(({ figures }) => figures[id]));
    if (least >= best.figures[id] * (1 - CLOSE)) return [];
    const other = sound.find(({ figures }) => figures[id] === least)!;
    const gain = `${criterion.about} ${inUnit(criterion, least)} instead of ${inUnit(criterion, best.figures[id])}`;
    return [
      {
        if: id,
        strategy: other.strategy,
        run: other.run,
        text: `if ${criterion.about} matters more than ${criterionNamed(by).about}, take ${other.run}: ${gain}, for ${priceText(best, other, by)}`,
      },
    ];
  });
}

/** For the needs that it does not meet, the best that does: one line for each of these. */
function byNeeds(
  best: ComparedRun,
  sound: readonly ComparedRun[],
  by: CriterionId,
  needs: readonly NeedId[],
): Alternative[] {
  const unmet = NEEDS.map(({ id }) => id).filter((id) => !needs.includes(id) && !best.meets.includes(id));
  const takers = new Map<ComparedRun, NeedId[]>();
  for (const id of unmet) {
    const other = sound.find(({ meets }) => meets.includes(id));
    if (other !== undefined) takers.set(other, [...(takers.get(other) ?? []), id]);
  }
  return [...takers].map(([other, ids]) => ({
    if: ids.map((id) => `need:${id}`).join(','),
    strategy: other.strategy,
    run: other.run,
    text: `with --need ${ids.join(' or ')}, take ${other.run}: ${priceText(best, other, by)}`,
  }));
}

/** Who would be better, on another machine. */
function elsewhere(best: ComparedRun, fits: readonly ComparedRun[], by: CriterionId): Alternative[] {
  const [first] = fits;
  if (first === undefined || first === best) return [];
  const { strategy, run, settings } = first;
  return [
    {
      if: `arch:${settings.arch}`,
      strategy,
      run,
      text: `on ${settings.arch}, take ${run}: ${priceText(best, first, by)}`,
    },
  ];
}

function priceText(best: ComparedRun, other: ComparedRun, by: CriterionId): string {
  const { about } = criterionNamed(by);
  const [mine, theirs] = [best.figures[by], other.figures[by]];
  return mine === theirs ? `the same ${about}` : `${difference(mine, theirs)} ${about}`;
}

function caveatsOf(
  best: ComparedRun,
  next: ComparedRun | undefined,
  sound: readonly ComparedRun[],
  by: CriterionId,
): string[] {
  const { cannotSee, monitor, userSpace } = strategyNamed(best.strategy);
  const { settings } = best;
  const [mine, theirs] = [best.figures[by], next?.figures[by]];
  const others = new Set(sound.map((run) => run.settings.vma).filter((vma) => vma !== settings.vma));
  const statements: ReadonlyArray<readonly [boolean, string]> = [
    [monitor !== undefined, 'it is part of a virtual machine monitor: for the memory of a guest, not of a process'],
    [monitor === undefined && userSpace !== true, 'it is code of a kernel: a driver has to have it'],
    [
      cannotSee.length > 0,
      `it cannot see ${cannotSee.map((writer) => WRITERS[writer]).join(' or ')}; here there were none`,
    ],
    [
      others.size > 0,
      `it ran on a mapping of kind ${settings.vma}; others on what they can track instead: ${[...others].join(', ')}`,
    ],
    [
      theirs !== undefined && theirs > mine && theirs <= mine * (1 + CLOSE),
      `the next best is within ${percent(CLOSE)}: the cost profile decides, so measure your machine and give --cost`,
    ],
  ];
  return [
    ...statements.filter(([holds]) => holds).map(([, text]) => text),
    ...best.notes,
    ...best.cost.assumptions,
    `costs are those of profile ${best.cost.costProfile}`,
  ];
}

const WRITERS = {
  'device-dma': 'writes of devices',
  'kernel-write': 'writes of the kernel through mappings of its own',
} as const;

/** Parts of the overhead worth naming, the largest first. */
function partsOf({ ns }: CostReport): Array<{ part: Overhead; ns: number }> {
  return (Object.keys(PARTS) as Overhead[])
    .map((part) => ({ part, ns: ns[part] }))
    .filter((each) => each.ns > 0 && each.ns >= ns.overhead * PART_MIN)
    .sort((a, b) => b.ns - a.ns);
}

/** The part that another run pays most for beyond what the first does; null where it pays more for nothing. */
function dearestPart(mine: CostReport, theirs: CostReport): Overhead | null {
  const [dearest] = (Object.keys(PARTS) as Overhead[])
    .map((part) => ({ part, ns: theirs.ns[part] - mine.ns[part] }))
    .sort((a, b) => b.ns - a.ns);
  return dearest !== undefined && dearest.ns > 0 ? dearest.part : null;
}

/** Declared: what its consumer goes by is that a page is mapped, and nothing else. */
function movesEverything(id: string): boolean {
  const { carriers } = STRATEGIES.find((strategy) => strategy.id === id)!;
  return carriers.every((carrier) => carrier === 'mapped');
}

/** `12 % more`, `3.4 times the`. */
function difference(mine: number, theirs: number): string {
  if (mine === 0) return 'some';
  const times = theirs / mine;
  if (times >= 2) return `${ratio(times)} times the`;
  return times >= 1 ? `${percent(times - 1)} more` : `${percent(1 - times)} less`;
}

export function inUnit({ unit }: Pick<Criterion, 'unit'>, value: number): string {
  switch (unit) {
    case 'ns':
      return nanoseconds(value);
    case 'bytes':
      return bytes(value);
    case 'ratio':
      return ratio(value);
    case 'count':
      return count(value);
  }
}
