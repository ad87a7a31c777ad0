/** Single events of a trail at hand: rows and words by seq, with the chunk that was read last kept. */
import { invariant } from '../../base/index.js';
import { chunkOfSeq, type EventSource, lastSeqOf } from '../../replayer/index.js';
import * as traces from '../../traces/index.js';
import { type EventText, eventText } from '../trail-events.js';

export interface EventLine extends EventText {
  /** Who did it: `kernel on cpu 0`. */
  readonly who: string;
}

export class Events {
  readonly last: number;
  readonly #source: EventSource;
  readonly #batch: traces.EventBatch;
  #chunk = -1;

  constructor(source: EventSource) {
    this.#source = source;
    this.#batch = new traces.EventBatch(
      source.chunks.reduce((most, chunk) => Math.max(most, chunk.events), traces.CHUNK_EVENTS),
    );
    this.last = lastSeqOf(source);
  }

  /** The batch that holds an event, and its row there. */
  row(seq: number): { readonly batch: traces.EventBatch; readonly row: number } {
    invariant(seq >= 1 && seq <= this.last, `event ${seq} is in the trail`);
    const chunk = chunkOfSeq(this.#source, seq);
    if (chunk !== this.#chunk) {
      this.#chunk = -1; // a chunk that cannot be read leaves rubbish behind
      this.#source.readChunk(chunk, this.#batch);
      this.#chunk = chunk;
    }
    return { batch: this.#batch, row: seq - this.#batch.firstSeq };
  }

  at(seq: number): EventLine {
    const { batch, row } = this.row(seq);
    const { meta } = this.#source;
    return { ...eventText(traces, meta, batch, row), who: who(meta.actors[batch.actor[row]!] ?? '', batch.cpu[row]!) };
  }

  /** The events [from, to], as far as the trail has them. */
  between(from: number, to: number): EventLine[] {
    const lines: EventLine[] = [];
    for (let seq = Math.max(1, from); seq <= Math.min(to, this.last); seq++) lines.push(this.at(seq));
    return lines;
  }

  /** Pages that events around that one speak of, the nearest first: what a reader may mean next. */
  pagesNear(seq: number, events = 200): number[] {
    const pages = new Set<number>();
    for (let away = 0; away <= events; away++) {
      for (const near of away === 0 ? [seq] : [seq - away, seq + away]) {
        if (near < 1 || near > this.last) continue;
        const { batch, row } = this.row(near);
        if (batch.page[row]! >= 0) pages.add(batch.page[row]!);
      }
    }
    return [...pages];
  }
}

function who(actor: string, cpu: number): string {
  if (cpu < 0) return actor === '' ? 'device' : actor;
  return /\bCPU\b/i.test(actor) ? actor : `${actor} on cpu ${cpu}`.trim();
}
