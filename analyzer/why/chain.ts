/**
 * What `why` answers with: a chain of links from the cause to what it led to. A link is an event of the trail, or a step that is not there, placed
 * where it should have been. Each says what was done and how that leads to the next link.
 */
import type { Finding } from '../finding.js';

/** Where a step that is missing belongs: after one event and before another. */
export interface Gap {
  readonly after: number;
  readonly before: number;
}

export interface Link {
  /** The event; null for a step that is missing, or one that leaves no event. */
  readonly seq: number | null;
  /** null for an event. */
  readonly gap: Gap | null;
  readonly timeNs: number | null;
  /** -1: a device, or the kernel by a mapping of its own. */
  readonly cpu: number;
  /** By the names in meta. */
  readonly actor: string;
  readonly step: string;
  /** Kind of the event; `missing` for a step that is not there. */
  readonly kind: string;
  readonly what: string;
  /** How it leads to the next link; of the last, what comes of it. */
  readonly so: string;
  /** It is what went wrong. */
  readonly isCause: boolean;
}

export interface Chain {
  /** What is explained: a finding, a page at a position, or an event. */
  readonly about: string;
  /** The answer in one sentence. */
  readonly sentence: string;
  /** In order of time. */
  readonly links: readonly Link[];
  readonly cause: string;
  /** What mends it; null where nothing is wrong. */
  readonly fix: string | null;
  readonly finding: Finding | null;
}

/** A link as a story names it, before its event is looked at. */
export interface Told {
  readonly seq: number;
  readonly what: string;
  readonly so: string;
  readonly isCause?: boolean;
}

/** A step that is not there. */
export interface Missed {
  readonly gap: Gap;
  /** Name of the step, as strategies and scenarios name it. */
  readonly step: string;
  /** The event whose actor should have done it. */
  readonly by: number;
  readonly what: string;
  readonly so: string;
  readonly isCause?: boolean;
}
