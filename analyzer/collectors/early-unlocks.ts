/**
 * Locks over entries that are released while what was restricted under them is not flushed. It matters once another actor decides on such an entry before the
 * flush is acknowledged, for it goes by memory, and a CPU goes by what it cached; and it is for nothing where the flush of that one entry
 * follows at once. A flush for a range comes after the locks over its entries by its nature. Only trails with lock events tell.
 */
import { declare, flushQueue, LOCK_KINDS, lock, transfer, unlock, type EventBatch } from '../../traces/index.js';
import { type Fold, seqOf } from '../../replayer/index.js';
import { eventsOf } from '../event-counts.js';
import type { CollectorDefinition, EventHandler } from '../pass.js';
import { CAUSE, entryChanges } from './entry-changes.js';
import { staleEntries } from './stale-entries.js';

/** Releases that are named, of either sort. */
const EXAMPLES = 20;
/** Releases that are watched until their flush is acknowledged. Chosen: more are never owed at once but by a trail that flushes nothing. */
const WATCHED_MAX = 1000;
const TABLE = LOCK_KINDS.indexOf('page-table');
const MMU = LOCK_KINDS.indexOf('mmu');

export interface EarlyUnlock {
  readonly seq: number;
  readonly actor: number;
  readonly lock: string;
  readonly lockedSeq: number;
  /** The first page that was restricted under the lock and not flushed, and the CPU that holds more. */
  readonly space: number;
  readonly page: number;
  readonly index: number;
  readonly cpu: number;
  readonly restrictedSeq: number;
  /** What else the actor holds, the last lock that it took. */
  readonly behind: string | null;
  /** What made it a risk: another actor decided on the page, or the flush of this entry alone came right after; 0 where neither did. */
  riskSeq: number;
  riskBy: number;
}

export interface EarlyUnlocks {
  readonly unlocks: number;
  /** Those that are a risk. */
  readonly risks: number;
  readonly riskExamples: readonly EarlyUnlock[];
  /** The first of the others. */
  readonly example: EarlyUnlock | null;
}

interface Held {
  readonly kind: number;
  readonly page: number;
  readonly seq: number;
}

export const earlyUnlocks: CollectorDefinition<EarlyUnlocks> = {
  id: 'early-unlocks',
  create(source, peers) {
    if (eventsOf(source, lock.kind) === 0)
      return { finish: () => ({ unlocks: 0, risks: 0, riskExamples: [], example: null }) };
    const change = peers.of(entryChanges);
    const stale = peers.of(staleEntries);
    /** By actor. */
    const held: Held[][] = [];
    /** Pages that the actor restricted since it took its first lock. */
    const restricted: Array<Set<number>> = [];
    /** Releases whose flush is not acknowledged. */
    let watched: EarlyUnlock[] = [];
    /** By actor: its last release, with nothing else held and nothing else restricted since. */
    const lone: Array<EarlyUnlock | undefined> = [];
    const riskExamples: EarlyUnlock[] = [];
    let first: EarlyUnlock | null = null;
    let unlocks = 0;
    let risks = 0;
    const risk = (one: EarlyUnlock, seq: number, actor: number) => {
      if (one.riskSeq > 0) return;
      one.riskSeq = seq;
      one.riskBy = actor;
      risks++;
      if (riskExamples.length < EXAMPLES) riskExamples.push(one);
    };
    /** Somebody decides on a range. */
    const decides = (batch: EventBatch, row: number, fold: Fold, pages: number) => {
      if (watched.length === 0) return;
      const [actor, space, page] = [batch.actor[row]!, batch.space[row]!, batch.page[row]!];
      watched = watched.filter((one) => {
        if (!stale.find(fold, one.index)) return false;
        if (one.actor === actor || one.space !== space || one.page < page || one.page >= page + pages) return true;
        risk(one, seqOf(batch, row), actor);
        return false;
      });
    };
    const flushes: EventHandler = (batch, row) => {
      const actor = batch.actor[row]!;
      const one = lone[actor];
      lone[actor] = undefined;
      if (one !== undefined && batch.slots[flushQueue.slot.pages]![row] === 1) risk(one, seqOf(batch, row), actor);
    };
    const heldBy = (batch: EventBatch, row: number) => (held[batch.actor[row]!] ??= []);
    return {
      on: {
        lock(batch, row) {
          const kind = batch.slots[lock.slot.lock]![row]!;
          heldBy(batch, row).push({ kind, page: batch.page[row]!, seq: seqOf(batch, row) });
        },
        pte(batch, row, _fold, page) {
          if (page < 0 || change.restricted === 0 || change.cause === CAUSE.monitor) return;
          lone[batch.actor[row]!] = undefined;
          if (heldBy(batch, row).length > 0) (restricted[batch.actor[row]!] ??= new Set()).add(page);
        },
        unlock(batch, row, fold) {
          const kind = batch.slots[unlock.slot.lock]![row]!;
          const mine = heldBy(batch, row);
          const at = mine.findLastIndex((one) => one.kind === kind && one.page === batch.page[row]);
          const taken = at < 0 ? undefined : mine.splice(at, 1)[0];
          const pages = restricted[batch.actor[row]!];
          if (pages === undefined || pages.size === 0) return;
          if (kind === TABLE || kind === MMU) {
            for (const page of pages) {
              // A lock over one table says nothing of what was done before it was taken.
              if (!stale.find(fold, page) || stale.restrictedSeq < (taken?.seq ?? 0)) continue;
              unlocks++;
              const unlocked: EarlyUnlock = {
                seq: seqOf(batch, row),
                actor: batch.actor[row]!,
                lock: LOCK_KINDS[kind]!,
                lockedSeq: taken?.seq ?? 0,
                space: fold.pages.space[page]!,
                page: fold.pages.page[page]!,
                index: page,
                cpu: stale.cpu,
                restrictedSeq: stale.restrictedSeq,
                behind: LOCK_KINDS[mine.at(-1)?.kind ?? -1] ?? null,
                riskSeq: 0,
                riskBy: 0,
              };
              first ??= unlocked;
              if (watched.length < WATCHED_MAX) watched.push(unlocked);
              if (mine.length === 0) lone[batch.actor[row]!] = unlocked;
              break;
            }
          }
          if (mine.length === 0) pages.clear();
        },
        // A walk over a range is over: the flush that follows is for all of it.
        walk: (batch, row) => void (lone[batch.actor[row]!] = undefined),
        'flush-queue': flushes,
        transfer: (batch, row, fold) => decides(batch, row, fold, batch.slots[transfer.slot.pages]![row]!),
        declare: (batch, row, fold) => decides(batch, row, fold, batch.slots[declare.slot.pages]![row]!),
        'frame-move': (batch, row, fold) => decides(batch, row, fold, 1),
        unmap: (batch, row, fold) => decides(batch, row, fold, 1),
      },
      finish: () => ({ unlocks, risks, riskExamples, example: first }),
    };
  },
};
