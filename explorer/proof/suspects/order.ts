/** What is published before it is done: a variable that tells others to go on is set, and only then is the thing read that it was about. */
import { FIRST_FREE_VARIABLE, Op } from '../../../simulator/index.js';
import { later } from '../changes.js';
import { type FindSuspects, stepName, trial } from './suspect.js';

export const publishedEarly: FindSuspects = (run, { until }) =>
  run.acts
    .filter(({ op, step }) => step <= until && op.code === Op.remember && op.a >= FIRST_FREE_VARIABLE)
    .flatMap((told) => {
      const next = run.followers(told)[0];
      if (next === undefined || next.op.code !== Op.recall || next.op.a === told.op.a) return [];
      const steps = [told, next].map(({ op }) => `'${stepName(run.setting, op.step)}'`);
      return [
        {
          who: told.who,
          step: stepName(run.setting, told.op.step),
          how: 'early' as const,
          act: told,
          says: `${told.who} told others to go on before it had read what it was about`,
          trials: [trial(`${steps[0]} after ${steps[1]}`, later(told.line, next.line))],
        },
      ];
    });
