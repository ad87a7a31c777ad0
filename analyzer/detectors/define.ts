/**
 * What a detector is: a conclusion drawn from facts that collectors gathered. It is one file beside this one and one line in
 * `index.ts`; ordering, contained failure, caps and the answer for trails that lack events come with the list.
 */
import type { EventSource } from '../../replayer/index.js';
import type { Finding } from '../finding.js';
import type { CollectorDefinition, PassResults } from '../pass.js';
import type { PageStory, Place } from '../story.js';

/** What the user may set. */
export interface DetectorSettings {
  /** Harvests that a report may come late: 0 or 1. */
  readonly lagEpochs: number;
}

/** One, as KVM's dirty log allows: a write that comes while a round is under way may be reported by the next. */
export const DEFAULT_SETTINGS: DetectorSettings = { lagEpochs: 1 };

/** What a detector may look at. */
export interface Case {
  readonly settings: DetectorSettings;
  readonly source: EventSource;
  readonly results: PassResults;
  /** Gap events in the trail. */
  readonly gaps: number;
  /** The trail ends while a harvest is under way. */
  readonly endsInHarvest: boolean;
  /** The stories of a few pages; a pass of its own, so only for pages that are known to matter. */
  readonly stories: (pages: readonly Place[]) => readonly PageStory[];
}

export interface Conclusion {
  /** How often it was found, in the detector's `counts` unit. */
  readonly count: number;
  /** The worst or first of what was found; at most FINDINGS_MAX. */
  readonly findings: readonly Finding[];
  /** Findings there would be without the cap; absent where none were left out. */
  readonly total?: number;
}

export interface Detector {
  readonly id: string;
  readonly summary: string;
  /** What its number in `counts` counts. */
  readonly counts: string;
  readonly collectors: ReadonlyArray<CollectorDefinition<unknown>>;
  /** Event kinds without which an observed trail cannot answer. */
  readonly needs: readonly string[];
  /** It counts work that was for nothing: worth a figure, and never a cause of anything. */
  readonly isExcess?: boolean;
  readonly conclude: (about: Case) => Conclusion;
}

/** Findings per detector. Chosen: as many as a person reads; the totals are exact. */
export const FINDINGS_MAX = 20;
