/** What actors said that they rely on (`declare` events), by page, for as long as a collector lets it stand. */
import { CLAIMS, declare, type Claim, type EventBatch } from '../../traces/index.js';
import { type EventSource, type Fold, seqOf } from '../../replayer/index.js';
import { eventsOf } from '../event-counts.js';
import type { Collector } from '../pass.js';

export interface StandingClaim {
  readonly seq: number;
  readonly claim: Claim;
  readonly actor: number;
}

/** Calls `visit` for every page (an index) that a declare event is about, if it claims one of these; pages that the trail never spoke of are passed over. */
export function forClaimed(
  batch: EventBatch,
  row: number,
  fold: Fold,
  claims: readonly Claim[],
  visit: (page: number, claim: StandingClaim) => void,
): void {
  const claim = CLAIMS[batch.slots[declare.slot.claim]![row]!];
  if (claim === undefined || !claims.includes(claim)) return;
  const standing = { seq: seqOf(batch, row), claim, actor: batch.actor[row]! };
  fold.pages.forRange(batch.space[row]!, batch.page[row]!, batch.slots[declare.slot.pages]![row]!, (page) =>
    visit(page, standing),
  );
}

/** A collector about claims: where nobody declares anything it asks for no event, and so costs nothing. */
export function aboutClaims<Facts>(source: EventSource, none: Facts, create: () => Collector<Facts>): Collector<Facts> {
  return eventsOf(source, declare.kind) === 0 ? { finish: () => none } : create();
}
