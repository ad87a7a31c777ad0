/**
 * Time travel over a trail: finds the event a position means, and brings the fold there from the nearest checkpoint or from where
 * it stands. Going on by a few events decodes nothing twice, because the chunk under way is kept.
 */
import { invariant, TrailFormatError, UsageError } from '../base/index.js';
import { CHUNK_EVENTS, EventBatch, harvestEnd, type PageScope, type Selection } from '../traces/index.js';
import { batchFor, chunkOfSeq, lastIndexWhere, lastSeqOf, seqOf, type EventSource } from './event-source.js';
import {
  applyReversibly,
  elsewhere,
  Fold,
  foldSelection,
  foldsInPart,
  isCachedByOthers,
  PAGE_KINDS,
  type Undo,
} from './fold/index.js';
import type { Position } from './position.js';

/** A checkpoint is asked for when it may save folding this many events. Chosen: 4 chunks, some 10 ms. */
const JUMP_EVENTS = 4 * CHUNK_EVENTS;

/** Moves up to so many events are steps, after which more of them are expected. Chosen: a screenful, and then some. */
const STEP_EVENTS = 1024;
/** Events that can be taken back at least. Chosen: they take some 10 MB, and to fold so many costs less than to step over them. */
const MOST_UNDOS = CHUNK_EVENTS / 2;

export class Replayer {
  /** The last event of the trail; 0 for an empty one. */
  readonly lastSeq: number;
  readonly #source: EventSource;
  readonly #batch: EventBatch;
  readonly #selection: Selection;
  readonly #selectionElsewhere: Selection;
  #chunk = -1;
  #fold: Fold;
  /** How to take back the last events folded, the latest last. */
  readonly #undos: Undo[] = [];

  private constructor(source: EventSource, scope: PageScope | null) {
    this.#source = source;
    this.#batch = batchFor(source, CHUNK_EVENTS);
    this.#selection = foldSelection(source.meta);
    this.#selectionElsewhere = elsewhere(this.#selection);
    this.#fold = new Fold(source.meta, scope !== null && foldsInPart(source.meta) ? scope : null);
    this.lastSeq = lastSeqOf(source);
  }

  /** @param scope the pages that will be asked about, with all TLBs; everything where it is left out */
  static open(source: EventSource, scope: PageScope | null = null): Replayer {
    return new Replayer(source, scope);
  }

