/**
 * A look that cannot tell what is to be decided by it: at an entry that the one who looks has just changed, so that it sees its own doing. What it wanted to
 * know is what it took out. The decision is at fault, not what follows from it.
 */
import { Op } from '../../../simulator/index.js';
import { tellsWhatWasTaken } from '../earlier.js';
import { type FindSuspects, stepName, type Suspect, trial } from './suspect.js';

export const blindLooks: FindSuspects = (run, { home, until }) =>
  run.acts
    .filter((act) => act.step <= until && act.op.code === Op.pteLoad && run.isOn(act, home))
    .flatMap((look): Suspect[] => {
      const taking = run.leaders(look).findLast((act) => act.op.page === look.op.page && run.taken(act) !== 0);
      // What somebody else has put there since is worth a look.
      const isOwn = taking !== undefined && run.flags(look.step, look.op.page) === run.flags(taking.step, look.op.page);
      if (!isOwn) return [];
      const [looked, taken] = [look, taking].map(({ op }) => `'${stepName(run.setting, op.step)}'`);
      return [
        {
          who: look.who,
          step: stepName(run.setting, look.op.step),
          how: 'late',
          act: look,
          says: `${look.who} looked where it had just taken away in ${taken} what it wanted to see`,
          trials: [trial(`${looked} told what ${taken} took out`, tellsWhatWasTaken(look.line, taking.line))],
        },
      ];
    });
