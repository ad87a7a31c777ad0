/**
 * Two trails side by side. Where both hold the same writes, a write is known by its CPU and its position among the writes of that CPU, and
 * the match is exact whatever happened between them; otherwise by its page and its position among the writes to it. Both trails are read
 * once, in step, and what is held of them does not grow with their length, but for one line per epoch; a narrow second look finds
 * the few writes that are shown.
 */
import type { EventSource } from '../../replayer/index.js';
import { type Alignment } from './unmatched.js';
import { type CostReport } from '../cost/index.js';
import { Comparison, type ComparisonOptions, type EpochDiff } from './comparison.js';
import type { CostAttribution } from './cost-buckets.js';
import type { DifferingWrite } from './differing-writes.js';
import type { Both, Divergence, Meeting, Stretch } from './epoch-comparison.js';
import { firstDifferingEvent, type EventDifference } from './first-event.js';
import type { AlignmentMode } from './lanes.js';
import type { Misalignment } from './misalignment.js';
import type { PageDifference, PageDifferences, PageOrder } from './page-differences.js';
import { differingSettings, type SettingDifference } from './settings.js';
import { startAlike } from './start-alike.js';
import type { WriteTotals } from './write-join.js';

export interface DiffOptions {
  /** What the sides are called in the answer. Default `a` and `b`. */
  readonly names?: Both<string>;
  /** Also looks for the first event that differs. */
  readonly events?: boolean;
  /** What writes are matched by. Default `auto`: by CPU and order where the writes are the same, otherwise by page and order. */
  readonly align?: AlignmentMode | 'auto';
  /** Which differing writes are listed, by position: default the first 20. */
  readonly writes?: { readonly limit?: number; readonly from?: number; readonly to?: number };
  /** Which pages are listed: default the 20 whose costs lie furthest apart. */
  readonly pages?: { readonly limit?: number; readonly by?: PageOrder };
  /** Called after each chunk with the events passed, of both trails together. */
  readonly onProgress?: (events: number) => void;
}

export interface DiffReport {
  /**
   * `same`: the same writes, and after each of them consumers who know the same. `diverged`: there is a first divergence.
   * `undecided`: none was found, but the writes differ or not all harvests could be compared.
   */
  readonly verdict: 'same' | 'diverged' | 'undecided';
  /** The same writes on both sides, CPU by CPU. Reads do not matter. */
  readonly aligned: boolean;
  /** The first write that differs; null when aligned. */
  readonly misalignment: Misalignment | null;
  /** How the writes were matched, and what was left over. */
  readonly alignment: Alignment;
  readonly sides: Both<{
    readonly trail: string;
    readonly strategy: string | null;
    readonly cost: CostReport;
    /** The overhead of `cost`, by whose it is. */
    readonly attribution: CostAttribution;
  }>;
  readonly firstDivergence: Divergence | null;
  /** Where the consumers know the same again after it; null when they do not, or there is none. */
  readonly reconverges: Meeting | null;
  /** From each parting to the meeting after it, the first of them, and how many there are. */
  readonly divergences: { readonly total: number; readonly stretches: readonly Stretch[] };
  /** Every epoch k that both trails closed after the same number of writes was compared; false when one was not. */
  readonly epochsComparable: boolean;
  /** Epochs that each trail closed. */
  readonly epochCounts: Both<number>;
  /** The epochs compared. */
  readonly epochs: readonly EpochDiff[];
  /** Of the matched writes, in how many the sides differ, and what they cost. */
  readonly writeTotals: WriteTotals & { readonly inStretch: number };
  /** The first writes that differ, in order. */
  readonly writes: readonly DifferingWrite[];
  /** Those whose costs lie furthest apart. */
  readonly topWrites: readonly DifferingWrite[];
  /** Pages that differ, those furthest apart first. */
  readonly pages: readonly PageDifference[];
  readonly pageTotals: Omit<PageDifferences, 'first'>;
  /** Rows of meta that differ. */
  readonly settings: readonly SettingDifference[];
  /** With `events`: the first event that differs; null when none does. */
  readonly firstEvent?: EventDifference | null;
}

export const SHOWN = 20;

/** Compares two trails. Throws an `InputError` when one cannot be read. */
export function diff(a: EventSource, b: EventSource, options: DiffOptions = {}): DiffReport {
  const { align = 'auto', writes = {}, pages = {}, onProgress } = options;
  const settings: ComparisonOptions = {
    writes: { limit: writes.limit ?? SHOWN, from: writes.from ?? 1, to: writes.to ?? Infinity },
    pages: { limit: pages.limit ?? SHOWN, by: pages.by ?? 'cost' },
    onProgress,
  };
  const mode = align !== 'auto' ? align : startAlike(a, b) ? 'write' : 'page';
  const first = new Comparison([a, b], mode, settings);
  // What one pass found to be other writes late takes a second one, by page. A trail that is merely shorter is matched as far as it goes.
  const again = align === 'auto' && mode === 'write' && first.holdsOtherWrites;
  const comparison = again ? new Comparison([a, b], 'page', settings) : first;
  const names = options.names ?? ['a', 'b'];
  const side = (i: 0 | 1) => ({ trail: names[i], strategy: [a, b][i]!.meta.strategy, ...comparison.side(i) });
  const { aligned, misalignment, firstDivergence, reconverges, divergences, complete } = first;
  const { differing, pageDifferences } = comparison;
  const { first: firstPages, ...pageTotals } = pageDifferences;
  return {
    verdict: firstDivergence !== null ? 'diverged' : aligned && complete ? 'same' : 'undecided',
    aligned,
    misalignment,
    alignment: comparison.alignment(align === 'auto' && (again || mode === 'page')),
    sides: [side(0), side(1)],
    firstDivergence,
    reconverges,
    divergences,
    epochsComparable: first.epochsComparable,
    epochCounts: first.epochCounts,
    epochs: first.epochs,
    ...differing,
    pages: firstPages,
    pageTotals,
    settings: differingSettings(a.meta, b.meta),
    ...(options.events === true ? { firstEvent: firstDifferingEvent(a, b) } : {}),
  };
}
