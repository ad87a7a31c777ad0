/**
 * The history of a page, an entry, a TLB entry or a carrier: its last change before an event, or all of them, without folding anything.
 * The page index leads to the chunks that may hold such an event; of these only what decides is decoded, and of the event found the rest.
 */
import { EventBatch, pteLayout, type PteLayout, timesOf } from '../../traces/index.js';
import { batchFor, chunkOfSeq, lastSeqOf, seqOf, type EventSource } from '../event-source.js';
import { changeIn, lastRowUpTo, readWanted } from './reading.js';
import type { Change, Subject, TlbSubject } from './subject.js';
import { lastOfLife, lifeBegins } from './tlb-search.js';
import { TLB_FIELDS, TlbLife } from './tlb-life.js';
import { type Touch, touchOf } from './touch.js';

export class History {
  readonly #source: EventSource;
  readonly #batch: EventBatch;

  static open(source: EventSource): History {
    return new History(source);
  }

  private constructor(source: EventSource) {
    this.#source = source;
    this.#batch = batchFor(source);
  }

  /** The last change with seq <= `before`; null where there is none. Throws an `InputError` when the trail cannot be read. */
  last(subject: Subject, before: number): Change | null {
    const end = Math.min(before, lastSeqOf(this.#source));
    if (end < 1) return null;
    if (subject.kind !== 'tlb') return this.#lastTouch(subject, end);
    const found = lastOfLife(this.#source, this.#batch, subject, end);
    return found === null ? null : this.#timed(chunkOfSeq(this.#source, found.change.seq), found.change, found.code);
  }

  /** Every change with `from` <= seq <= `to`, in order. */
  *changes(subject: Subject, from: number, to: number): Generator<Change> {
    const end = Math.min(to, lastSeqOf(this.#source));
    const begin = Math.max(1, from);
    if (begin > end) return;
    if (subject.kind === 'tlb') yield* this.#changesOfTlb(subject, begin, end);
    else yield* this.#touches(subject, begin, end);
  }

  #lastTouch(subject: Exclude<Subject, TlbSubject>, end: number): Change | null {
    const touch = this.#touchOf(subject);
    const { space, page } = subject;
    const selection = { ...touch.fields, who: true };
    const batch = this.#batch;
    for (let chunk = chunkOfSeq(this.#source, end); chunk >= 0; chunk--) {
      chunk = this.#source.lastChunkAbout(space, page, touch.fields.kinds, chunk);
      if (chunk < 0) return null;
      if (!readWanted(this.#source, chunk, batch, selection)) continue;
      for (let row = lastRowUpTo(batch, end); row >= 0; row--) {
        if (!touch.matches(batch, row)) continue;
        return this.#timed(chunk, changeIn(batch, row, touch.words(batch, row)), batch.kind[row]!);
      }
    }
    return null;
  }

  *#touches(subject: Exclude<Subject, TlbSubject>, from: number, to: number): Generator<Change> {
    const touch = this.#touchOf(subject);
    const selection = { ...touch.fields, times: true, who: true };
    for (const chunk of this.#chunks(from, to, subject, touch.fields.kinds)) {
      if (!readWanted(this.#source, chunk, this.#batch, selection)) continue;
      const batch = this.#batch;
      const found: Change[] = [];
      for (let row = 0; row < batch.length; row++) {
        const seq = seqOf(batch, row);
        if (seq < from || seq > to || !touch.matches(batch, row)) continue;
        found.push(changeIn(batch, row, touch.words(batch, row)));
      }
      yield* found;
    }
  }

  *#changesOfTlb(subject: TlbSubject, from: number, to: number): Generator<Change> {
    const begins = from > 1 ? lifeBegins(this.#source, this.#batch, subject, from - 1) : 0;
    const life = new TlbLife(subject);
    const selection = { ...TLB_FIELDS, times: true, who: true };
    const last = chunkOfSeq(this.#source, to);
    for (let chunk = chunkOfSeq(this.#source, begins === 0 ? from : begins); chunk <= last; chunk++) {
      if (!readWanted(this.#source, chunk, this.#batch, selection)) continue;
      const batch = this.#batch;
      const found: Change[] = [];
      for (let row = 0; row < batch.length; row++) {
        const seq = seqOf(batch, row);
        if (seq < begins || seq > to) continue;
        const before = life.words;
        if (life.take(batch, row) && seq >= from) found.push(changeIn(batch, row, [before, life.words]));
      }
      yield* found;
    }
  }

  /** The chunks that may hold events of those kinds about the page, in order. */
  #chunks(from: number, to: number, { space, page }: Subject, kinds: number): number[] {
    const first = chunkOfSeq(this.#source, from);
    const chunks: number[] = [];
    for (let chunk = chunkOfSeq(this.#source, to); chunk >= first; chunk--) {
      chunk = this.#source.lastChunkAbout(space, page, kinds, chunk);
      if (chunk >= first) chunks.push(chunk);
    }
    return chunks.reverse();
  }

  /** The change with its time, which takes the times of all events of its kind to be read. */
  #timed(chunk: number, change: Change, code: number): Change {
    this.#source.readChunk(chunk, this.#batch, timesOf(1 << code));
    return { ...change, timeNs: this.#batch.time[lastRowUpTo(this.#batch, change.seq)]! };
  }

  #touchOf(subject: Exclude<Subject, TlbSubject>): Touch {
    return touchOf(subject, (space) => this.#layoutOf(space));
  }

  #layoutOf(space: number): PteLayout {
    const { spaces, arch } = this.#source.meta;
    return pteLayout(spaces[space]?.layout ?? spaces[0]?.layout ?? arch);
  }
}
