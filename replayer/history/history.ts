/**
 * The history of a page, an entry, a TLB entry or a carrier: its last change before an event, or all of them, without folding anything.
 * Chunks that cannot hold such an event are passed over, and of the others only the kinds that matter are decoded.
 */
import { invariant } from '../../base/index.js';
import { EVENT_BY_CODE, EventBatch, pteLayout, type PteLayout } from '../../traces/index.js';
import { chunkOfSeq, lastSeqOf, seqOf, type EventSource } from '../event-source.js';
import type { Change, Subject, TlbSubject } from './subject.js';
import { headOf, TLB_FILL_KIND, TLB_KINDS, TlbLife } from './tlb-life.js';
import { touchOf } from './touch.js';

export class History {
  readonly #source: EventSource;
  readonly #batch: EventBatch;

  static open(source: EventSource): History {
    return new History(source);
  }

  private constructor(source: EventSource) {
    this.#source = source;
    this.#batch = new EventBatch(source.chunks.reduce((most, { events }) => Math.max(most, events), 1));
  }

  /** The last change with seq <= `before`; null where there is none. Throws an `InputError` when the trail cannot be read. */
  last(subject: Subject, before: number): Change | null {
    const end = Math.min(before, lastSeqOf(this.#source));
    if (end < 1) return null;
    return subject.kind === 'tlb' ? this.#lastOfTlb(subject, end) : this.#lastTouch(subject, end);
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
    const touch = touchOf(subject, (space) => this.#layoutOf(space));
    const batch = this.#batch;
    for (let chunk = chunkOfSeq(this.#source, end); chunk >= 0; chunk--) {
      if (!this.#read(chunk, touch.kinds)) continue;
      for (let row = lastRowUpTo(batch, end); row >= 0; row--) {
        if (touch.matches(batch, row)) return change(batch, row, touch.words(batch, row));
      }
    }
    return null;
  }

  *#touches(subject: Exclude<Subject, TlbSubject>, from: number, to: number): Generator<Change> {
    const touch = touchOf(subject, (space) => this.#layoutOf(space));
    for (const chunk of this.#chunks(from, to)) {
      if (!this.#read(chunk, touch.kinds)) continue;
      const found: Change[] = [];
      const batch = this.#batch;
      for (let row = 0; row < batch.length; row++) {
        const seq = seqOf(batch, row);
        if (seq >= from && seq <= to && touch.matches(batch, row))
          found.push(change(batch, row, touch.words(batch, row)));
      }
      yield* found;
    }
  }

  /** A life begins with a fill, so the last fill is looked for first and what became of it followed from there. */
  #lastOfTlb(subject: TlbSubject, end: number): Change | null {
    const from = this.#lifeBegins(subject, end);
    let last: Change | null = null;
    if (from > 0) for (const found of this.#life(subject, from, end)) last = found;
    return last;
  }

  *#changesOfTlb(subject: TlbSubject, from: number, to: number): Generator<Change> {
    const begins = from > 1 ? this.#lifeBegins(subject, from - 1) : 0;
    for (const found of this.#life(subject, begins === 0 ? from : begins, to)) if (found.seq >= from) yield found;
  }

  /** Where to begin, to know what the CPU has of the page after event `end`; 0 where nothing was ever filled. */
  #lifeBegins(subject: TlbSubject, end: number): number {
    const own = this.#lastFill(subject, subject.page, end);
    const head = headOf(subject.page) === subject.page ? own : this.#lastFill(subject, headOf(subject.page), end);
    return own === 0 || head === 0 ? Math.max(own, head) : Math.min(own, head);
  }

  /** Seq of the last fill of that page, up to `end`; 0 where there is none. */
  #lastFill({ cpu, space }: TlbSubject, page: number, end: number): number {
    const batch = this.#batch;
    for (let chunk = chunkOfSeq(this.#source, end); chunk >= 0; chunk--) {
      if (!this.#read(chunk, TLB_FILL_KIND)) continue;
      for (let row = lastRowUpTo(batch, end); row >= 0; row--) {
        if (batch.page[row] === page && batch.cpu[row] === cpu && batch.space[row] === space) return seqOf(batch, row);
      }
    }
    return 0;
  }

  *#life(subject: TlbSubject, from: number, to: number): Generator<Change> {
    const life = new TlbLife(subject);
    for (const chunk of this.#chunks(from, to)) {
      if (!this.#read(chunk, TLB_KINDS)) continue;
      const batch = this.#batch;
      const found: Change[] = [];
      for (let row = 0; row < batch.length; row++) {
        const seq = seqOf(batch, row);
        if (seq < from || seq > to) continue;
        const before = life.words;
        if (life.take(batch, row)) found.push(change(batch, row, [before, life.words]));
      }
      yield* found;
    }
  }

  *#chunks(from: number, to: number): Generator<number> {
    const last = chunkOfSeq(this.#source, to);
    for (let chunk = chunkOfSeq(this.#source, from); chunk <= last; chunk++) yield chunk;
  }

  /** Reads those kinds of a chunk; false where its statistics show that it has none. */
  #read(chunk: number, kinds: number): boolean {
    const { counts } = this.#source.chunks[chunk]!;
    let wanted = 0;
    for (let code = 1; code < 32; code++) {
      const kind = kinds & (1 << code) ? EVENT_BY_CODE[code]?.kind : undefined;
      if (kind !== undefined && (counts[kind] ?? 0) > 0) wanted |= 1 << code;
    }
    if (wanted === 0) return false;
    this.#source.readChunk(chunk, this.#batch, wanted);
    return true;
  }

  #layoutOf(space: number): PteLayout {
    const { spaces, arch } = this.#source.meta;
    return pteLayout(spaces[space]?.layout ?? spaces[0]?.layout ?? arch);
  }
}

/** The last row whose seq is at most `end`; -1 where there is none. */
function lastRowUpTo(batch: EventBatch, end: number): number {
  let row = batch.length - 1;
  while (row >= 0 && seqOf(batch, row) > end) row--;
  return row;
}

function change(batch: EventBatch, row: number, [before, after]: readonly [string, string]): Change {
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
