/**
 * Puts suspicions to the test, one after the other: a step is guilty if the program does no harm any more once it is done as it should be. What only costs may
 * have no form that costs nothing; there a step is guilty if the worst is less without it.
 */
import type { Offence } from './offence.js';
import { decides } from '../search/breaks.js';
import type { Left } from './proof.js';
import { costOf, type Outcome, retry } from './retry.js';
import { BROKEN, HARM } from '../rules.js';
import type { Run } from './run.js';
import { type Suspect, suspectsIn } from './suspects/index.js';

export interface Verdict {
  readonly suspect: Suspect;
  /** A change makes the program safe in every interleaving. */
  readonly isConvicted: boolean;
  /** That change, in words; null where none does. */
  readonly by: string | null;
  /** null where nothing is left of the finding with that change. */
  readonly left: Left | null;
  /** What came of each that was tried. */
  readonly tried: ReadonlyArray<{ readonly text: string; readonly outcome: Outcome }>;
}

/** Everybody who is suspected, those that are convicted first. */
export async function convict(run: Run, offence: Offence, statesMax: number): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const { cost } = run.setting;
  const before = cost === undefined || (HARM & BROKEN[run.rule]) !== 0 ? null : await costOf(run.setting, statesMax);
  for (const suspect of suspectsIn(run, offence)) {
    const tried: Array<{ text: string; outcome: Outcome }> = [];
    let by: string | null = null;
    let left: Left | null = null;
    for (const { text, apply } of suspect.trials) {
      const setting = apply(run.setting);
      const outcome = await retry(setting, decides(run.setting), statesMax);
      tried.push({ text, outcome });
      const after = outcome === 'breaks' && before !== null ? await costOf(setting, statesMax) : null;
      const isLess = cost !== undefined && before !== null && after !== null && after < before;
      if (outcome !== 'safe' && !isLess) continue;
      by = text;
      if (isLess) left = { cost, before, after };
      break;
    }
    verdicts.push({ suspect, isConvicted: by !== null, by, left, tried });
  }
  return [...verdicts.filter(({ isConvicted }) => isConvicted), ...verdicts.filter(({ isConvicted }) => !isConvicted)];
}
