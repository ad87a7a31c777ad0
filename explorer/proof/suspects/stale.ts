/**
 * Who acted on what it had seen when that was true no longer: it looked at an entry, a variable or a mark, somebody else changed that, and it went on. The
 * step at fault is the one that writes an entry back as it was; where nothing is written back, the look that came too early.
 */
import { PTE_ACCESSED, PTE_DIRTY } from '../../../traces/index.js';
import { FIRST_FREE_VARIABLE, Op, type OpCode } from '../../../simulator/index.js';
import { atOnce, lookAgain } from '../../repairs/entries.js';
import { isAnswerFixed } from '../../search/transition-table.js';
import { keepsWhatWasSet } from '../changes.js';
import type { Act, Run } from '../run.js';
import { type FindSuspects, stepName, type Suspect, trial } from './suspect.js';

const OVERWRITES: ReadonlySet<OpCode> = new Set([Op.pteStore, Op.mapPage]);
const CHANGES: ReadonlySet<OpCode> = new Set([...OVERWRITES, Op.pteChange, Op.pteExchange, Op.pteUnmap]);

export const staleValues: FindSuspects = (run, offence) =>
  run.acts
    .filter((act) => act.step <= offence.until && isLook(act) && (act.op.page < 0 || run.isOn(act, offence.home)))
    .flatMap((look) => {
      const outdated = outdatedAt(run, look);
      return outdated === null ? [] : suspectsOf(run, look, outdated);
    });

function isLook({ op }: Act): boolean {
  return op.code === Op.pteLoad || op.code === Op.markTest || (op.code === Op.recall && op.a >= FIRST_FREE_VARIABLE);
}

/** The first step in which another actor, or hardware, changes what was seen, before the piece is through. */
function outdatedAt(run: Run, look: Act): number | null {
  const end = run.followers(look).at(-1)?.step ?? look.step;
  const seen = valueAt(run, look, look.step);
  for (let step = look.step + 1; step < Math.min(end, run.last + 1); step++) {
    if (valueAt(run, look, step) === seen) continue;
    const changer = run.scene.actor(step);
    return changer === look.actor ? null : step;
  }
  return null;
}

function valueAt({ scene }: Run, { op }: Act, step: number): number {
  const state = scene.moments.after(step);
  if (op.code === Op.pteLoad) return state.get(state.flags + op.page) & ~PTE_ACCESSED;
  if (op.code === Op.markTest) return state.get(state.marks + scene.shape.home[op.page]!) & (1 << op.a);
  return state.variables < 0 ? 0 : state.get(state.variable(op.a));
}

function suspectsOf(run: Run, look: Act, outdated: number): Suspect[] {
  const uses = run.followers(look).filter((act) => run.isCode(act) && act.op.code !== Op.settle);
  const isSame = (act: Act) => act.op.page === look.op.page;
  const behind = uses[0];
  const after = uses.filter(({ step }) => step >= outdated);
  const overwrites = after.filter((act) => OVERWRITES.has(act.op.code) && isSame(act));
  const found: Suspect[] = [];
  const early: Suspect['trials'][number][] = [];
  for (const use of overwrites) found.push(overwriting(run, look, use, use === behind));
  if (behind !== undefined && CHANGES.has(behind.op.code) && isSame(behind) && !overwrites.includes(behind)) {
    const together = trial(`${named(run, look)} and ${named(run, behind)} in one step`, atOnce(look.line, behind.line));
    // What an exchange takes it also tells, so it is the look before it that is old.
    if (behind.op.code === Op.pteChange && restsOn(run, look, behind))
      found.push({ ...overwriting(run, look, behind, true), trials: [together] });
    else early.push(together);
  }
  const lines = new Set<string>();
  for (const use of after) {
    if (overwrites.includes(use) || lines.has(use.line) || use === behind) continue;
    lines.add(use.line);
    early.push(trial(`${named(run, look)} once more before ${named(run, use)}`, lookAgain(look.line, use.line)));
  }
  if (early.length > 0)
    found.push({
      who: look.who,
      step: stepName(run.setting, look.op.step),
      how: 'early',
      act: look,
      says: `${look.who} looked too early: what it saw had changed when it acted on it`,
      trials: early,
    });
  return found;
}

function overwriting(run: Run, look: Act, use: Act, adjacent: boolean): Suspect {
  const together = trial(`${named(run, look)} and ${named(run, use)} in one step`, atOnce(look.line, use.line));
  const again = trial(`${named(run, look)} once more before ${named(run, use)}`, lookAgain(look.line, use.line));
  const kept = trial(`${named(run, use)} keeps what was set since`, keepsWhatWasSet(use.line));
  return {
    who: use.who,
    step: stepName(run.setting, use.op.step),
    how: 'stale',
    act: use,
    says: `${use.who} wrote the entry as computed from an earlier look, over what had been set in it since`,
    trials: [...(adjacent ? [together] : [again]), kept],
  };
}

/** Whether what is done right behind a look depends on what was seen: it is done otherwise had D been otherwise. */
function restsOn(run: Run, look: Act, use: Act): boolean {
  const { machine } = run.execution.staged.world;
  const given = run.leaders(look);
  const code = run.execution.staged.actors[look.actor]!.pieces[look.piece]!.code();
  let at = 0;
  for (let turn = code.next(0); turn.done !== true; ) {
    const op = turn.value;
    if (isAnswerFixed(op)) turn = code.next(machine.execute(op));
    else if (at < given.length) turn = code.next(given[at++]!.result);
    else if (at++ === given.length) turn = code.next(look.result ^ PTE_DIRTY);
    else return op.code !== use.op.code || op.a !== use.op.a || op.b !== use.op.b;
  }
  return true;
}

function named({ setting }: Run, { op }: Act): string {
  return `'${stepName(setting, op.step)}'`;
}
