/** The proof of a chain, by whichever way the trail can be run again. */
import type { Chain, TrailEvents } from '../../analyzer/index.js';
import { InputError, InvariantError } from '../../base/index.js';
import { type Execution, perform } from '../execution.js';
import { diagnose } from '../present/diagnosis.js';
import { RULES } from '../rules.js';
import type { Setting } from '../scenario.js';
import { againIn } from './again.js';
import { proveExplored } from './explored.js';
import type { Proof } from './proof.js';
import { proveRecorded, type RecordedTrail } from './recorded.js';
import { Run } from './run.js';

export interface ProveOptions {
  readonly signal?: AbortSignal;
  onTried?(done: number, of: number): void;
}

/**
 * Runs the trail again, as often as the chain has links and suspects.
 * @returns null where it cannot be run again: it was observed, or has too many accesses
 * @throws InputError where the program of a counterexample cannot be set up again
 */
export function prove(
  trail: RecordedTrail,
  chain: Chain,
  events: TrailEvents,
  { signal, onTried }: ProveOptions = {},
): Promise<Proof | null> {
  const again = againIn(trail.meta);
  if (again === null)
    return proveRecorded(trail, chain, events, {
      ...(signal !== undefined && { signal }),
      ...(onTried !== undefined && { onPlayed: onTried }),
    });
  const { target, schedule, reduce, verdict } = again;
  const execution = performedAgain(target.setting, schedule, reduce);
  // A finding that the search knows by another name is asked about as what the search found.
  const asked = RULES.find(({ id, harm }) => harm && id === chain.finding?.id);
  const isBroken = asked !== undefined && diagnose(execution, { rule: asked.id, noReturnStates: 0 }) !== null;
  const rule = (isBroken ? asked : RULES.find(({ id }) => id === verdict)) ?? RULES[0];
  const run = new Run(execution, target.setting, rule.id);
  return proveExplored(run, chain, events, onTried === undefined ? {} : { onTried });
}

/** @throws InputError where the schedule is not one of the program any more */
function performedAgain(setting: Setting, schedule: readonly number[], reduce: boolean): Execution {
  try {
    return perform(setting, schedule, reduce);
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error;
    throw new InputError(
      {
        what: 'the schedule of this counterexample does not fit its program',
        why: error.message,
        mend: 'explore it again with this version of pagetrail',
      },
      { cause: error },
    );
  }
}
