/**
 * Losses that come of what is done to pages besides tracking them (unmapped, moved, split), and of those who share them: devices that do
 * not snoop, devices with translations of their own, monitors of virtual machines.
 */
import { formatPage } from '../base/index.js';
import type { Explanation } from './explanation.js';
import type { Change, Moment, PageStory, UncapturedWrite } from './story.js';

type CachedEntry = NonNullable<UncapturedWrite['entry']>;

/** A transfer read memory while the write was in CPU caches alone. */
export function oldBytesTransferred(transfer: Moment, write: UncapturedWrite): Explanation {
  const whose = write.cpu < 0 ? 'CPU caches' : `the caches of cpu ${write.cpu}`;
  return {
    cause: 'caches-not-flushed',
    rootCause: `caches were not flushed before the transfer: what was written at seq ${write.seq} was in ${whose} alone when the bytes were transferred at seq ${transfer.seq}, and the device does not snoop`,
    fix: 'write CPU caches back for the range (dma_sync_*_for_device, clflush) after the TLB flush and before the transfer',
  };
}

/** Where an operation on the page took the last mark along; null where the mark went otherwise. */
export function transformLoss(story: PageStory, cleared: Change): Explanation | null {
  const page = formatPage(story.page);
  if (cleared.cause === 'split') {
    return {
      cause: 'dropped-by-split',
      rootCause: `the split dropped the mark: the huge entry over page ${page} became small ones at seq ${cleared.seq}, and none of them has its D`,
      fix: 'give every small entry the D of the huge one, or mark all 512 pages, in the step that splits it',
    };
  }
  if (story.moveAfter !== null || cleared.kind === 'frame-move') {
    const seq = story.moveAfter?.seq ?? cleared.seq;
    return {
      cause: 'dropped-by-move',
      rootCause: `the move dropped the mark: the entry of page ${page} was taken out at seq ${cleared.seq}, its contents moved at seq ${seq}, and its D was not carried along`,
      fix: 'record D (in the new entry, the bitmap or the page flag) before the contents of a page move',
    };
  }
  if (cleared.cause === 'unmap' || cleared.kind === 'unmap') {
    return {
      cause: 'unmapped-uncollected',
      rootCause: `unmapped without collecting: the entry of page ${page} was taken out at seq ${cleared.seq} with the last mark in it, and nothing recorded that`,
      fix: 'collect marks before an unmap, or record D from the value that the unmap returns (page flag, bitmap, swap entry)',
    };
  }
  return null;
}

/** A device wrote through a translation that the kernel thought it had withdrawn. */
export function deviceLoss(page: number, { restriction, ackBefore }: UncapturedWrite, entry: CachedEntry): Explanation {
  const when =
    restriction === null ? 'its entry was restricted' : `${changeWords(restriction)} at seq ${restriction.seq}`;
  const early =
    ackBefore !== null && restriction !== null && restriction.harvest > 0 && ackBefore.harvest === restriction.harvest;
  return {
    cause: 'missing-notifier',
    rootCause: early
      ? `the notifier came too early: the device dropped what it had cached of page ${formatPage(page)} at seq ${ackBefore.seq}, and wrote through an entry filled at seq ${entry.fillSeq} although ${when}`
      : `missing notifier: the device kept its translation of page ${formatPage(page)} (filled at seq ${entry.fillSeq}) after ${when}; nobody told it, and its writes left no mark`,
    fix: 'call mmu_notifier_invalidate_range_start before the entries change and _end after the TLB flush, for every address of the range',
  };
}

/** D in a TLB entry that memory never had: there is nothing to collect. */
export function unsetDirty(page: number, write: UncapturedWrite, entry: CachedEntry): Explanation {
  return {
    cause: 'dirty-never-set',
    rootCause: `the monitor does not emulate dirty bits: cpu ${write.cpu} cached W and D for page ${formatPage(page)} at seq ${entry.grantSeq}, and D was not set in memory, so there was nothing to collect`,
    fix: 'set D in the in-memory entry in the step that lets it be cached, or track by write protection on such a monitor',
  };
}

const CAUSE_WORDS: Readonly<Record<string, string>> = {
  clean: 'D was cleared',
  protect: 'W was cleared',
  exchange: 'the entry was taken out',
  store: 'the entry was overwritten by a plain store',
  unmap: 'the entry was unmapped',
  walker: 'the walker changed the entry',
  fault: 'a fault handler changed the entry',
  map: 'the entry was mapped anew',
  observed: 'the entry changed',
  split: 'the huge entry was split',
  copy: 'the entry was copied',
  monitor: 'the monitor changed the entry',
};

/** What happened, as a sentence: "D was cleared". */
export function changeWords(change: Change): string {
  if (change.kind === 'pte' && change.cause !== null) return CAUSE_WORDS[change.cause]!;
  if (change.kind === 'switch') return 'the method switched to other carriers';
  return change.kind === 'mark' ? 'the mark was cleared' : `${change.kind} of the page`;
}
