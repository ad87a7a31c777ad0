/**
 * Single events of a trail, and the last one before a point that somebody asks for. Chunks that cannot hold it are passed over by their statistics; what is
 * decoded is kept while the search goes on in it.
 */
import { EVENT_BY_CODE, EVENT_KINDS, EventBatch, kindMask, type PteLayout, pteLayout } from '../../traces/index.js';
import { chunkOfSeq, type EventSource, History, lastSeqOf, seqOf } from '../../replayer/index.js';

export interface TrailEvent {
  readonly seq: number;
  readonly timeNs: number;
  readonly cpu: number;
  readonly actor: number;
  readonly space: number;
  readonly step: number;
  readonly kind: string;
  readonly page: number;
  /** Pages in the range that starts at `page`. */
  readonly pages: number;
  /** The fields of its kind by name. */
  readonly fields: Readonly<Record<string, number>>;
}

type Wanted = (event: TrailEvent) => boolean;
export type KindName = (typeof EVENT_KINDS)[number]['kind'];

/** Chunks that are kept decoded: a chain goes back and forth between few places. */
const KEPT = 3;

export class TrailEvents {
  readonly lastSeq: number;
  readonly #source: EventSource;
  #history: History | undefined;
  /** By chunk and kinds, the last used last. */
  readonly #kept = new Map<string, EventBatch>();

  constructor(source: EventSource) {
    this.#source = source;
    this.lastSeq = lastSeqOf(source);
  }

  get meta() {
    return this.#source.meta;
  }

  /** null where the trail has no such event. */
  at(seq: number): TrailEvent | null {
    if (!Number.isInteger(seq) || seq < 1 || seq > this.lastSeq) return null;
    const batch = this.#read(chunkOfSeq(this.#source, seq), undefined);
    return this.#event(batch, seq - batch.firstSeq);
  }

  /** The last event of these kinds, at `seq` or before it, that is wanted; none further back than `least`. */
  lastBefore(seq: number, kinds: readonly KindName[], wanted: Wanted, least = 1): TrailEvent | null {
    const from = Math.min(seq, this.lastSeq);
    if (from < least) return null;
    for (let chunk = chunkOfSeq(this.#source, from); chunk >= 0; chunk--) {
      const { firstSeq, events, counts } = this.#source.chunks[chunk]!;
      if (firstSeq + events - 1 < least) return null;
      if (!kinds.some((kind) => (counts[kind] ?? 0) > 0)) continue;
      const batch = this.#read(chunk, kinds);
      for (let row = batch.length - 1; row >= 0; row--) {
        const at = seqOf(batch, row);
        if (at > from) continue;
        if (at < least) return null;
        const event = this.#event(batch, row);
        if (wanted(event)) return event;
      }
    }
    return null;
  }

  /** The first event of these kinds, at `seq` or after it and not after `most`, that is wanted. */
  firstAfter(seq: number, kinds: readonly KindName[], wanted: Wanted, most = this.lastSeq): TrailEvent | null {
    if (seq > this.lastSeq) return null;
    const { chunks } = this.#source;
    for (let chunk = chunkOfSeq(this.#source, Math.max(1, seq)); chunk < chunks.length; chunk++) {
      const { firstSeq, counts } = chunks[chunk]!;
      if (firstSeq > most) return null;
      if (!kinds.some((kind) => (counts[kind] ?? 0) > 0)) continue;
      const batch = this.#read(chunk, kinds);
      for (let row = 0; row < batch.length; row++) {
        const at = seqOf(batch, row);
        if (at < seq) continue;
        if (at > most) return null;
        const event = this.#event(batch, row);
        if (wanted(event)) return event;
      }
    }
    return null;
  }

  /** What took a CPU's translation of a page away; null where it has one after `seq`, or never had any. */
  lostFromTlb(seq: number, cpu: number, space: number, page: number): TrailEvent | null {
    this.#history ??= History.open(this.#source);
    const change = this.#history.last({ kind: 'tlb', cpu, space, page }, seq);
    return change === null || change.after !== '-' ? null : this.at(change.seq);
  }

  layoutOf(space: number): PteLayout {
    return pteLayout(this.meta.spaces[space]!.layout);
  }

  /** Logical flags of a pte event's entry before and after it. */
  entryFlags({ space, fields }: TrailEvent): { readonly before: number; readonly after: number } {
    const layout = this.layoutOf(space);
    return {
      before: layout.flags(fields['oldLow']!, fields['oldHigh']!),
      after: layout.flags(fields['newLow']!, fields['newHigh']!),
    };
  }

  actorName(actor: number): string {
    return this.meta.actors[actor] ?? `actor ${actor}`;
  }

  stepName(step: number): string {
    return this.meta.steps[step] ?? '';
  }

  #read(chunk: number, kinds: readonly KindName[] | undefined): EventBatch {
    const key = `${chunk} ${kinds?.join() ?? ''}`;
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const batch = new EventBatch(this.#source.chunks[chunk]!.events);
    this.#source.readChunk(chunk, batch, kinds === undefined ? undefined : kindMask(...kinds));
    this.#kept.set(key, batch);
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return batch;
  }

  #event(batch: EventBatch, row: number): TrailEvent {
    const definition = EVENT_BY_CODE[batch.kind[row]!];
    const slots: Readonly<Record<string, number>> = definition?.slot ?? {};
    const fields = Object.fromEntries(Object.entries(slots).map(([name, slot]) => [name, batch.slots[slot]![row]!]));
    return {
      seq: seqOf(batch, row),
      timeNs: batch.time[row]!,
      cpu: batch.cpu[row]!,
      actor: batch.actor[row]!,
      space: batch.space[row]!,
      step: batch.step[row]!,
      kind: definition?.kind ?? `kind ${batch.kind[row]}`,
      page: batch.page[row]!,
      pages: Math.max(1, fields['pages'] ?? 1),
      fields,
    };
  }
}

/** Whether an event is about a page of that space. */
export function covers({ space, page, pages }: TrailEvent, inSpace: number, wanted: number): boolean {
  return space === inSpace && page >= 0 && wanted >= page && wanted < page + pages;
}
