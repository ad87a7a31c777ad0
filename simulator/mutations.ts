/**
 * Mutations: deliberate defects that can be switched into a strategy. Each says what it stands for and in which mode it can
 * bite; recording one where it cannot bite is allowed, and announced.
 */
export type MutationId =
  | 'no-flush'
  | 'flush-first'
  | 'transfer-first'
  | 'plain-rmw'
  | 'no-second-flush'
  | 'no-block'
  | 'no-stop'
  | 'unlock-before-upgrade';

/** Where a mutation can do harm: already when each operation runs to completion, or only when micro-steps interleave. */
export type Bite = 'coarse' | 'fine' | 'none';

export interface Mutation {
  readonly id: MutationId;
  readonly summary: string;
  readonly bites: Bite;
  /** It overwrites what the walker does, so it needs a walker that sets D. */
  readonly needsHardwareDirty?: boolean;
}

/** The one list of mutation ids with what each stands for; strategies say where it bites them. */
export const MUTATIONS: Readonly<Record<MutationId, string>> = {
  'no-flush': 'entries are cleaned or protected and no TLB is flushed: CPUs go on writing through what they cached',
  'flush-first': 'the flush comes before the entries change: what a CPU caches in between stays',
  'transfer-first':
    'the bytes are transferred before the marks are cleared and the TLBs flushed: what is written in between is forgotten',
  'plain-rmw':
    'entries are loaded, computed and stored back instead of updated atomically: a D that the walker sets in between is overwritten',
  'no-second-flush': 'the flush after collecting D is left out',
  'no-stop':
    'the program runs on between reading the marks and clearing them: what it writes in between is cleared unread',
  'unlock-before-upgrade':
    'the lock is dropped after the page was marked and before its entry becomes writable (the order of vmwgfx): a harvest in between consumes the mark',
  'no-block': 'new writers are not blocked between protecting and collecting, so the snapshot is not closed',
};

/** A mutation of one strategy. `detail` replaces the general sentence where the strategy needs its own. */
export function mutation(id: MutationId, bites: Bite, detail: string = MUTATIONS[id]): Mutation {
  return { id, summary: detail, bites };
}
