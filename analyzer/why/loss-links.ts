/**
 * The chain of a lost page, by why it was lost: which of the links of "a write leaves a mark, the mark is cleared, stale translations are flushed, the
 * bytes are read" is not there or is out of place, and the events around it that show it. One row of the table for each cause.
 */
import { formatPage } from '../../base/index.js';
import { CARRIERS, TLB_DIRTY, TLB_WRITABLE } from '../../traces/index.js';
import type { LossCause } from '../explanation.js';
import type { Moment, PageStory, UncapturedWrite } from '../story.js';
import type { Missed, Told } from './chain.js';
import type { TrailEvents } from './trail-events.js';
import { cpuText, deedOf } from './words.js';

/** Carriers that a round fills, and then works from. */
const WORKED_FROM: readonly string[] = ['bitmap', 'snapshot', 'fault-list'];

type Links = ReadonlyArray<Told | Missed | null>;

export class LossLinks {
  readonly #events: TrailEvents;
  readonly #story: PageStory;
  readonly #write: UncapturedWrite;
  readonly #who: string;
  readonly #page: string;

  constructor(events: TrailEvents, story: PageStory, write: UncapturedWrite) {
    this.#events = events;
    this.#story = story;
    this.#write = write;
    this.#who = cpuText(write.cpu);
    this.#page = formatPage(story.page);
  }

  of(cause: LossCause): Links {
    return this.#byCause[cause]();
  }

