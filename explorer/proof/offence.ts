/** The write that a run did harm to, or by: which act, on which page, and how its CPU came to make it. */
import { Op, type OpCode } from '../../simulator/index.js';
import type { Act, Run } from './run.js';

export interface Offence {
  /** Home of the page that it is about. */
  readonly home: number;
  /** The first such write; null where it was made before the run begins, or there is none. */
  readonly write: Act | null;
  /** The act by which the rule is broken; null where it is by everything being at rest. */
  readonly breach: Act | null;
  /** The step up to which the run is looked at: that of the breach, or the last. */
  readonly until: number;
  /** The CPU could write, by what it had cached, when memory did not allow it. */
  readonly throughStale: boolean;
}

const WRITES: readonly OpCode[] = [Op.commit, Op.otherWrite];

export function offenceOf(run: Run): Offence {
  const { scene, rule, acts } = run;
  const broken = run.execution.steps.findIndex((step) => step.broken.includes(rule)) + 1;
  const until = broken > 0 ? broken : run.last;
  const breach = broken > 0 ? breachIn(run, broken) : rule === 'misattributed' ? toldInstead(run) : null;
  const home = homeAbout(run, until, breach);
  const isWrite = ({ op, step }: Act) => WRITES.includes(op.code) && step <= until;
  const lacked = broken > 0 ? scene.lackedWrites(broken - 1, home) : scene.lackedWrites(until, home);
  const writes = acts.filter((act) => isWrite(act) && run.isOn(act, home));
  const write =
    rule === 'lost-write' || rule === 'invisible-write'
      ? (writes.find((act) => lacked.some(({ step }) => step === act.step)) ?? null)
      : (writes.findLast(({ step }) => step <= until) ?? null);
  return { home, write, breach, until, throughStale: write !== null && isThroughStale(run, write) };
}

/** The report of a page that held nothing new, where that of another did not come. */
function toldInstead({ acts, scene }: Run): Act | null {
  const untold = scene.untold(scene.last);
  const isOther = ({ op }: Act) => op.code === Op.report && !untold.includes(scene.shape.home[op.page]!);
  return acts.findLast(isOther) ?? null;
}

/** The operation that the step is known by. */
function breachIn({ acts, rule }: Run, step: number): Act | null {
  const here = acts.filter((act) => act.step === step);
  const kinds: readonly OpCode[] =
    rule === 'false-dirty' || rule === 'misattributed'
      ? [Op.report, Op.transfer]
      : [Op.declare, Op.commit, Op.discardFrame, Op.replaceFrame];
  return here.find(({ op }) => kinds.includes(op.code)) ?? here[0] ?? null;
}

function homeAbout({ scene, acts }: Run, until: number, breach: Act | null): number {
  const page = breach?.op.page ?? -1;
  if (page >= 0) return scene.shape.home[page]!;
  const untold = scene.untold(until);
  if (untold.length > 0) return untold[0]!;
  const last = acts.findLast(({ op }) => op.page >= 0);
  return last === undefined ? 0 : scene.shape.home[last.op.page]!;
}

/** At some step from the look-up to the write the TLB entry allowed more than memory. */
function isThroughStale(run: Run, write: Act): boolean {
  const { cpu } = run.execution.staged.actors[write.actor]!;
  const lookup = run.acts.findLast(
    ({ op, actor, at }) => at <= write.at && actor === write.actor && op.code === Op.tlbLookup,
  );
  if (lookup === undefined || write.op.code === Op.otherWrite) return false;
  for (let step = lookup.step - 1; step < write.step; step++) if (run.isStale(step, cpu, write.op.page)) return true;
  return false;
}
