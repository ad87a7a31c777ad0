/** What a counterexample's trail carries so that it can be performed again: the program, by name or by its size, and the schedule. */
import { InputError } from '../../base/index.js';
import type { TrailMeta } from '../../traces/index.js';
import { targetOf, type Target, type TargetSpec } from '../target.js';

/** The parameter of the source in meta. */
export const AGAIN = 'again';

export interface Again {
  readonly spec: TargetSpec;
  readonly schedule: readonly number[];
  readonly reduce: boolean;
  /** The rule that it shows broken. */
  readonly verdict: string;
}

export function againText(again: Again): string {
  return JSON.stringify(again);
}

/** null for a trail that no search has written. @throws InputError where what it carries cannot be read */
export function againIn({ source }: Pick<TrailMeta, 'source'>): (Again & { readonly target: Target }) | null {
  const text = source.parameters[AGAIN];
  if (source.kind !== 'scenario' || typeof text !== 'string') return null;
  try {
    const again = JSON.parse(text) as Again;
    return { ...again, target: targetOf(again.spec) };
  } catch (error) {
    throw new InputError(
      {
        what: 'the program of this counterexample cannot be set up again',
        why: (error as Error).message,
        mend: 'explore it again with this version of pagetrail',
      },
      { cause: error },
    );
  }
}
