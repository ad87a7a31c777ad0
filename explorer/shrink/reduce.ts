/** What can be left out of a program, the largest parts first: whole epochs, CPUs, pages, runs of accesses to one page, and then single steps. */
import { AccessKind } from '../../simulator/index.js';
import { type Asking, ddmin } from './ddmin.js';
import { isOperation, type Program, type Step } from './steps.js';

/** Programs so short are taken step by step at once: there is nothing to be gained by parts. */
const SHORT = 16;

/** The part that a step belongs to; null where it is of none, and stays. */
type Part = (step: Step, at: number) => number | null;

/** What is left is 1-minimal: no single step of it can be left out. */
export function* reduce(program: Program): Asking<Program> {
  const { machine } = program;
  let { steps } = program;
  for (const partsIn of steps.length > SHORT ? [epochs, cpus, pages, runs] : []) {
    if (steps.length > SHORT) steps = yield* leaveOut(machine, steps, partsIn(steps));
  }
  const left = yield* mapped(ddmin(steps), (kept) => ({ machine, steps: kept }));
  return { machine, steps: left };
}

function* leaveOut(
  machine: Program['machine'],
  steps: readonly Step[],
  partOf: Part,
): Asking<Program, readonly Step[]> {
  const parts = steps.map(partOf);
  const all = [...new Set(parts)].filter((part) => part !== null);
  const stepsOf = (kept: readonly number[]): Step[] => {
    const stays = new Set(kept);
    return steps.filter((_, at) => parts[at] === null || stays.has(parts[at]!));
  };
  if (all.length < 2) return steps;
  return stepsOf(yield* mapped(ddmin(all, false), (kept) => ({ machine, steps: stepsOf(kept) })));
}

/** An epoch and the harvest that ends it. */
function epochs(): Part {
  let epoch = 0;
  return ({ kind }) => (kind === AccessKind.harvest ? epoch++ : epoch);
}

function cpus(): Part {
  return ({ cpu, kind }) => (kind === AccessKind.harvest ? null : cpu);
}

function pages(): Part {
  return (step) => (isOperation(step) ? null : step.page);
}

/** Accesses in a row by one CPU to one page. */
function runs(steps: readonly Step[]): Part {
  let run = 0;
  return (step, at) => {
    const before = steps[at - 1];
    if (before === undefined || before.page !== step.page || before.cpu !== step.cpu || before.kind !== step.kind)
      run++;
    return run;
  };
}

function* mapped<T, Candidate>(
  asking: Asking<readonly T[]>,
  map: (items: readonly T[]) => Candidate,
): Asking<Candidate, readonly T[]> {
  let turn = asking.next();
  while (!turn.done) turn = asking.next(yield map(turn.value));
  return turn.value;
}
