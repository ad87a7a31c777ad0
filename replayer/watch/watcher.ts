/**
 * One stop at work. A watcher says which events it must see, and is shown those in order; it keeps the few cells it needs and never
 * the whole machine, so that a search decodes what may match and folds nothing on its way.
 *
 * Searching backwards, a watcher with state has to begin somewhere before: at a chunk with an *anchor*, an event without which
 * nothing it looks at can have changed from one thing to another (`trailing` watchers also match later events that undo an anchor).
 */
import type { EventBatch } from '../../traces/index.js';
import type { ChunkFacts } from '../event-source.js';
import type { Fold } from '../fold/index.js';

export interface Watcher {
  /** Kinds of events that it must be shown: bit c for event code c. */
  readonly kinds: number;
  /** Whether a chunk may hold one that matters, by its statistics. */
  mayHold(chunk: ChunkFacts): boolean;
  /** Whether the event matches. With state, it is shown every event of its kinds, in order, from where it began. */
  matches(batch: EventBatch, row: number): boolean;
  /** What it needs to go back; null where each event is judged by itself. */
  readonly state: WatcherState | null;
}

export interface WatcherState {
  /** Takes up the state after event `fold.seq`. */
  begin(fold: Fold): void;
  readonly anchorKinds: number;
  mayAnchor(chunk: ChunkFacts): boolean;
  isAnchor(batch: EventBatch, row: number): boolean;
  /** Whether events that are no anchors match too, as long as it is not `settled`. */
  readonly trailing: boolean;
  /** Nothing matches any more until the next anchor. */
  readonly settled: boolean;
}

/** What watchers are given to work with. */
export interface Machine {
  /** The fold after that event. */
  at(seq: number): Fold;
  /** Whether writes may stay in the caches of a CPU. */
  readonly nonCoherent: boolean;
}

/** Whether events of the chunk may speak of a page of [first, last]. Statistics that are not there exclude nothing. */
export function speaksOf({ pageMin, pageMax }: ChunkFacts, first: number, last: number): boolean {
  if (pageMin === undefined || pageMax === undefined) return true;
  return pageMin !== null && pageMax !== null && pageMin <= last && pageMax >= first;
}

/** Whether the chunk has events of one of these kinds. */
export function hasKind({ counts }: ChunkFacts, kinds: readonly string[]): boolean {
  return kinds.some((kind) => (counts[kind] ?? 0) > 0);
}
