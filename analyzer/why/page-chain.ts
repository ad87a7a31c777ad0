/**
 * Why a page is dirty, clean, stale or lost at a position: its last write, the mark that it left or did not leave, who took that, and what the consumer
 * has read. What is known at the position is all that counts, so a page that nothing will tell of has the chain of a lost one.
 */
import { formatPage, UsageError } from '../../base/index.js';
import { carrierBit, CARRIERS } from '../../traces/index.js';
import { type EventSource, type Fold, Replayer } from '../../replayer/index.js';
import { counted, ofWhom } from '../finding.js';
import type { PageStory } from '../story.js';
import { assemble } from './assemble.js';
import type { Chain, Told } from './chain.js';
import { chainOfLoss } from './finding-chain.js';
import { entryMarks } from './entry-marks.js';
import { storiesAbout } from './lost-pages.js';
import { Prefix } from './prefix.js';
import { covers, type TrailEvent, TrailEvents } from './trail-events.js';
import { entryCovers } from './translation.js';
import { deedOf, listed } from './words.js';

/** Carriers that are the mapping or the contents themselves: no event sets them. */
const WITHOUT_EVENT: readonly string[] = ['mapped', 'shadow-copy'];

/** @param seq the position: after that event. @throws UsageError for a page that the trail does not know by then */
export function chainOfPage(source: EventSource, about: string, page: number, seq: number): Chain {
  const fold = Replayer.open(source).goTo(seq);
  const index = indexOf(fold, page, Math.max(1, source.meta.spaces.length));
  if (index < 0)
    throw new UsageError({
      what: `page ${formatPage(page)} is not in the trail by event ${seq}`,
      why: 'it was not mapped by then',
      mend: 'see `pagetrail state TRAIL --at end` for the pages there are, or ask later with --at',
    });
  const prefix = new Prefix(source, seq);
  const events = new TrailEvents(prefix);
  const stale = fold.isStale(index);
  const carriers = fold.carriersOf(index);
  if (stale && carriers === 0) {
    const [lost] = storiesAbout(prefix, fold, [index]);
    if (lost?.story.write != null) {
      const chain = chainOfLoss(events, about, lost);
      const open = fold.harvesting ? ' (a harvest is under way, and may still come for it)' : '';
      const whose = ofWhom(fold, fold.pages.space[index]!);
      return {
        ...chain,
        sentence: `page ${formatPage(page)}${whose} is stale and not marked after event ${seq}${open}: ${chain.sentence}`,
      };
    }
  }
  return new PageChain(events, fold, index, about, () => storiesAbout(prefix, fold, [index])[0]!.story).assemble(
    stale,
    carriers,
  );
}

/** The page in the first address space that has it; one whose consumer lacks something comes first. */
function indexOf(fold: Fold, page: number, spaces: number): number {
  let found = -1;
  for (let space = 0; space < spaces; space++) {
    const index = fold.pages.find(space, page);
    if (index < 0) continue;
    if (found < 0 || (fold.isStale(index) && !fold.isStale(found))) found = index;
  }
  return found;
}

class PageChain {
  readonly #events: TrailEvents;
  readonly #fold: Fold;
  readonly #index: number;
  readonly #about: string;
  /** Takes a pass over the trail. */
  readonly #story: () => PageStory;
  readonly #space: number;
  readonly #page: number;

  constructor(events: TrailEvents, fold: Fold, index: number, about: string, story: () => PageStory) {
    this.#story = story;
    this.#events = events;
    this.#fold = fold;
    this.#index = index;
    this.#about = about;
    this.#space = fold.pages.space[index]!;
    this.#page = fold.pages.page[index]!;
  }