  /** Asks about other pages from here on. */
  narrow(scope: PageScope | null): this {
    const part = scope !== null && foldsInPart(this.#source.meta) ? scope : null;
    // Tables of a few pages are used again; those of all pages would be a burden to them.
    if (part !== null && this.#fold.part !== null) this.#fold.narrow(part);
    else this.#fold = new Fold(this.#source.meta, part);
    this.#undos.length = 0;
    return this;
  }

  /** State after event `fold.seq`. */
  get fold(): Fold {
    return this.#fold;
  }

  /** The state at that position. The same fold is handed out each time. Throws a `UsageError` for a position outside the trail. */
  stateAt(position: Position): Fold {
    return this.goTo(this.seqOf(position));
  }

  /** Brings the fold to just after that event, from 0 (before the first) to `lastSeq`. */
  goTo(seq: number): Fold {
    invariant(Number.isInteger(seq) && seq >= 0 && seq <= this.lastSeq, `event ${seq} is not in the trail`);
    const back = this.fold.seq - seq;
    if (back > 0 && back <= this.#undos.length) return this.#takeBack(seq);
    const isStep = Math.abs(back) <= STEP_EVENTS;
    if (back < 0 && isStep && this.#undos.length > 0) return this.#step(seq);
    if (back <= 0 || !isStep) return this.#jump(seq);
    // The first step backwards: from here on events are folded so that they can be taken back, for there will be more of them.
    const chunkStart = seq === 0 ? 0 : this.#source.chunks[chunkOfSeq(this.#source, seq)]!.firstSeq - 1;
    this.#jump(Math.max(chunkStart, seq - MOST_UNDOS));
    return this.#step(seq);
  }

  /** Takes events back, as many as there are undos for. */
  #takeBack(seq: number): Fold {
    const { fold } = this;
    for (; fold.seq > seq; fold.seq--) this.#undos.pop()!();
    if (seq === 0) fold.timeNs = 0;
    else {
      const chunk = chunkOfSeq(this.#source, seq);
      const { firstSeq, events, timeLast } = this.#source.chunks[chunk]!;
      fold.timeNs = seq === firstSeq + events - 1 ? timeLast : this.#read(chunk).time[seq - firstSeq]!;
    }
    return fold;
  }

  /** Goes on event by event, each of which can be taken back. */
  #step(seq: number): Fold {
    while (this.fold.seq < seq) {
      const batch = this.#read(chunkOfSeq(this.#source, this.fold.seq + 1));
      const end = Math.min(seq, batch.firstSeq + batch.length - 1);
      for (let row = this.fold.seq + 1 - batch.firstSeq; this.fold.seq < end; row++) {
        this.#undos.push(applyReversibly(this.fold, batch, row));
        if (this.fold.part?.shared !== true) continue;
        this.#foldWhole();
        return this.#jump(seq);
      }
    }
    // Whoever steps on for long is not going back all that way.
    if (this.#undos.length > 2 * MOST_UNDOS) this.#undos.splice(0, this.#undos.length - MOST_UNDOS);
    return this.fold;
  }

  #jump(seq: number): Fold {
    if (seq !== this.fold.seq) this.#undos.length = 0;
    const isStep = Math.abs(seq - this.fold.seq) <= STEP_EVENTS;
    if (seq < this.fold.seq || seq - this.fold.seq > JUMP_EVENTS) this.#approach(seq);
    while (this.fold.part?.shared !== true && this.fold.seq < seq) {
      if (isStep) this.#goOn(seq);
      else this.#pass(seq);
    }
    if (this.fold.part?.shared !== true) return this.fold;
    this.#foldWhole();
    return this.#jump(seq);
  }

  /** To the nearest checkpoint, where that is nearer than the state at hand. */
  #approach(seq: number): void {
    const { fold } = this;
    const nearest = seq === 0 ? -1 : this.#source.checkpointAtOrBefore(seq);
    if (seq >= fold.seq && nearest <= fold.seq) return;
    try {
      const isThere = nearest >= 0 && this.#source.loadAtOrBefore(seq, fold.part?.scope ?? null, fold.loader());
      if (!isThere) fold.reset();
    } catch (error) {
      fold.reset(); // half of a state is none
      throw error;
    }
  }

  /** Other pages are on the frames of these, so that a part of the state is not to be had without the whole. */
  #foldWhole(): void {
    this.#fold = new Fold(this.#source.meta);
    this.#undos.length = 0;
  }

  /** Folds what is left of the chunk under way, up to that event, and keeps it: more will be asked of it. */
  #goOn(seq: number): void {
    const { fold } = this;
    const batch = this.#read(chunkOfSeq(this.#source, fold.seq + 1));
    fold.apply(batch, fold.seq + 1 - batch.firstSeq, Math.min(batch.length, seq + 1 - batch.firstSeq));
  }

  /** The same on a long way: what changes no state needs no decoding. */
  #pass(seq: number): void {
    const { fold } = this;
    const chunk = chunkOfSeq(this.#source, fold.seq + 1);
    if (chunk === this.#chunk) return this.#goOn(seq);
    const { firstSeq, events, timeLast } = this.#source.chunks[chunk]!;
    const end = firstSeq + events - 1;
    const to = Math.min(seq, end);
    const batch = this.#batch;
    this.#chunk = -1;
    this.#source.readChunk(chunk, batch, this.#mayTouch(chunk, to) ? this.#selection : this.#selectionElsewhere);
    const rowsUpTo = (last: number) => 1 + lastIndexWhere(batch.length, (row) => seqOf(batch, row) <= last);
    fold.apply(batch, rowsUpTo(fold.seq), rowsUpTo(to));
    fold.seq = to;
    fold.timeNs = to === end ? timeLast : this.#source.timeOf(chunk, to);
  }

  /** Whether the chunk may have anything about the page that is folded up to that event: known of a page alone, where there is an index. */
  #mayTouch(chunk: number, seq: number): boolean {
    const { part, pages } = this.fold;
    if (part === null || part.scope.to - part.scope.from > 1) return true;
    const { space, from } = part.scope;
    if (isCachedByOthers(this.fold, pages.find(space, from))) return true;
    return this.#source.lastChunkAbout(space, from, { kinds: PAGE_KINDS }, seq, chunk) === chunk;
  }

