/**
 * From the story of a lost page to the reason and the nearest fix. The question is where the chain "a write leaves a mark, the mark is
 * cleared, stale translations are flushed, the bytes are read" was broken. Two cases: the write did leave a mark and the mark went without
 * the bytes; or the write left none, because its CPU wrote through an entry that had nothing more to say. Losses that come of what is
 * done to pages, and of devices and monitors, are in `transform-losses.ts`.
 */
import { formatPage } from '../base/index.js';
import type { Excess } from './entry-permissions.js';
import type { Explanation } from './explanation.js';
import type { Change, PageStory, UncapturedWrite } from './story.js';
import { changeWords, deviceLoss, oldBytesTransferred, transformLoss, unsetDirty } from './transform-losses.js';

/** Explains a lost page. `write` is its first uncaptured write. */
export function explainLoss(story: PageStory, write: UncapturedWrite): Explanation {
  const after = story.clearedAfter;
  const before = story.carrierCleared;
  if (story.oldBytes !== null) return oldBytesTransferred(story.oldBytes, write);
  if (after !== null)
    return byPlainStore(after)
      ? overwrittenDirty(story, after)
      : (transformLoss(story, after) ?? clearedAfterWrite(story, write, after));
  if (before !== null && byPlainStore(before) && before.seq === write.restriction?.seq)
    return overwrittenDirty(story, before);
  const { entry } = write;
  if (entry === null || entry.excess === null) return unarmed(story, write, before);
  if (write.cpu < 0) return deviceLoss(story.page, write, entry);
  // Whoever cached D after the last restriction did not have it from memory.
  if (entry.excess === 'dirty' && entry.grantSeq > (write.restriction?.seq ?? 0))
    return unsetDirty(story.page, write, entry);
  return staleEntry(story, write);
}

function isElsewhere({ through }: UncapturedWrite, { space, page }: PageStory): boolean {
  return through.page !== page || through.space !== space;
}

function byPlainStore(change: Change): boolean {
  return change.kind === 'pte' && change.cause === 'store';
}

function overwrittenDirty(story: PageStory, cleared: Change): Explanation {
  const set =
    story.walkerSetDirty === null ? '' : `, and the walker's D of seq ${story.walkerSetDirty.seq} went with it`;
  return {
    cause: 'overwritten-dirty',
    rootCause: `non-atomic read-modify-write: the entry of page ${formatPage(story.page)} was stored at seq ${cleared.seq} as computed from an earlier load${set}, so nobody learnt that the page was dirty`,
    fix: 'change the entry atomically (exchange, compare-and-swap or and-not) and decide on the value that the update returns',
  };
}

function clearedAfterWrite(story: PageStory, write: UncapturedWrite, cleared: Change): Explanation {
  const { transfer, transfersOverSeq } = story;
  const fix = 'clear the mark, flush, and only then transfer the bytes';
  if (transfer !== null && transfer.harvest > 0 && transfer.harvest === cleared.harvest) {
    return {
      cause: 'transfer-before-clear',
      rootCause: `the bytes were transferred too early: at seq ${transfer.seq}, before the mark was cleared at seq ${cleared.seq}; the write at seq ${write.seq} came in between, and its mark was cleared with the others`,
      fix,
    };
  }
  if (transfersOverSeq > 0 && transfersOverSeq < cleared.seq) {
    return {
      cause: 'transfer-before-clear',
      rootCause: `the bytes were transferred too early: the last transfer of harvest ${cleared.harvest} was at seq ${transfersOverSeq}, and the mark of this page, written at seq ${write.seq}, was cleared after it at seq ${cleared.seq}`,
      fix,
    };
  }
  return {
    cause: 'dropped-mark',
    rootCause: `the last mark of the page was dropped at seq ${cleared.seq} (${changeWords(cleared)}) and its bytes were not transferred after that`,
    fix: 'transfer every page whose mark is cleared, or leave the mark set',
  };
}

