/**
 * The history of a page, an entry, a TLB entry or a carrier: its last change before an event, or all of them, without folding anything.
 * The page index leads to the chunks that may hold such an event; of these only what decides is decoded, and of the event found the rest.
 */
import { EventBatch, pteLayout, type PteLayout, type Topic } from '../../traces/index.js';
import { headOf } from '../cached-page.js';
import { batchFor, chunkOfSeq, lastSeqOf, seqOf, type EventSource } from '../event-source.js';
import { mayHaveHugePages } from '../fold/index.js';
import { changeIn, lastEvent, readWanted } from './reading.js';
import type { Change, Subject, TlbSubject } from './subject.js';
import { lastOfLife, lifeBegins, type Room } from './tlb-search.js';
import { TLB_FIELDS, TlbLife } from './tlb-life.js';
import { type Touch, touchOf } from './touch.js';

export class History {
  readonly #source: EventSource;
  readonly #one = new EventBatch(1);
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
    const found = lastOfLife(this.#source, this.#room, subject, end);
    return found === null ? null : this.#timed(found);
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
    const head = mayHaveHugePages(this.#source.meta) ? headOf(page) : page;
    const query = { selection: { ...touch.fields, who: true }, space, page, head };
    const one = this.#one;
    const found = lastEvent(this.#source, one, query, touch.topic, end, () => touch.matches(one, 0));
    return found === 0 ? null : this.#timed(changeIn(one, 0, touch.words(one, 0)));
  }

  *#touches(subject: Exclude<Subject, TlbSubject>, from: number, to: number): Generator<Change> {
    const touch = this.#touchOf(subject);
    const selection = { ...touch.fields, times: true, who: true };
    for (const chunk of this.#chunks(from, to, subject, touch.topic)) {
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
    const begins = from > 1 ? lifeBegins(this.#source, this.#room, subject, from - 1) : 0;
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

  /** The chunks that may hold events of that topic about the page, in order. */
  #chunks(from: number, to: number, { space, page }: Subject, topic: Topic): number[] {
    const chunks: number[] = [];
    for (let upTo = to; upTo >= from; ) {
      const chunk = this.#source.lastChunkAbout(space, page, topic, upTo);
      if (chunk < 0) break;
      upTo = this.#source.chunks[chunk]!.firstSeq - 1;
      if (upTo + this.#source.chunks[chunk]!.events >= from) chunks.push(chunk);
    }
    return chunks.reverse();
  }

  #timed(change: Change): Change {
    return { ...change, timeNs: this.#source.timeOf(chunkOfSeq(this.#source, change.seq), change.seq) };
  }

  get #room(): Room {
    return { one: this.#one, whole: this.#batch };
  }

  #touchOf(subject: Exclude<Subject, TlbSubject>): Touch {
    return touchOf(subject, (space) => this.#layoutOf(space));
  }

  #layoutOf(space: number): PteLayout {
    const { spaces, arch } = this.#source.meta;
    return pteLayout(spaces[space]?.layout ?? spaces[0]?.layout ?? arch);
  }
}
