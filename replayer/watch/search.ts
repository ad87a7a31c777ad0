/**
 * Finds the next or the previous event at which one of several stops matches. Chunks are passed over by their statistics, of the others
 * only the kinds that matter are decoded, and nothing is folded but where a watchpoint has to begin. Searches are generators that pause
 * after each chunk, so that whoever waits can be shown how far it is, and can stop it.
 */
import { CHUNK_EVENTS, EventBatch, pteLayout } from '../../traces/index.js';
import { batchFor, chunkOfSeq, type EventSource, seqOf } from '../event-source.js';
import type { Replayer } from '../replayer.js';
import { eventWatcher } from './event-watcher.js';
import { markWatcher } from './mark-watcher.js';
import { pteWatcher } from './pte-watcher.js';
import { staleWatcher } from './stale-watcher.js';
import type { Stop } from './stop.js';
import { tlbWatcher } from './tlb-watcher.js';
import type { Machine, Watcher, WatcherState } from './watcher.js';

export interface Hit {
  readonly seq: number;
  /** Which of the stops match there, by their place in the list. */
  readonly stops: readonly number[];
}

/** A search under way: yields the event it has come to, returns what it found. */
export type Searching = Generator<number, Hit | null>;

type WatcherWithState = Watcher & { readonly state: WatcherState };

/** Chunks that a search backwards looks at together, at most: twice as many each time, so that going back far costs one pass. */
const WINDOW_CHUNKS_MAX = 16;

export class Search {
  readonly #source: EventSource;
  readonly #replayer: Replayer;
  readonly #batch: EventBatch;
  readonly #machine: Machine;

