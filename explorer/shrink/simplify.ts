/**
 * What makes a program simpler without making it shorter: a smaller machine, fewer places, rounder numbers. Each is tried and kept if the finding
 * survives. To add one: write it here, add it to the list. Each must come to an end: what it yields is simpler by its own measure.
 */
import { PAGE_SIZE } from '../../base/index.js';
import { AccessKind, type SimulationRequest } from '../../simulator/index.js';
import type { Asking } from './ddmin.js';
import { isOperation, type Program, type Step } from './steps.js';

type Simplification = (program: Program) => Asking<Program>;

const STORE_BYTES = 8;
const PAGES_PER_HUGE = 512;
/** Settings that the machine can do without, or with their defaults. */
const DISPENSABLE = [
  'costOverrides',
  'cost',
  'populate',
  'vmaGapPages',
  'alias',
  'mms',
  'deviceMmu',
  'device',
  'memory',
  'split',
  'pageSize',
  'walker',
  'ringEntries',
  'variant',
  'host',
  'monitor',
  'objectPages',
] as const satisfies ReadonlyArray<keyof SimulationRequest>;

/** Operations that run to completion: the finding needs no race. */
export const coarse: Simplification = function* (program) {
  if (program.machine.interleave !== 'fine') return program;
  const { interleave: _, ...machine } = program.machine;
  return yield* first(program, [{ ...program, machine: { ...machine, seed: 1 } }]);
};

/** All of them, in the order in which they are tried. */
export const SIMPLIFICATIONS: readonly Simplification[] = [
  coarse,
  fewerMutations,
  plainMachine,
  fewerProcesses,
  fewerCpus,
  fewerPages,
  smallPageNumbers,
  plainRanges,
  smallAccesses,
  smallObject,
  smallTlb,
];

/** The first candidate that shows it; the program itself where none does. */
function* first(program: Program, candidates: Iterable<Program>): Asking<Program> {
  for (const candidate of candidates) if (yield candidate) return candidate;
  return program;
}

function* fewerMutations(program: Program): Asking<Program> {
  let simplest = program;
  for (const one of program.machine.mutations ?? []) {
    const mutations = simplest.machine.mutations!.filter((other) => other !== one);
    simplest = yield* first(simplest, [{ ...simplest, machine: { ...simplest.machine, mutations } }]);
  }
  return simplest;
}

function* plainMachine(program: Program): Asking<Program> {
  let simplest = program;
  for (const name of DISPENSABLE) {
    if (simplest.machine[name] === undefined) continue;
    const { [name]: _, ...machine } = simplest.machine;
    simplest = yield* first(simplest, [{ ...simplest, machine }]);
  }
  return simplest;
}

function* fewerProcesses(program: Program): Asking<Program> {
  if (program.steps.every(({ process }) => process === 0)) return program;
  return yield* first(program, [changed(program, (step) => ({ ...step, process: 0 }))]);
}

/** All on one CPU; else one less; else their numbers without gaps. And no CPU that does nothing. */
function* fewerCpus(program: Program): Asking<Program> {
  let simplest = program;
  const used = () => [...new Set(simplest.steps.map(({ cpu }) => cpu))].sort((a, b) => a - b);
  const onto = (map: (cpu: number) => number): Program =>
    changed(simplest, (step) => ({ ...step, cpu: map(step.cpu) }));
  if (used().some((cpu) => cpu > 0)) simplest = yield* first(simplest, [onto(() => 0)]);
  for (const cpu of used().slice(1).reverse())
    simplest = yield* first(simplest, [onto((one) => (one === cpu ? used()[0]! : one))]);
  const left = used();
  if (left.some((cpu, at) => cpu !== at)) simplest = yield* first(simplest, [onto((cpu) => left.indexOf(cpu))]);
  const { cpus, ...machine } = simplest.machine;
  return cpus === undefined ? simplest : yield* first(simplest, [{ ...simplest, machine }]);
}

