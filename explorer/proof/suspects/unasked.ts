/**
 * A page that was taken away from under somebody who holds it: for as long as he uses it a variable says so, as a reference count does, and whoever took the
 * entry out never looked.
 */
import { PTE_PRESENT } from '../../../traces/index.js';
import { FIRST_FREE_VARIABLE, Op } from '../../../simulator/index.js';
import { unlessHeld } from '../changes.js';
import type { Act, Run } from '../run.js';
import { type FindSuspects, stepName, type Suspect, trial } from './suspect.js';

export const unaskedHolds: FindSuspects = (run, { home, until }) =>
  run.acts
    .filter((act) => act.step <= until && run.isCode(act) && (run.taken(act) & PTE_PRESENT) !== 0)
    .flatMap((act): Suspect[] => {
      const hold = run.isOn(act, home) ? holdOver(run, act, home) : null;
      const asked = [...run.leaders(act), ...run.followers(act)];
      if (hold === null || asked.some(({ op }) => op.code === Op.recall && op.a === hold.op.a)) return [];
      const [step, held] = [act, hold].map(({ op }) => `'${stepName(run.setting, op.step)}'`);
      const variable = run.scene.names.variable(hold.op.a);
      return [
        {
          who: act.who,
          step: `read ${variable}`,
          how: 'missing',
          act,
          says: `${act.who} never asks whether somebody holds the page, and ${hold.who} did since ${held}`,
          trials: [trial(`${step} only where the ${variable} says that nobody does`, unlessHeld(act.line, hold.op.a))],
        },
      ];
    });

/** Another has raised a variable that he lowers again, and uses the page in between; it is raised at the act. */
function holdOver(run: Run, act: Act, home: number): Act | null {
  const isSet = ({ op }: Act) => op.code === Op.remember && op.a >= FIRST_FREE_VARIABLE;
  const latest = new Map(run.acts.slice(0, act.at).flatMap((one) => (isSet(one) ? [[one.op.a, one] as const] : [])));
  for (const raised of latest.values()) {
    if (raised.op.b === 0 || raised.actor === act.actor) continue;
    const then = run.followers(raised);
    const lowered = then.findIndex((one) => isSet(one) && one.op.a === raised.op.a);
    const uses = then.slice(0, lowered).some((one) => one.op.page >= 0 && run.isOn(one, home));
    if (lowered >= 0 && then[lowered]!.op.b === 0 && uses) return raised;
  }
  return null;
}