  readonly #byCause: Readonly<Record<LossCause, () => Links>> = {
    'missing-flush': () => [
      this.#fill(),
      this.#restriction(),
      this.#missingFlush(true),
      this.#cleared(),
      this.#transfer(),
      this.#lostWrite(),
    ],
    'flush-before-change': () => [
      this.#fill(),
      this.#told(this.#write.ackBefore, 'its copy was gone, but not for long: nothing had changed yet', true),
      this.#restriction(),
      this.#missingFlush(false),
      this.#transfer(),
      this.#lostWrite(),
    ],
    'transfer-before-flush': () => [
      this.#fill(),
      this.#restriction(),
      this.#told(
        this.#story.transfer,
        `the bytes were read while ${this.#who} could still write without leaving a mark`,
        true,
      ),
      this.#lostWrite(),
      this.#told(this.#story.restrictionAfter, 'only now did the entry lose the right to be written unseen'),
      this.#told(this.#story.ackAfter, 'the flush came when the bytes had been read already'),
    ],
    'transfer-before-clear': () => [
      this.#told(this.#transferOfRound(), 'the bytes were read before the marks were cleared', true),
      this.#markedWrite(),
      this.#told(
        this.#story.clearedAfter,
        'the mark of the write went with the others, and its bytes were not read again',
      ),
    ],
    'overwritten-dirty': () => [
      this.#fill(),
      this.#told(this.#story.walkerSetDirty, 'memory said now that the page is dirty'),
      this.#told(
        this.#story.clearedAfter ?? this.#story.carrierCleared,
        'what was stored had been computed from an earlier look, so D was gone and nobody had seen it',
        true,
      ),
      this.#lostWrite(),
    ],
    'dropped-mark': () => [
      this.#markedWrite(),
      this.#told(this.#story.clearedAfter, 'that was the last mark of the page', true),
      this.#isHandedOn()
        ? this.#missingMark(this.#story.clearedAfter, 'what was taken from there was not remembered elsewhere')
        : this.#missing(
            'transfer',
            this.#story.clearedAfter,
            null,
            `the bytes of page ${this.#page} were not read after that`,
            'the consumer has the bytes from before the write, and nothing will tell it so',
          ),
    ],
    'not-armed': () => [
      this.#told(this.#story.carrierCleared, 'that was the last mark of the page'),
      this.#missing(
        'protect entries',
        this.#story.carrierCleared,
        this.#write,
        `the entry of page ${this.#page} was neither cleaned nor protected`,
        'it went on permitting writes that leave no mark',
        true,
      ),
      this.#transfer(),
      this.#lostWrite(),
    ],
    'caches-not-flushed': () => [
      this.#told(this.#write, `the bytes were in the caches of ${this.#who} alone`),
      this.#missing(
        'flush CPU caches',
        this.#write,
        this.#story.oldBytes,
        `CPU caches were not written back for page ${this.#page}`,
        'memory still held the bytes from before the write',
        true,
        this.#story.oldBytes,
      ),
      this.#told(this.#story.oldBytes, 'the device does not snoop, so it read the old bytes and the mark was gone'),
    ],
    'unmapped-uncollected': () => [
      this.#markedWrite(),
      this.#told(this.#story.clearedAfter, 'the last mark was in the entry', true),
      this.#missingMark(this.#story.clearedAfter, 'nothing recorded that the page was dirty'),
    ],
    'dropped-by-move': () => [
      this.#markedWrite(),
      this.#told(this.#story.clearedAfter, 'the last mark was in the entry', true),
      this.#missingMark(this.#story.clearedAfter, 'D was not carried along', this.#story.moveAfter),
      this.#told(this.#story.moveAfter, 'the contents are in another frame now, which counts as clean'),
    ],
    'dropped-by-split': () => [
      this.#markedWrite(),
      this.#told(this.#story.clearedAfter, 'the huge entry had D, and none of the small ones has', true),
      this.#missingMark(this.#story.clearedAfter, 'the pages of the huge entry were not marked either'),
    ],
    'missing-notifier': () => [
      this.#fill(),
      this.#told(this.#write.ackBefore, 'it dropped what it had, and could take it up again before the change'),
      this.#restriction(),
      this.#missing(
        'notifier',
        this.#write.restriction,
        this.#write,
        'the MMU of the device was not told',
        'it kept its translation',
        true,
      ),
      this.#transfer(),
      this.#lostWrite(),
    ],
    'dirty-never-set': () => [
      this.#restriction(),
      this.#granted(),
      this.#missing(
        'monitor sets D',
        this.#write.entry && { seq: this.#write.entry.grantSeq },
        this.#write,
        `D was not set in the entry of page ${this.#page} in memory`,
        'there is nothing to collect, whoever looks',
        true,
      ),
      this.#lostWrite(),
    ],
    'huge-marked-in-part': () => [
      this.#fill(),
      this.#missingMark(
        this.#write.entry && { seq: this.#write.entry.fillSeq },
        `page ${this.#page} was not among the pages that were marked`,
        this.#write,
      ),
      this.#transfer(),
      this.#lostWrite(),
    ],
    'never-marked': () => [
      this.#transfer(),
      this.#fill(),
      this.#told(this.#write, 'no carrier that the consumer reads was set for it'),
      this.#missingMark(this.#write, 'nobody will come for the page', null, true),
    ],
  };

  /** An event with its own words. */
  #told(moment: { readonly seq: number } | null, so: string, isCause = false): Told | null {
    if (moment === null || moment.seq <= 0) return null;
    const event = this.#events.at(moment.seq);
    return { seq: moment.seq, what: event === null ? '' : deedOf(this.#events, event), so, isCause };
  }

  #fill(): Told | null {
    const { entry } = this.#write;
    if (entry === null) return null;
    const flags = this.#events.at(entry.fillSeq)?.fields['flags'] ?? 0;
    const stays =
      flags & TLB_DIRTY
        ? 'until that copy is flushed, it writes without looking at memory'
        : flags & TLB_WRITABLE
          ? 'until that copy is flushed, it may write'
          : 'that is the copy the write went through';
    return this.#told({ seq: entry.fillSeq }, stays);
  }

  #granted(): Told | null {
    const { entry } = this.#write;
    return entry && this.#told({ seq: entry.grantSeq }, 'its writes need no look at memory from here on');
  }

  #restriction(): Told | null {
    const copy = this.#write.entry === null ? '' : `, but the copy of ${this.#who} is as it was`;
    return this.#told(this.#write.restriction, `memory asks for a new mark of the next write${copy}`);
  }

  #missingFlush(isCause: boolean): Missed | null {
    const { restriction } = this.#write;
    if (restriction === null) return null;
    const { transfer } = this.#story;
    const before = transfer !== null && transfer.seq > restriction.seq ? transfer : this.#write;
    return this.#missing(
      'flush',
      restriction,
      before,
      `no flush of page ${formatPage(this.#write.through.page)} reached ${this.#who}`,
      `${this.#who} went on writing through what it had cached`,
      isCause,
    );
  }

  #cleared(): Told | null {
    const { carrierCleared } = this.#story;
    if (carrierCleared === null || carrierCleared.seq > this.#write.seq) return null;
    return this.#told(carrierCleared, 'that was the last mark that the consumer reads');
  }

  #transfer(): Told | null {
    return this.#told(
      this.#story.transfer,
      'the last time that the consumer read the page: what is written later it does not have',
    );
  }

  #lostWrite(): Told | null {
    return this.#told(this.#write, 'it left no mark, so nobody will tell the consumer');
  }

  #markedWrite(): Told | null {
    return this.#told(this.#write, this.#write.marked ? 'the page was marked already' : 'it left its mark');
  }

  /** Whether what is taken from the carrier that was cleared is to go into a mark, because the consumer works from that. */
  #isHandedOn(): boolean {
    const { clearedAfter } = this.#story;
    const cleared = clearedAfter === null ? null : this.#events.at(clearedAfter.seq);
    const carrier = cleared?.kind === 'mark' ? CARRIERS[cleared.fields['carrier']!] : 'pte-dirty';
    return this.#events.meta.carriers.some((one) => one !== carrier && WORKED_FROM.includes(one));
  }

  /** The transfer that ended the round too early: of the page, or of any page of the round that cleared its mark. */
  #transferOfRound(): Moment | null {
    const { transfer, clearedAfter, transfersOverSeq } = this.#story;
    if (transfer !== null && clearedAfter !== null && transfer.harvest === clearedAfter.harvest) return transfer;
    return transfersOverSeq > 0 ? { seq: transfersOverSeq, harvest: clearedAfter?.harvest ?? 0 } : transfer;
  }

  #missingMark(
    after: { readonly seq: number } | null,
    so: string,
    before: { readonly seq: number } | null = null,
    isCause = true,
  ): Missed | null {
    return this.#missing('mark page', after, before, `no mark of page ${this.#page} was set`, so, isCause);
  }

  #missing(
    step: string,
    after: { readonly seq: number } | null,
    before: { readonly seq: number } | null,
    what: string,
    so: string,
    isCause = false,
    by: { readonly seq: number } | null = after,
  ): Missed | null {
    if (after === null || after.seq <= 0) return null;
    const until = before !== null && before.seq > after.seq ? before.seq : this.#events.lastSeq + 1;
    return { gap: { after: after.seq, before: until }, step, by: by?.seq ?? after.seq, what, so, isCause };
  }
}