  /** The event that a position means. Throws a `UsageError` that tells the range when there is no such event. */
  seqOf(position: Position): number {
    switch (position.kind) {
      case 'end':
        return this.lastSeq;
      case 'seq':
        if (position.seq > this.lastSeq)
          throw outside(`event ${position.seq}`, 'events', `0 (before the first) to ${this.lastSeq}`);
        return position.seq;
      case 'harvest':
        return this.#seqOfHarvest(position.harvest);
      case 'time':
        return this.#seqOfTime(position.timeNs);
    }
  }

  /** Epoch of an event: epoch k holds the events after the end of harvest k-1, up to and with the end of harvest k. */
  epochOf(seq: number): number {
    const harvests = this.goTo(seq).harvests;
    if (seq === 0) return 1;
    const batch = this.#read(chunkOfSeq(this.#source, seq));
    return batch.kind[seq - batch.firstSeq] === harvestEnd.code ? harvests : harvests + 1;
  }

  #seqOfHarvest(harvest: number): number {
    let before = 0;
    for (let index = 0; index < this.#source.chunks.length; index++) {
      const here = this.#source.chunks[index]!.counts[harvestEnd.kind] ?? 0;
      if (harvest >= 1 && harvest <= before + here) return this.#nthHarvestEnd(index, harvest - before);
      before += here;
    }
    throw outside(`harvest ${harvest}`, 'completed harvests', before === 0 ? 'none' : `1 to ${before}`);
  }

  #nthHarvestEnd(chunk: number, nth: number): number {
    const batch = this.#read(chunk);
    let left = nth;
    for (let row = 0; row < batch.length; row++) {
      if (batch.kind[row] === harvestEnd.code && --left === 0) return batch.firstSeq + row;
    }
    throw disagrees(chunk, `${this.#source.chunks[chunk]!.counts[harvestEnd.kind]} harvest-end events`);
  }

  #seqOfTime(timeNs: number): number {
    const { chunks } = this.#source;
    const index = lastIndexWhere(chunks.length, (at) => chunks[at]!.timeFirst <= timeNs);
    const lastTimeNs = chunks[chunks.length - 1]?.timeLast ?? 0;
    if (index < 0 || timeNs > lastTimeNs) {
      throw outside(
        `time ${timeNs} ns`,
        'times',
        chunks.length === 0 ? 'none' : `${chunks[0]!.timeFirst} to ${lastTimeNs} ns`,
      );
    }
    const batch = this.#read(index);
    return batch.firstSeq + lastIndexWhere(batch.length, (row) => batch.time[row]! <= timeNs);
  }

  #read(chunk: number): EventBatch {
    if (this.#chunk !== chunk) {
      this.#chunk = -1; // a chunk that cannot be read leaves rubbish behind
      this.#source.readChunk(chunk, this.#batch);
      const { firstSeq, events } = this.#source.chunks[chunk]!;
      if (this.#batch.firstSeq !== firstSeq || this.#batch.length !== events)
        throw disagrees(chunk, `${events} events from seq ${firstSeq}`);
      this.#chunk = chunk;
    }
    return this.#batch;
  }
}

function disagrees(chunk: number, promised: string): TrailFormatError {
  return new TrailFormatError({
    what: `chunk ${chunk} does not hold the ${promised} that its statistics promise`,
    why: 'the file is damaged, or was changed by hand',
    mend: 'restore the file from a copy, or record again',
  });
}

function outside(what: string, things: string, range: string): UsageError {
  return new UsageError({
    what: `${what} is not in the trail`,
    why: `its ${things}: ${range}`,
    mend: 'give a position in that range, or `end`',
  });
}
