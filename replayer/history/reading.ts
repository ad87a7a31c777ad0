/** Reading chunks for a history: what is selected, and nothing where the statistics show that there is nothing. */
import { invariant } from '../../base/index.js';
import { EVENT_BY_CODE, type EventBatch, type PageQuery, type Selection, type Topic } from '../../traces/index.js';
import { seqOf, type EventSource } from '../event-source.js';
import type { Change } from './subject.js';

/** Reads of a chunk what is selected; false where its statistics show that it has nothing of those kinds. */
export function readWanted(source: EventSource, chunk: number, batch: EventBatch, selection: Selection): boolean {
  const kinds = kindsIn(source, chunk, selection.kinds);
  if (kinds === 0) return false;
  source.readChunk(chunk, batch, { ...selection, kinds });
  return true;
}

/** The kinds of a mask that a chunk has, by its statistics. */
export function kindsIn(source: EventSource, chunk: number, mask: number): number {
  const { counts } = source.chunks[chunk]!;
  let kinds = 0;
  for (let code = 1; code < 32; code++) {
    const kind = mask & (1 << code) ? EVENT_BY_CODE[code]?.kind : undefined;
    if (kind !== undefined && (counts[kind] ?? 0) > 0) kinds |= 1 << code;
  }
  return kinds;
}

/** Seq of the last event up to `end` that a query finds and that is meant; 0 for none. It is the only event of `one` then, without its time. */
export function lastEvent(
  source: EventSource,
  one: EventBatch,
  query: PageQuery,
  topic: Topic,
  end: number,
  isMeant: () => boolean,
): number {
  const { selection, space, page } = query;
  for (let upTo = end; upTo > 0; ) {
    const chunk = source.lastChunkAbout(space, page, topic, upTo);
    if (chunk < 0) return 0;
    upTo = source.chunks[chunk]!.firstSeq - 1;
    const kinds = kindsIn(source, chunk, selection.kinds);
    if (kinds === 0) continue;
    for (const seq of source.eventsBack(chunk, end, { ...query, selection: { ...selection, kinds } }, one)) {
      if (isMeant()) return seq;
    }
  }
  return 0;
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
