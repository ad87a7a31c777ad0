/** Writers that go through no page table, and tell nobody. */
import { Op } from '../../../simulator/index.js';
import { markAfter, settableIn } from '../changes.js';
import { type FindSuspects, stepName, trial } from './suspect.js';

export const silentWriters: FindSuspects = (run, { write }) => {
  if (write === null || write.op.code !== Op.otherWrite) return [];
  const carriers = settableIn(run.scene.moments.model.state.reads(run.homeOf(write.op.page)));
  const step = `'${stepName(run.setting, write.op.step)}'`;
  return [
    {
      who: write.who,
      step: 'mark page',
      how: 'missing',
      act: write,
      says: `${write.who} wrote around the page table in ${step} and marked nothing`,
      trials: carriers.map((carrier) => trial(`a mark right after ${step}`, markAfter(write.line, carrier))),
    },
  ];
};
