/**
 * Mutations: deliberate defects that can be switched into a strategy. Each drops, reorders or weakens one step of a protocol, says what it
 * stands for, in which mode it can bite and what else that needs; recording one where it cannot bite is allowed, and announced.
 */
import type { HistoryId } from './history.js';

/** Where a mutation can do harm: already when each operation runs to completion, only when micro-steps interleave, or never. */
export type Bite = 'coarse' | 'fine' | 'none';
export type Defect = 'drop' | 'reorder' | 'weaken';
/** What a run must have besides the mode for a mutation to bite. */
export type Need =
  | 'hardware-dirty'
  | 'separate-flush'
  | 'non-coherent'
  | 'device-mmu'
  | 'unmap'
  | 'move'
  | 'huge'
  | 'split'
  | 'gaps'
  | 'guest';

interface MutationKind {
  readonly how: Defect;
  readonly summary: string;
  readonly history?: HistoryId;
  readonly needs?: readonly Need[];
}

/** The one list of mutation ids with what each stands for; strategies say where it bites them. */
export const MUTATIONS = {
  'no-flush': {
    how: 'drop',
    summary: 'entries are cleaned or protected and no TLB is flushed: CPUs go on writing through what they cached',
    history: 'A2',
    needs: ['separate-flush'],
  },
  'flush-first': {
    how: 'reorder',
    summary: 'the flush comes before the entries change: what a CPU caches in between stays',
    history: 'lazy-mmu',
    needs: ['separate-flush'],
  },
  'transfer-first': {
    how: 'reorder',
    summary:
      'the bytes are transferred before the marks are cleared and the TLBs flushed: what is written in between is forgotten',
    history: 'A5',
  },
  'plain-rmw': {
    how: 'weaken',
    summary:
      'entries are loaded, computed and stored back instead of updated atomically: a D that the walker sets in between is overwritten',
    history: 'A1',
  },
  'no-rearm': {
    how: 'drop',
    summary: 'marks are consumed and the entries stay as they are: the next write leaves no mark',
    history: 'A25',
  },
  'no-mark': { how: 'drop', summary: 'the page is let be written, or cleaned, and its mark is left out' },
  'no-second-flush': { how: 'drop', summary: 'the flush after collecting D is left out' },
  'no-block': {
    how: 'drop',
    summary: 'new writers are not blocked between protecting and collecting, so the snapshot is not closed',
  },
  'no-recheck': {
    how: 'drop',
    summary: 'D is read in the step that protects, and not looked at again after the flush',
  },
  'check-before-protect': {
    how: 'reorder',
    summary:
      'D is looked at and cleaned first, and then the entries are protected and taken out: check, then protect; a write in between is dropped',
    needs: ['unmap'],
  },
  'no-stop': {
    how: 'drop',
    summary:
      'the program runs on between reading the marks and clearing them: what it writes in between is cleared unread',
  },
  'unlock-before-flush': {
    how: 'reorder',
    summary: 'the lock over the entries is dropped before the flush',
    history: 'A33',
    needs: ['separate-flush'],
  },
  'unlock-before-upgrade': {
    how: 'weaken',
    summary:
      'the lock is dropped after the page was marked and before its entry becomes writable (the order of vmwgfx): a harvest in between consumes the mark',
    history: 'A42',
  },
  'no-interval': {
    how: 'drop',
    summary:
      'the change from write protection to D bits clears the bitmap and does not mark the interval of the last scan',
  },
  'no-collect': {
    how: 'drop',
    summary: 'entries are unmapped without their D being collected first; without a struct page it is dropped',
    needs: ['unmap'],
  },
  'move-drops-dirty': {
    how: 'drop',
    summary: 'a move between system memory and device memory takes entries out and forgets their D',
    history: 'A17',
    needs: ['move'],
  },
  'swap-drops-bit': {
    how: 'drop',
    summary: 'the bit is not carried in the swap entry: a page that was swapped out comes back clean',
    history: 'A19',
    needs: ['unmap'],
  },
  'split-drops-dirty': {
    how: 'weaken',
    summary: 'a huge entry is split from a value read before: its small entries begin clean',
    history: 'A15',
    needs: ['huge', 'split'],
  },
  'no-cache-flush': {
    how: 'drop',
    summary: 'CPU caches are not written back before a device that does not snoop reads: it transfers old bytes',
    needs: ['non-coherent'],
  },
  'no-notifier': {
    how: 'drop',
    summary: 'the MMU of the device is not told that entries change: it goes on writing through what it took up',
    needs: ['device-mmu'],
  },
  'notifier-end-before-flush': {
    how: 'reorder',
    summary: 'the device may take translations up again before the TLBs are flushed',
    needs: ['device-mmu'],
  },
  'populating-walk': {
    how: 'weaken',
    summary:
      'the walk allocates the page tables that are missing in its range and looks through them, as apply_to_page_range does: no write is lost, memory and time are',
    needs: ['gaps'],
  },
  'protect-before-swap': {
    how: 'reorder',
    summary:
      'entries are protected first and the bitmap is taken afterwards: a mark made in between goes with it, its page stays writable',
    history: 'A32',
  },
  'skip-owed-flush': {
    how: 'drop',
    summary:
      "a round that finds nothing to protect does not flush, although a guest's INVLPG has just taken writable shadow entries out and some virtual CPU still has them cached",
    history: 'A33',
    needs: ['guest'],
  },
  'large-entry-logs-one': {
    how: 'weaken',
    summary: 'a write fault on a huge entry makes all of it writable and marks one page',
    history: 'large-spte',
    needs: ['huge'],
  },
  'initially-set': {
    how: 'drop',
    summary:
      'entries begin writable because a bitmap that begins all set would report them anyway; a ring has no such bitmap',
    history: 'ring-initially-set',
  },
  'reset-after-read': {
    how: 'reorder',
    summary: 'the ring is reset, and its pages protected, after their bytes were read',
  },
  'no-kick': {
    how: 'drop',
    summary: 'virtual CPUs are not made to exit, so what is in their page-modification logs is not looked at',
  },
} as const satisfies Readonly<Record<string, MutationKind>>;

export type MutationId = keyof typeof MUTATIONS;

export interface Mutation {
  readonly id: MutationId;
  readonly how: Defect;
  readonly summary: string;
  readonly bites: Bite;
  readonly history?: HistoryId;
  readonly needs: readonly Need[];
}

interface Particulars {
  /** Replaces the general sentence where the strategy needs its own. */
  readonly summary?: string;
  readonly history?: HistoryId;
  /** Needed on top of what the mutation needs anywhere. */
  readonly needs?: readonly Need[];
}

/** A mutation of one strategy. */
export function mutation(id: MutationId, bites: Bite, particulars: Particulars = {}): Mutation {
  const kind: MutationKind = MUTATIONS[id];
  const history = particulars.history ?? kind.history;
  return {
    id,
    how: kind.how,
    summary: particulars.summary ?? kind.summary,
    bites,
    needs: [...(kind.needs ?? []), ...(particulars.needs ?? [])],
    ...(history !== undefined && { history }),
  };
}
