/** A trail as one would read it without chunks: all events in one piece, each an object with its fields by name. What is compared with what skips and indexes. */
import { EVENT_BY_CODE, EventBatch, type TrailMeta, TrailReader } from '../traces/index.js';

export interface PlainEvent {
  readonly seq: number;
  readonly timeNs: number;
  readonly cpu: number;
  readonly actor: number;
  readonly space: number;
  readonly step: number;
  readonly kind: string;
  readonly page: number;
  /** Pages from `page` on; 1 where the kind speaks of one. */
  readonly pages: number;
  readonly fields: Readonly<Record<string, number>>;
}

const COLUMNS = ['kind', 'time', 'cpu', 'actor', 'space', 'step', 'page'] as const;

export class PlainTrail {
  readonly meta: TrailMeta;
  readonly events: number;
  readonly #all: EventBatch;
  readonly #one = new EventBatch(1);

  constructor(reader: TrailReader) {
    this.meta = reader.meta;
    this.events = reader.events;
    this.#all = new EventBatch(Math.max(1, reader.events));
    const chunk = new EventBatch();
    reader.chunks.forEach((_, index) => {
      reader.readChunk(index, chunk);
      const at = chunk.firstSeq - 1;
      for (const name of COLUMNS) this.#all[name].set(chunk[name].subarray(0, chunk.length), at);
      chunk.slots.forEach((column, slot) => this.#all.slots[slot]!.set(column.subarray(0, chunk.length), at));
    });
    this.#all.length = reader.events;
  }

  kindAt(seq: number): string {
    return EVENT_BY_CODE[this.#all.kind[seq - 1]!]!.kind;
  }

  at(seq: number): PlainEvent {
    const row = seq - 1;
    const { kind, time, cpu, actor, space, step, page, slots } = this.#all;
    const definition = EVENT_BY_CODE[kind[row]!]!;
    const fields: Record<string, number> = {};
    for (const [name, slot] of Object.entries(definition.slot)) fields[name] = slots[slot]![row]!;
    return {
      seq,
      timeNs: time[row]!,
      cpu: cpu[row]!,
      actor: actor[row]!,
      space: space[row]!,
      step: step[row]!,
      kind: definition.kind,
      page: page[row]!,
      pages: fields['pages'] ?? 1,
      fields,
    };
  }

  /** The event as a batch of one, which is the same object every time. */
  batchOf(seq: number): EventBatch {
    const one = this.#one;
    for (const name of COLUMNS) one[name][0] = this.#all[name][seq - 1]!;
    this.#all.slots.forEach((column, slot) => (one.slots[slot]![0] = column[seq - 1]!));
    one.firstSeq = seq;
    one.length = 1;
    return one;
  }
}

export function speaksOf(event: PlainEvent, space: number, page: number): boolean {
  return event.space === space && event.page >= 0 && page >= event.page && page < event.page + event.pages;
}
