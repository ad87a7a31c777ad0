/**
 * From the story of a lost page to the reason and the nearest fix. The question is where the chain "a write leaves a mark, the mark is
 * cleared, stale translations are flushed, the bytes are read" was broken. Two cases: the write did leave a mark and the mark went without
 * the bytes; or the write left none, because its CPU wrote through an entry that had nothing more to say.
 */
import { formatPage } from '../base/index.js';
import type { Excess } from './entry-permissions.js';
import type { Change, PageStory, UncapturedWrite } from './page-stories.js';

export type LossCause =
  | 'missing-flush'
  | 'flush-before-change'
  | 'transfer-before-flush'
  | 'transfer-before-clear'
  | 'overwritten-dirty'
  | 'dropped-mark'
  | 'not-armed'
  | 'never-marked';

export interface Explanation {
  readonly cause: LossCause;
  readonly rootCause: string;
  readonly fix: string;
}

/** Explains a lost page. `write` is its first uncaptured write. */
export function explainLoss(story: PageStory, write: UncapturedWrite): Explanation {
  const after = story.clearedAfter;
  const before = story.carrierCleared;
  if (after !== null)
    return byPlainStore(after) ? overwrittenDirty(story, after) : clearedAfterWrite(story, write, after);
  if (before !== null && byPlainStore(before) && before.seq === write.restriction?.seq)
    return overwrittenDirty(story, before);
  return write.entry?.excess == null ? unarmed(story, write, before) : staleEntry(story, write);
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
    rootCause: `the last mark of the page was dropped at seq ${cleared.seq} (${words(cleared)}) and its bytes were not transferred after that`,
    fix: 'transfer every page whose mark is cleared, or leave the mark set',
  };
}

function staleEntry(story: PageStory, write: UncapturedWrite): Explanation {
  const restriction = write.restriction;
  const entry = `a TLB entry ${ENTRY_WORDS[write.entry!.excess!]} (filled at seq ${write.entry!.fillSeq})`;
  const when = restriction === null ? 'the entry was restricted' : `${words(restriction)} at seq ${restriction.seq}`;
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
    write.ackBefore !== null &&
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
  return {
    cause: 'missing-flush',
    rootCause: `missing flush: cpu ${write.cpu} kept ${entry} after ${when}, and no flush followed; its writes went on without leaving a mark`,
    fix: 'flush the TLBs of the range after its entries are cleaned or protected, and before the bytes are transferred',
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
      rootCause: `not armed: the mark was cleared at seq ${cleared.seq} (${words(cleared)}), but the entry went on permitting writes, so the write at seq ${write.seq} had no reason to set a mark`,
      fix: 'whenever a mark is cleared, clean or protect the entries that could set it, and flush them',
    };
  }
  return {
    cause: 'never-marked',
    rootCause: `no event of the trail ever set a carrier that the consumer reads for page ${formatPage(story.page)}`,
    fix: 'check that this kind of write is one the strategy can see, and that its carrier is among those the consumer reads',
  };
}

/** After "a TLB entry". */
const ENTRY_WORDS: Readonly<Record<Excess, string>> = {
  present: 'of a translation that memory no longer has',
  frame: 'to another frame than memory names',
  writable: 'with W',
  dirty: 'with W and D',
};

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
};

function words(change: Change): string {
  if (change.kind === 'pte' && change.cause !== null) return CAUSE_WORDS[change.cause]!;
  if (change.kind === 'switch') return 'the method switched to other carriers';
  return change.kind === 'mark' ? 'the mark was cleared' : `${change.kind} of the page`;
}
