/** Reading chunks for a history: what is selected, and nothing where the statistics show that there is nothing. */
import { invariant } from '../../base/index.js';
import { EVENT_BY_CODE, type EventBatch, type Selection } from '../../traces/index.js';
import { lastIndexWhere, seqOf, type EventSource } from '../event-source.js';
import type { Change } from './subject.js';

/** Reads of a chunk what is selected; false where its statistics show that it has nothing of those kinds. */
export function readWanted(source: EventSource, chunk: number, batch: EventBatch, selection: Selection): boolean {
  const { counts } = source.chunks[chunk]!;
  let kinds = 0;
  for (let code = 1; code < 32; code++) {
    const kind = selection.kinds & (1 << code) ? EVENT_BY_CODE[code]?.kind : undefined;
    if (kind !== undefined && (counts[kind] ?? 0) > 0) kinds |= 1 << code;
  }
  if (kinds === 0) return false;
  source.readChunk(chunk, batch, { ...selection, kinds });
  return true;
}

/** The last row whose seq is at most `end`; -1 where there is none. */
export function lastRowUpTo(batch: EventBatch, end: number): number {
  return lastIndexWhere(batch.length, (row) => seqOf(batch, row) <= end);
}

/** The event in that row as a change; its time is right where times were read. */
export function changeIn(batch: EventBatch, row: number, [before, after]: readonly [string, string]): Change {
  const definition = EVENT_BY_CODE[batch.kind[row]!];
  invariant(definition !== undefined, `event kind ${batch.kind[row]} is not known`);
  return {
    seq: seqOf(batch, row),
    timeNs: batch.time[row]!,
    cpu: batch.cpu[row]!,
    actor: batch.actor[row]!,
    step: batch.step[row]!,
    kind: definition.kind,
    before,
    after,
  };
}