function staleEntry(story: PageStory, write: UncapturedWrite): Explanation {
  const restriction = write.restriction;
  const entry = `a TLB entry ${ENTRY_WORDS[write.entry!.excess!]} (filled at seq ${write.entry!.fillSeq})`;
  const when =
    restriction === null ? 'the entry was restricted' : `${changeWords(restriction)} at seq ${restriction.seq}`;
  const { ackAfter, transfer } = story;
  const harvest = restriction?.harvest ?? 0;
  if (ackAfter !== null && harvest > 0 && ackAfter.harvest === harvest && transfer?.harvest === harvest) {
    return {
      cause: 'transfer-before-flush',
      rootCause: `the bytes were transferred before the flush: at seq ${transfer.seq}, while cpu ${write.cpu} acknowledged it only at seq ${ackAfter.seq}; until then it wrote through ${entry}`,
      fix: 'wait for the flush to be acknowledged before the bytes are transferred',
    };
  }
  if (
    write.ackBefore?.isForConsumer === true &&
    restriction !== null &&
    harvest > 0 &&
    write.ackBefore.harvest === harvest &&
    write.ackBefore.seq < restriction.seq
  ) {
    return {
      cause: 'flush-before-change',
      rootCause: `the flush came too early: cpu ${write.cpu} acknowledged it at seq ${write.ackBefore.seq}, before ${when}; it cached ${entry}, and no flush followed`,
      fix: 'change the entry first and flush after it; a flush removes only what was cached before',
    };
  }
  const elsewhere = isElsewhere(write, story) ? ` (by page ${formatPage(write.through.page)}, which maps it too)` : '';
  return {
    cause: 'missing-flush',
    rootCause: `missing flush: cpu ${write.cpu} kept ${entry}${elsewhere} after ${when}, and no flush followed; its writes went on without leaving a mark`,
    fix:
      elsewhere === ''
        ? 'flush the TLBs of the range after its entries are cleaned or protected, and before the bytes are transferred'
        : 'clean, protect and flush by every address at which the frame is mapped, before the bytes are transferred',
  };
}

function unarmed(story: PageStory, write: UncapturedWrite, cleared: Change | null): Explanation {
  const { transfer, restrictionAfter } = story;
  if (transfer !== null && transfer.harvest > 0 && restrictionAfter?.harvest === transfer.harvest) {
    return {
      cause: 'transfer-before-flush',
      rootCause: `the bytes were transferred too early: at seq ${transfer.seq}, while the entry still let cpu ${write.cpu} write without leaving a mark; it was restricted only at seq ${restrictionAfter.seq}`,
      fix: 'clean or protect the entry and flush it before the bytes are transferred',
    };
  }
  if (cleared !== null) {
    return {
      cause: 'not-armed',
      rootCause: `not armed: the mark was cleared at seq ${cleared.seq} (${changeWords(cleared)}), but the entry went on permitting writes, so the write at seq ${write.seq} had no reason to set a mark`,
      fix: 'whenever a mark is cleared, clean or protect the entries that could set it, and flush them',
    };
  }
  if (isElsewhere(write, story)) {
    return {
      cause: 'never-marked',
      rootCause: `the frame was written through another page that maps it (${formatPage(write.through.page)}), and no mark was left for it`,
      fix: 'collect, arm and flush by every address at which the frame is mapped',
    };
  }
  if (write.entry?.huge === true) {
    return {
      cause: 'huge-marked-in-part',
      rootCause: `a huge entry lets cpu ${write.cpu} write all of its 512 pages, and page ${formatPage(story.page)} was not among those marked`,
      fix: 'mark every page that a huge entry covers when it becomes writable, or split it first',
    };
  }
  return {
    cause: 'never-marked',
    rootCause: `no event of the trail ever set a carrier that the consumer reads for page ${formatPage(story.page)}`,
    fix: 'arm the entry when it is mapped; where a log keeps the mark, drain it; and check that this kind of write is one the strategy can see, and that its carrier is among those the consumer reads',
  };
}

/** After "a TLB entry". */
const ENTRY_WORDS: Readonly<Record<Excess, string>> = {
  present: 'of a translation that memory no longer has',
  frame: 'to another frame than memory names',
  writable: 'with W',
  dirty: 'with W and D',
};
