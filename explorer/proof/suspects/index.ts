/** Who is suspected, by the rule that is broken; the first that re-execution convicts is named. To add a suspicion: write its file, add it where it can be. */
import type { RuleId } from '../../rules.js';
import type { Offence } from '../offence.js';
import type { Run } from '../run.js';
import { endlessFaults, falseReports, proofs, transients } from './claims.js';
import { blindLooks } from './blind.js';
import { flushesUnderLock, lateFlushes } from './flushes.js';
import { missingLocks } from './locks.js';
import { droppedMarks } from './marks.js';
import { publishedEarly } from './order.js';
import { changedRetries } from './retries.js';
import { rightsBesideStale, unmarkedRights } from './rights.js';
import { staleValues } from './stale.js';
import type { FindSuspects, Suspect } from './suspect.js';
import { earlyTransfers } from './transfers.js';
import { unaskedHolds } from './unasked.js';
import { silentWriters } from './writers.js';

/** Decisions before what was done by them; then who owes something and did not do it; last what is in order and could be done more thoroughly. */
const LOSS: readonly FindSuspects[] = [
  staleValues,
  blindLooks,
  unaskedHolds,
  publishedEarly,
  lateFlushes,
  earlyTransfers,
  droppedMarks,
  unmarkedRights,
  silentWriters,
  missingLocks,
  flushesUnderLock,
  rightsBesideStale,
];
const BY_RULE: Partial<Readonly<Record<RuleId, readonly FindSuspects[]>>> = {
  'wrong-frame-write': [lateFlushes, staleValues],
  'write-after-revoke': [lateFlushes, staleValues],
  'dirty-as-proof': [staleValues, changedRetries, proofs],
  misattributed: [falseReports, droppedMarks],
  'transient-none': [transients, staleValues],
  'fault-livelock': [endlessFaults, staleValues],
  'false-dirty': [falseReports],
  'decided-before-flush': [lateFlushes],
};

export function suspectsIn(run: Run, offence: Offence): Suspect[] {
  return (BY_RULE[run.rule] ?? LOSS).flatMap((find) => find(run, offence));
}

export type { Suspect, Trial } from './suspect.js';
