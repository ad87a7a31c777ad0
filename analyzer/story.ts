/**
 * What is told of a page that holds an uncaptured write: the write, the TLB entry it went through, what was taken from the in-memory entries
 * before and after, the flushes on that CPU, the transfer before, and the event that cleared the last carrier.
 */
import type { PteCause } from '../traces/index.js';
import type { Excess } from './entry-permissions.js';

/** A page of an address space. */
export interface Place {
  readonly space: number;
  readonly page: number;
}

/** An event and the harvest during which it happened; harvest 0 is outside any. */
export interface Moment {
  readonly seq: number;
  readonly harvest: number;
}

export interface Acknowledgement extends Moment {
  /** Sent by the consumer to arm pages; others are sent by fault handlers, unmaps and moves on their own behalf. */
  readonly isForConsumer: boolean;
}

export interface Change extends Moment {
  readonly kind: string;
  /** For pte events. */
  readonly cause: PteCause | null;
}

export interface UncapturedWrite extends Moment {
  /** -1: a device, or the kernel by a mapping of its own. */
  readonly cpu: number;
  /** The page written, which may be another one of the same frame, or that of a guest. */
  readonly through: Place;
  /** The TLB entry it went through; null where the CPU had none. */
  readonly entry: {
    readonly fillSeq: number;
    /** When it got the flags that it has. */
    readonly grantSeq: number;
    readonly excess: Excess | null;
    readonly huge: boolean;
  } | null;
  /** Whether a carrier that the consumer reads was set when it came. */
  readonly marked: boolean;
  /** The last change before it that took something from an in-memory entry. */
  readonly restriction: Change | null;
  /** The last flush of the page that this CPU acknowledged before it, and whether it was one of the consumer's own. */
  readonly ackBefore: Acknowledgement | null;
}

/** The story of a page, and of the frame behind it. */
export interface PageStory extends Place {
  /** The first write after the last transfer, or one that the transfer did not see; null where there is none. */
  readonly write: UncapturedWrite | null;
  readonly transfer: Moment | null;
  /** The last transfer, where it read memory while the write was in CPU caches alone. */
  readonly oldBytes: Moment | null;
  /** The last event that left no carrier set of those that the consumer reads, and the last such event after the write. */
  readonly carrierCleared: Change | null;
  readonly clearedAfter: Change | null;
  /** The contents moved right after `clearedAfter`, before the page had an entry again. */
  readonly moveAfter: Moment | null;
  /** The last transfer, of any page, in the harvest of `clearedAfter`; 0 where there was none. */
  readonly transfersOverSeq: number;
  /** The last time the walker set D. */
  readonly walkerSetDirty: Moment | null;
  /** The first restriction after the write, and the first flush of the page that the writing CPU acknowledged after it. */
  readonly restrictionAfter: Change | null;
  readonly ackAfter: Moment | null;
}
