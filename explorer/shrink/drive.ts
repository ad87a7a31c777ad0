/** Drives what asks for smaller programs: looks whether each shows the finding, keeps the best, and stops where it is told to. */
import type { Asking } from './ddmin.js';

export interface ShrinkOptions {
  /** Programs that are played (or searched) at most. */
  readonly maxRuns?: number;
  readonly maxSeconds?: number;
  /** The same finding by another cause will do. */
  readonly anyCause?: boolean;
  readonly signal?: AbortSignal;
  onProgress?(progress: ShrinkProgress): void;
}

export interface ShrinkProgress {
  readonly runs: number;
  /** Steps of the smallest program so far; of the one that is tried, before there is one. */
  readonly steps: number;
}

/** What ended a search before it was through. */
export type Stopped = 'runs' | 'seconds' | 'interrupted';

export interface Driven<Best> {
  readonly best: Best;
  /** null: it is through, so nothing can be left out. */
  readonly stopped: Stopped | null;
}

export interface Search<Candidate, Best> {
  /** What is known to show it. */
  readonly first: Best;
  /** null for what does not show it. */
  find(candidate: Candidate): Best | null | Promise<Best | null>;
  /** So many were tried. */
  runs(): number;
  steps(best: Best): number;
  /** `performance.now()` when everything began. */
  readonly started: number;
}

export const DEFAULT_RUNS = 100_000;
export const DEFAULT_SECONDS = 120;
/** The event loop gets a turn this often, ms, so that an interrupt is seen. */
const TURN_MS = 50;

export async function drive<Candidate, Best>(
  asking: Asking<Candidate>,
  search: Search<Candidate, Best>,
  options: ShrinkOptions,
): Promise<Driven<Best>> {
  const { maxRuns = DEFAULT_RUNS, maxSeconds = DEFAULT_SECONDS, signal, onProgress } = options;
  let best = search.first;
  let turned = performance.now();
  for (let turn = asking.next(); !turn.done; ) {
    const now = performance.now();
    if (now - turned > TURN_MS) {
      turned = now;
      onProgress?.({ runs: search.runs(), steps: search.steps(best) });
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (signal?.aborted) return { best, stopped: 'interrupted' };
    if (search.runs() >= maxRuns) return { best, stopped: 'runs' };
    if (now - search.started >= maxSeconds * 1000) return { best, stopped: 'seconds' };
    const found = await search.find(turn.value);
    if (found !== null) best = found;
    turn = asking.next(found !== null);
  }
  return { best, stopped: null };
}
