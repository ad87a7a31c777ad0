/** How `explore --random` answers: the schedule that did harm, as any counterexample; or how many did none, which proves nothing. */
import { performed, type Sample, type Target } from '../explorer/index.js';
import type { Answer, Context } from './command.js';
import { exploration, type Form } from './exploration.js';
import { count, counted } from './format.js';
import { trackersName } from './trackers.js';

export async function sampled(
  context: Context,
  target: Target,
  found: Sample,
  seed: number,
  trailPath: () => string,
  form: Form,
): Promise<Answer> {
  const facts = {
    seed,
    runs: found.runs,
    distinctEnds: found.distinctEnds,
    endless: found.endless,
    chance: found.chance,
  };
  if (found.found !== null) {
    context.notice(`run ${count(found.found.run)} of seed ${seed} does harm`);
    const way = performed(target.setting, found.found.schedule, false);
    const answer = await exploration(context, target, way, trailPath, form);
    return { ...answer, json: () => ({ ...(answer.json!() as object), sampled: facts }) };
  }
  const { scenario, strategy, arch, variant, expects } = target;
  return {
    json: () => ({
      scenario,
      strategy,
      arch,
      variant,
      expects,
      verdict: found.verdict,
      exhaustive: false,
      interleavings: null,
      counterexample: null,
      sampled: facts,
    }),
    print(out) {
      out.line(
        `${out.style.bold(`${scenario ?? trackersName(target)} on ${arch}`)}: ${out.style.yellow(found.verdict)}`,
      );
      out.line(
        `  ${counted(found.runs, 'random schedule')} of seed ${seed}, about ${counted(found.steps, 'step')} each, ${counted(found.distinctEnds, 'distinct end')}`,
      );
      out.line(
        `  nothing was found, which is no proof; a run shows a bug of this depth with a chance of at least ${found.chance.toPrecision(2)}`,
      );
      if (found.endless > 0) out.line(`  ${counted(found.endless, 'run')} broken off, going round in circles`);
    },
    exitCode: 1,
  };
}
