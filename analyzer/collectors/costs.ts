/** What an event cost, for those kinds that cost something by the cost profile. */
import { EVENT_KINDS, type EventBatch } from '../../traces/index.js';

/** Slot of the cost by event code; -1 for kinds without one. */
const COST_SLOTS: Int8Array = Int8Array.from({ length: 32 }, (_, code) => {
  const slot: Readonly<Record<string, number>> | undefined = EVENT_KINDS.find((kind) => kind.code === code)?.slot;
  return slot?.['cost'] ?? -1;
});

/** The kinds that carry a cost. */
export const COSTLY_KINDS: readonly string[] = EVENT_KINDS.filter(({ code }) => COST_SLOTS[code]! >= 0).map(
  ({ kind }) => kind,
);

/** Cost of the event, ns; 0 for kinds without. */
export function costNsOf(batch: EventBatch, row: number): number {
  const slot = COST_SLOTS[batch.kind[row]!]!;
  return slot < 0 ? 0 : batch.slots[slot]![row]!;
}
