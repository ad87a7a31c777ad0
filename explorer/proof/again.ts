/** What a counterexample's trail carries so that it can be performed again: the program, by name or by its size, and the schedule. */
import { InputError } from '../../base/index.js';
import type { TrailMeta } from '../../traces/index.js';
import { targetOf, type Target, type TargetSpec } from '../target.js';

/** Of a program, each: far more than a search goes through. */
const SIZE_MAX = 64;

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
    const again = checked(JSON.parse(text));
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

/** A trail may come from anybody: what it asks for is a small program, and a schedule of steps. */
function checked(said: unknown): Again {
  const { spec, schedule, reduce, verdict } = said as Again;
  const sizes = 'program' in spec ? Object.values(spec.program).filter((size) => typeof size === 'number') : [];
  if (sizes.some((size) => !Number.isInteger(size) || size < 0 || size > SIZE_MAX))
    throw new RangeError(`a program is of at most ${SIZE_MAX} CPUs, pages, writes and harvests`);
  if (!Array.isArray(schedule) || schedule.some((choice) => !Number.isInteger(choice) || choice < 0))
    throw new RangeError('a schedule is a row of choices');
  return { spec, schedule, reduce: reduce === true, verdict: String(verdict) };
}