/** Accesses of one page go to another. */
function* fewerPages(program: Program): Asking<Program> {
  let simplest = program;
  const used = () => [...new Set(simplest.steps.filter((step) => !isOperation(step)).map(({ page }) => page))];
  for (const page of used().reverse()) {
    const others = used().filter((other) => other !== page);
    simplest = yield* first(
      simplest,
      others.map((other) =>
        changed(simplest, (step) => (step.page === page && !isOperation(step) ? { ...step, page: other } : step)),
      ),
    );
  }
  return simplest;
}

/** From page 0 on: side by side; as far apart as they are; or, of huge entries, from the first of a huge one. */
function* smallPageNumbers(program: Program): Asking<Program> {
  if (program.machine.alias !== undefined) return program;
  const used = [...new Set(program.steps.flatMap(({ page }) => (page < 0 ? [] : [page])))].sort((a, b) => a - b);
  const least = used[0] ?? 0;
  const onto = (map: (page: number) => number): Program =>
    changed(program, (step) => (step.page < 0 ? step : { ...step, page: map(step.page) }));
  const candidates: Program[] = [];
  if (used.some((page, at) => page !== at)) candidates.push(onto((page) => used.indexOf(page)));
  if (least > 0) candidates.push(onto((page) => page - least));
  if (least >= PAGES_PER_HUGE) candidates.push(onto((page) => page - least + (least % PAGES_PER_HUGE)));
  return yield* first(program, candidates);
}

/** Operations are about the whole object, or about one page. */
function* plainRanges(program: Program): Asking<Program> {
  return yield* eachStep(program, (step) => {
    if (!isOperation(step) || step.size === 0) return [];
    const one = step.size > PAGE_SIZE ? [{ ...step, size: PAGE_SIZE }] : [];
    return [{ ...step, page: -1, size: 0 }, ...one];
  });
}

function* smallAccesses(program: Program): Asking<Program> {
  const small = (step: Step): Step => (isOperation(step) ? step : { ...step, offset: 0, size: STORE_BYTES });
  const isSmall = (step: Step) => isOperation(step) || (step.offset === 0 && step.size === STORE_BYTES);
  if (program.steps.every(isSmall)) return program;
  const all = changed(program, small);
  if (yield all) return all;
  return yield* eachStep(program, (step) => (isSmall(step) ? [] : [small(step)]));
}

/** Strategies that choose by the size of the object are told that of what is left. */
function* smallObject(program: Program): Asking<Program> {
  const { objectPages } = program.machine;
  if (objectPages === undefined) return program;
  const pages = new Set(program.steps.flatMap(({ page }) => (page < 0 ? [] : [page]))).size;
  if (pages >= objectPages) return program;
  return yield* first(program, [{ ...program, machine: { ...program.machine, objectPages: Math.max(1, pages) } }]);
}

function* smallTlb(program: Program): Asking<Program> {
  let simplest = program;
  for (const name of ['tlbSets', 'tlbWays'] as const) {
    for (let size = simplest.machine[name] ?? 1; size > 1; ) {
      const sizes = [1, Math.floor(size / 2)];
      const before = simplest;
      simplest = yield* first(
        before,
        sizes.map((smaller) => ({ ...before, machine: { ...before.machine, [name]: smaller } })),
      );
      if (simplest === before) break;
      size = simplest.machine[name]!;
    }
  }
  return simplest;
}

/** Each step in turn, by the first of its changes that shows it. */
function* eachStep(program: Program, changes: (step: Step) => readonly Step[]): Asking<Program> {
  let simplest = program;
  for (let at = 0; at < simplest.steps.length; at++) {
    const before = simplest;
    simplest = yield* first(
      before,
      changes(before.steps[at]!).map((step) => ({ ...before, steps: before.steps.with(at, step) })),
    );
  }
  return simplest;
}

function changed(program: Program, change: (step: Step) => Step): Program {
  // A harvest is of everything, wherever it is asked for.
  return {
    ...program,
    steps: program.steps.map((step) => (step.kind === AccessKind.harvest ? onCpuOnly(step, change) : change(step))),
  };
}

function onCpuOnly(step: Step, change: (step: Step) => Step): Step {
  const { cpu, process } = change(step);
  return { ...step, cpu, process };
}
