/**
 * Two trails of the same writes side by side. The key is (cpu, n-th write of that cpu), so the match is exact whatever happened
 * between the writes. Both trails are read once, in step by epochs; what is held of them does not grow with their length, but for
 * one line per epoch.
 */
import type { EventSource } from '../../replayer/index.js';
import { COST_COLLECTORS, costOf, costTally, type CostReport } from '../cost/index.js';
import { Pass, type PassResults } from '../pass.js';
import { EpochComparison, type Both, type Divergence, type EpochDifference } from './epoch-comparison.js';
import { firstDifferingEvent, type EventDifference } from './first-event.js';
import { locateMisalignment, type Misalignment } from './misalignment.js';
import { differingSettings, type SettingDifference } from './settings.js';
import { SideFacts } from './side-facts.js';

export interface DiffOptions {
  /** What the sides are called in the answer. Default `a` and `b`. */
  readonly names?: Both<string>;
  /** Also looks for the first event that differs. */
  readonly events?: boolean;
  /** Called after each chunk with the events passed, of both trails together. */
  readonly onProgress?: (events: number) => void;
}

export interface EpochDiff extends EpochDifference {
  readonly faults: Both<number>;
  readonly bytesTransferred: Both<number>;
  readonly overheadNs: Both<number>;
}

export interface DiffReport {
  /**
   * `same`: the same writes, and after each of them consumers who know the same. `diverged`: there is a first divergence.
   * `undecided`: none was found, but the writes differ or not all epochs could be compared.
   */
  readonly verdict: 'same' | 'diverged' | 'undecided';
  /** The same writes on both sides, CPU by CPU. Reads do not matter. */
  readonly aligned: boolean;
  /** The first write that differs; null when aligned. */
  readonly misalignment: Misalignment | null;
  readonly sides: Both<{ readonly trail: string; readonly strategy: string | null; readonly cost: CostReport }>;
  readonly firstDivergence: Divergence | null;
  /** Every epoch k that both trails closed after the same number of writes was compared; false when one was not. */
  readonly epochsComparable: boolean;
  /** Epochs that each trail closed. */
  readonly epochCounts: Both<number>;
  /** The epochs compared. */
  readonly epochs: readonly EpochDiff[];
  /** Rows of meta that differ. */
  readonly settings: readonly SettingDifference[];
  /** With `events`: the first event that differs; null when none does. */
  readonly firstEvent?: EventDifference | null;
}

/** Compares two trails. Throws an `InputError` when one cannot be read. */
export function diff(a: EventSource, b: EventSource, options: DiffOptions = {}): DiffReport {
  const sources = [a, b] as const;
  const facts = [new SideFacts(), new SideFacts()] as const;
  const comparison = new EpochComparison(facts);
  const passes = [
    new Pass(a, [...COST_COLLECTORS, facts[0].collector('diff-side')]),
    new Pass(b, [...COST_COLLECTORS, facts[1].collector('diff-side')]),
  ] as const;
  stepTogether(passes, facts, comparison, options.onProgress);
  const results = [passes[0].finish(), passes[1].finish()] as const;
  const blocks = facts[0].digest.differsFrom(facts[1].digest);
  const aligned = blocks.size === 0;
  const epochCounts = [facts[0].closed, facts[1].closed] as const;
  const decided = aligned && comparison.comparable && epochCounts[0] === epochCounts[1];
  const names = options.names ?? ['a', 'b'];
  const side = (i: 0 | 1) => ({
    trail: names[i],
    strategy: sources[i].meta.strategy,
    cost: costOf(sources[i], results[i]),
  });
  return {
    verdict: comparison.firstDivergence !== null ? 'diverged' : decided ? 'same' : 'undecided',
    aligned,
    misalignment: aligned ? null : locateMisalignment(a, b, blocks),
    sides: [side(0), side(1)],
    firstDivergence: comparison.firstDivergence,
    epochsComparable: comparison.comparable,
    epochCounts,
    epochs: withCosts(comparison.epochs, results),
    settings: differingSettings(a.meta, b.meta),
    ...(options.events === true ? { firstEvent: firstDifferingEvent(a, b) } : {}),
  };
}

/** Steps whichever pass has closed fewer epochs, so that neither queue grows beyond what a chunk holds. */
function stepTogether(
  passes: Both<Pass>,
  facts: Both<SideFacts>,
  comparison: EpochComparison,
  onProgress?: (events: number) => void,
): void {
  const done = [false, false];
  while (!done[0] || !done[1]) {
    const behind = facts[0].closed - facts[1].closed || passes[0].events - passes[1].events;
    const next = done[0] || (!done[1] && behind > 0) ? 1 : 0;
    if (passes[next]!.step()) comparison.advance();
    else done[next] = true;
    // A trail that ended leaves nothing for further epochs of the other to be compared with.
    if (facts.some(({ queue }, i) => done[i] && queue.length === 0)) comparison.stop();
    onProgress?.(passes[0].events + passes[1].events);
  }
}

function withCosts(epochs: readonly EpochDifference[], results: Both<PassResults>): EpochDiff[] {
  const [a, b] = [results[0].facts(costTally).epochs, results[1].facts(costTally).epochs];
  return epochs.map((epoch, i) => ({
    ...epoch,
    faults: [a.faults[i]!, b.faults[i]!],
    bytesTransferred: [a.bytesTransferred[i]!, b.bytesTransferred[i]!],
    overheadNs: [a.overheadNs[i]!, b.overheadNs[i]!],
  }));
}
