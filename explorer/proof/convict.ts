/** Puts suspicions to the test, one after the other: a step is guilty if the program does no harm any more once it is done as it should be. */
import type { Offence } from './offence.js';
import { decides } from '../search/breaks.js';
import { type Outcome, retry } from './retry.js';
import type { Run } from './run.js';
import { type Suspect, suspectsIn } from './suspects/index.js';

export interface Verdict {
  readonly suspect: Suspect;
  /** A change makes the program safe in every interleaving. */
  readonly isConvicted: boolean;
  /** That change, in words; null where none does. */
  readonly by: string | null;
  /** What came of each that was tried. */
  readonly tried: ReadonlyArray<{ readonly text: string; readonly outcome: Outcome }>;
}

/** Everybody who is suspected, those that are convicted first. */
export async function convict(run: Run, offence: Offence, statesMax: number): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const suspect of suspectsIn(run, offence)) {
    const tried: Array<{ text: string; outcome: Outcome }> = [];
    let by: string | null = null;
    for (const { text, apply } of suspect.trials) {
      const outcome = await retry(apply(run.setting), decides(run.setting), statesMax);
      tried.push({ text, outcome });
      if (outcome !== 'safe') continue;
      by = text;
      break;
    }
    verdicts.push({ suspect, isConvicted: by !== null, by, tried });
  }
  return [...verdicts.filter(({ isConvicted }) => isConvicted), ...verdicts.filter(({ isConvicted }) => !isConvicted)];
}