  /** The replayer is moved about. */
  constructor(source: EventSource, replayer: Replayer) {
    this.#source = source;
    this.#replayer = replayer;
    this.#batch = batchFor(source, CHUNK_EVENTS);
    this.#machine = {
      at: (seq) => replayer.goTo(seq),
      nonCoherent: source.meta.options['nonCoherent'] === 1,
    };
  }

  /** The first event after `seq` at which a stop matches; null where there is none. */
  *next(stops: readonly Stop[], seq: number): Searching {
    const watchers = stops.map((stop) => this.#watcher(stop));
    if (watchers.some(({ state }) => state !== null)) {
      const fold = this.#replayer.goTo(seq);
      for (const { state } of watchers) state?.begin(fold);
    }
    const { chunks } = this.#source;
    for (
      let index = seq < this.#replayer.lastSeq ? chunkOfSeq(this.#source, seq + 1) : Infinity;
      index < chunks.length;
      index++
    ) {
      const chunk = chunks[index]!;
      const active = watchers.filter((watcher) => watcher.mayHold(chunk));
      const batch = this.#read(index, active);
      for (let row = 0; row < batch.length; row++) {
        if (seqOf(batch, row) <= seq) continue;
        const hits = matching(active, batch, row);
        if (hits !== null) return { seq: seqOf(batch, row), stops: hits.map((watcher) => watchers.indexOf(watcher)) };
      }
      yield chunk.firstSeq + chunk.events - 1;
    }
    return null;
  }

  /** The last event before `seq` at which a stop matches; null where there is none. */
  *previous(stops: readonly Stop[], seq: number): Searching {
    const watchers = stops.map((stop) => this.#watcher(stop));
    const stateless = watchers.filter(({ state }) => state === null);
    let found = yield* this.#previousEvent(stateless, seq);
    const at = new Map<number, Watcher[]>();
    if (found > 0) at.set(found, this.#allAt(stateless, found));
    for (const watcher of watchers) {
      if (!hasState(watcher)) continue;
      const last = yield* this.#previousChange(watcher, seq, found - 1);
      if (last === 0) continue;
      at.set(last, [...(at.get(last) ?? []), watcher]);
      found = Math.max(found, last);
    }
    const hits = at.get(found);
    return hits === undefined
      ? null
      : { seq: found, stops: hits.map((watcher) => watchers.indexOf(watcher)).sort((a, b) => a - b) };
  }

  /** The last event before `seq` that one of the watchers, which judge each by itself, matches; 0 for none. */
  *#previousEvent(watchers: readonly Watcher[], seq: number): Generator<number, number> {
    const { chunks } = this.#source;
    for (let index = this.#lastChunkBefore(seq); index >= 0 && watchers.length > 0; index--) {
      const chunk = chunks[index]!;
      const active = watchers.filter((watcher) => watcher.mayHold(chunk));
      const batch = this.#read(index, active);
      for (let row = batch.length - 1; row >= 0; row--) {
        if (seqOf(batch, row) < seq && matching(active, batch, row) !== null) return seqOf(batch, row);
      }
      yield chunk.firstSeq;
    }
    return 0;
  }

  /** Those of the watchers, which judge each event by itself, that match that event; its chunk was just read for them. */
  #allAt(watchers: readonly Watcher[], seq: number): Watcher[] {
    const batch = this.#batch;
    for (let row = 0; row < batch.length; row++)
      if (seqOf(batch, row) === seq) return matching(watchers, batch, row) ?? [];
    return [];
  }

  /** The last event before `seq`, and after `above`, at which the watched thing changed; 0 for none. */
  *#previousChange(watcher: WatcherWithState, seq: number, above: number): Generator<number, number> {
    const { chunks } = this.#source;
    const { state } = watcher;
    let end = seq;
    let windowChunks = 1;
    while (end - 1 > above) {
      const anchor = yield* this.#lastAnchor(watcher, end, above);
      if (anchor < 0 && !state.trailing) return 0;
      const first = Math.max(anchor + 1 - windowChunks, 0);
      // Without an anchor, what was there at `above` may still have gone later.
      const from = anchor < 0 ? Math.max(above, 0) : Math.max(chunks[first]!.firstSeq - 1, above, 0);
      state.begin(this.#replayer.goTo(from));
      const last = yield* this.#lastMatch(watcher, from, state.trailing ? end : Math.min(end, endOf(chunks[anchor]!)));
      if (last > 0) return last;
      if (anchor < 0) return 0;
      end = from + 1;
      windowChunks = Math.min(windowChunks * 2, WINDOW_CHUNKS_MAX);
    }
    return 0;
  }

  /** The last chunk with an anchor after `above` and before `end`; -1 for none. */
  *#lastAnchor({ state }: WatcherWithState, end: number, above: number): Generator<number, number> {
    const { chunks } = this.#source;
    for (let index = this.#lastChunkBefore(end); index >= 0; index--) {
      const chunk = chunks[index]!;
      if (endOf(chunk) <= above + 1) return -1;
      if (!state.mayAnchor(chunk)) continue;
      // Where it needs no look at the events, there are some.
      if (state.anchorKinds === 0) return index;
      this.#source.readChunk(index, this.#batch, state.anchorKinds);
      for (let row = this.#batch.length - 1; row >= 0; row--) {
        const at = seqOf(this.#batch, row);
        if (at < end && at > above && state.isAnchor(this.#batch, row)) return index;
      }
      yield chunk.firstSeq;
    }
    return -1;
  }

  /** The last match after event `from`, at which the watcher began, and before `end`; 0 for none. */
  *#lastMatch(watcher: WatcherWithState, from: number, end: number): Generator<number, number> {
    const { chunks } = this.#source;
    let last = 0;
    if (from >= this.#replayer.lastSeq) return 0;
    for (
      let index = chunkOfSeq(this.#source, from + 1);
      index < chunks.length && chunks[index]!.firstSeq < end;
      index++
    ) {
      if (!watcher.mayHold(chunks[index]!)) continue;
      const batch = this.#read(index, [watcher]);
      for (let row = 0; row < batch.length; row++) {
        const at = seqOf(batch, row);
        if (at > from && at < end && watcher.matches(batch, row)) last = at;
      }
      yield from;
    }
    return last;
  }

  #lastChunkBefore(seq: number): number {
    return seq <= 1 ? -1 : chunkOfSeq(this.#source, seq - 1);
  }

  /** The events of a chunk that the watchers must be shown. */
  #read(index: number, watchers: readonly Watcher[]): EventBatch {
    const kinds = watchers.reduce((mask, watcher) => mask | watcher.kinds, 0);
    if (kinds === 0) this.#batch.length = 0;
    else this.#source.readChunk(index, this.#batch, kinds);
    return this.#batch;
  }

  #watcher(stop: Stop): Watcher {
    switch (stop.kind) {
      case 'event':
        return eventWatcher(stop);
      case 'pte':
        return pteWatcher(stop, this.#layoutOf(stop.space));
      case 'tlb':
        return tlbWatcher(stop);
      case 'mark':
        return markWatcher(stop);
      case 'stale':
        return staleWatcher(stop, this.#machine);
    }
  }

  #layoutOf(space: number): ReturnType<typeof pteLayout> {
    return this.#replayer.fold.layoutOf(space);
  }
}

/** Runs a search to its end. */
export function found(searching: Searching): Hit | null {
  for (;;) {
    const step = searching.next();
    if (step.done === true) return step.value;
  }
}

function hasState(watcher: Watcher): watcher is WatcherWithState {
  return watcher.state !== null;
}

/** Behind the last event of the chunk. */
function endOf({ firstSeq, events }: { readonly firstSeq: number; readonly events: number }): number {
  return firstSeq + events;
}

/** The watchers that match the event; each with state is shown it. Null for none. */
function matching(watchers: readonly Watcher[], batch: EventBatch, row: number): Watcher[] | null {
  const bit = 1 << batch.kind[row]!;
  let hits: Watcher[] | null = null;
  for (let i = 0; i < watchers.length; i++) {
    const watcher = watchers[i]!;
    if ((watcher.kinds & bit) !== 0 && watcher.matches(batch, row)) (hits ??= []).push(watcher);
  }
  return hits;
}