  assemble(stale: boolean, carriers: number): Chain {
    const { lastSeq } = this.#events;
    const transfer = this.#last('transfer');
    const write = this.#writeOfInterest(stale, transfer);
    const missed = stale && transfer !== null && write !== null && write.seq < transfer.seq;
    const name = `page ${formatPage(this.#page)}${ofWhom(this.#fold, this.#space)}`;
    const said = listed(CARRIERS.filter((_, code) => carriers & (1 << code)));
    const set = carriers === 0 ? null : this.#setBy(carriers);
    const cleared = carriers !== 0 ? null : this.#clearedBy();
    const links: Array<Told | null> = [
      transfer &&
        this.#told(
          transfer,
          missed
            ? 'the last time that the consumer read the page: what was in CPU caches alone it did not get'
            : stale
              ? 'the last time that the consumer read the page'
              : 'since then the consumer has all of it',
        ),
      write && this.#told(write, stale ? 'the first write that the consumer lacks' : 'the last write to it'),
      set && this.#told(set, 'the mark by which the consumer will find it', true),
      cleared && this.#told(cleared, 'and no mark has been set since', true),
    ];
    const lacks = this.#fold.generationOf(this.#index) - this.#fold.capturedOf(this.#index);
    const [sentence, cause] = stale
      ? carriers === 0
        ? [
            `${name} is stale after event ${lastSeq}, and no mark says so`,
            'its frame was written through another page that maps it, or around the page tables',
          ]
        : [
            `${name} is dirty after event ${lastSeq}: the consumer lacks ${counted(lacks, 'write')}, and ${said} says so`,
            `it was written after the consumer read it last, and the mark is still there: the next harvest comes for it`,
          ]
      : carriers !== 0
        ? [
            `${name} counts as dirty after event ${lastSeq} (${said}), although the consumer has all that was written to it`,
            write === null
              ? 'nothing was written to it: its carrier does not wait for a write'
              : 'the mark was set before the bytes were read, or is one that needs no write',
          ]
        : [
            `${name} is clean after event ${lastSeq}: the consumer has all that was written to it, and no mark is set`,
            write === null
              ? 'nothing was written to it so far'
              : 'its mark was taken and its bytes were read after the last write',
          ];
    return assemble(this.#events, { about: this.#about, sentence, links, cause, fix: null });
  }

  /** The first that the consumer lacks, or the last of all. */
  #writeOfInterest(stale: boolean, transfer: TrailEvent | null): TrailEvent | null {
    const isOf = (event: TrailEvent) => covers(event, this.#space, this.#page);
    if (stale && this.#events.meta.options['nonCoherent'] === 1) {
      // A transfer may have left writes in CPU caches behind.
      const { write } = this.#story();
      if (write !== null) return this.#events.at(write.seq);
    }
    return stale
      ? this.#events.firstAfter((transfer?.seq ?? 0) + 1, ['write'], isOf)
      : this.#events.lastBefore(this.#events.lastSeq, ['write'], isOf);
  }

  /** What set one of the carriers last. */
  #setBy(carriers: number): TrailEvent | null {
    if (CARRIERS.every((carrier, code) => (carriers & (1 << code)) === 0 || WITHOUT_EVENT.includes(carrier)))
      return this.#last('map');
    return this.#events.lastBefore(this.#events.lastSeq, ['mark', 'pte'], (event) => {
      if (event.kind === 'mark')
        return (
          event.fields['value'] === 1 &&
          (carriers & (1 << event.fields['carrier']!)) !== 0 &&
          covers(event, this.#space, this.#page)
        );
      if (!entryCovers(this.#events, event, this.#space, this.#page)) return false;
      const { before, after } = entryMarks(this.#events, event);
      return (after & ~before & carriers) !== 0;
    });
  }

  /** What took a mark away last. */
  #clearedBy(): TrailEvent | null {
    const reads = this.#fold.readsOf(this.#space);
    return this.#events.lastBefore(this.#events.lastSeq, ['mark', 'pte'], (event) => {
      if (event.kind === 'mark')
        return (
          event.fields['value'] === 0 &&
          (reads & carrierBit(event.fields['carrier']!)) !== 0 &&
          covers(event, this.#space, this.#page)
        );
      if (!entryCovers(this.#events, event, this.#space, this.#page)) return false;
      const { before, after } = entryMarks(this.#events, event);
      return (before & ~after) !== 0;
    });
  }

  #last(kind: 'transfer' | 'map'): TrailEvent | null {
    return this.#events.lastBefore(this.#events.lastSeq, [kind], (event) => covers(event, this.#space, this.#page));
  }

  #told(event: TrailEvent, so: string, isCause = false): Told {
    return { seq: event.seq, what: deedOf(this.#events, event), so, isCause };
  }
}
