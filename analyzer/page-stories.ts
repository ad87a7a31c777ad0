/**
 * The stories of a few pages, each up to its last uncaptured write: see `story.ts`. A look at a trail with the question already known, so it
 * keeps roles rather than a history. A page stands for its frame: what happens to other pages of the frame belongs to the story, and so do
 * the writes of a guest to the page of the host that is behind.
 */
import {
  cacheFlush,
  flushAck,
  FLUSH_REASONS,
  FLUSH_SCOPES,
  harvestBegin,
  mark,
  pte,
  PTE_CAUSES,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_PRESENT,
  TLB_HUGE,
  transfer,
  type EventBatch,
  type PteCause,
} from '../traces/index.js';
import { seqOf, type Fold } from '../replayer/index.js';
import { FillTimes } from './collectors/fill-times.js';
import { EXCESSES, excessOf, restrictedBy } from './entry-permissions.js';
import type { CollectorDefinition } from './pass.js';
import { newFlags, oldFlags } from './rows.js';
import type { Moment, PageStory, Place, UncapturedWrite } from './story.js';
import { blockOf, Watched } from './watched.js';

/** A collector of the stories of these pages. @param end the state at the end of the trail, which knows the other pages of their frames */
export function storiesOf(pages: readonly Place[], end: Fold): CollectorDefinition<PageStory[]> {
  return { id: 'page-stories', create: () => new StoryCollector(pages.map((place) => new Watched(place, end))) };
}

class StoryCollector {
  readonly #watched: readonly Watched[];
  readonly #fills = new FillTimes();
  readonly #grants = new FillTimes();
  /** Seq of the last transfer by space and harvest; a map, because the trail gives the number of a harvest and may give any. */
  readonly #lastTransfers = new Map<string, number>();
  #harvest = 0;

  constructor(watched: readonly Watched[]) {
    this.#watched = watched;
  }

  readonly on = {
    'tlb-fill': (batch: EventBatch, row: number) => {
      this.#fills.note(batch, row);
      this.#grants.note(batch, row);
    },
    'tlb-update': (batch: EventBatch, row: number) => this.#grants.noteUpdate(batch, row),
    'harvest-begin': (batch: EventBatch, row: number) =>
      void (this.#harvest = batch.slots[harvestBegin.slot.harvest]![row]!),
    'harvest-end': () => void (this.#harvest = 0),
    pte: (batch: EventBatch, row: number, fold: Fold) => this.#pte(batch, row, fold),
    mark: (batch: EventBatch, row: number, fold: Fold) =>
      this.#inRange(batch, row, batch.slots[mark.slot.pages]![row]!, (watched) =>
        watched.carriersMayChange(fold, this.#change(batch, row, 'mark')),
      ),
    map: (batch: EventBatch, row: number, fold: Fold) => this.#onPage('map', batch, row, fold),
    unmap: (batch: EventBatch, row: number, fold: Fold) => this.#onPage('unmap', batch, row, fold),
    'frame-move': (batch: EventBatch, row: number, fold: Fold) =>
      this.#inRange(batch, row, 1, (watched) => {
        watched.carriersMayChange(fold, this.#change(batch, row, 'frame-move'));
        watched.moved(this.#moment(batch, row));
      }),
    switch: (batch: EventBatch, row: number, fold: Fold) => {
      for (const watched of this.#watched) watched.carriersMayChange(fold, this.#change(batch, row, 'switch'));
    },
    'flush-ack': (batch: EventBatch, row: number, fold: Fold) => this.#ack(batch, row, fold),
    'cache-flush': (batch: EventBatch, row: number) =>
      this.#inRange(batch, row, batch.slots[cacheFlush.slot.pages]![row]!, (watched) => watched.cachesFlushed()),
    transfer: (batch: EventBatch, row: number, fold: Fold) => {
      this.#lastTransfers.set(`${batch.space[row]} ${this.#harvest}`, seqOf(batch, row));
      this.#inRange(batch, row, batch.slots[transfer.slot.pages]![row]!, (watched) =>
        watched.transferred(fold, this.#moment(batch, row)),
      );
    },
  };

  readonly writes = (batch: EventBatch, row: number, _to: number, fold: Fold, page: number, frame: number) => {
    const under = fold.backing(frame);
    const behind = under < 0 ? 0 : fold.pages.frame[under]!;
    for (const watched of this.#watched) {
      const at = watched.frameNow(fold);
      if (at === 0 || (at !== frame && at !== behind)) continue;
      watched.wroteThrough({ space: batch.space[row]!, page: batch.page[row]! }, at === frame);
      watched.written(fold, at === frame && fold.staysInCaches(batch, row), () =>
        this.#describe(watched, batch, row, fold, page),
      );
    }
  };

  finish(end: Fold): PageStory[] {
    return this.#watched.map((watched) => {
      const story = watched.finish(end);
      const { harvest } = story.clearedAfter ?? { harvest: 0 };
      const transfersOverSeq = harvest > 0 ? (this.#lastTransfers.get(`${story.space} ${harvest}`) ?? 0) : 0;
      return { ...story, transfersOverSeq };
    });
  }

  #describe(watched: Watched, batch: EventBatch, row: number, fold: Fold, page: number): UncapturedWrite {
    const cpu = batch.cpu[row]!;
    const through = { space: batch.space[row]!, page: batch.page[row]! };
    const slot = fold.translation(cpu, page);
    const tlb = fold.tlb(cpu);
    return {
      ...this.#moment(batch, row),
      cpu,
      through,
      entry:
        slot < 0 || tlb === undefined
          ? null
          : {
              fillSeq: this.#fills.seqOf(cpu, slot),
              grantSeq: this.#grants.seqOf(cpu, slot),
              // For the host it is the second stage that matters, for the guest its own entry.
              excess: EXCESSES[excessOf(fold, page, tlb, slot, watched.allowed(fold, page))] ?? null,
              huge: (tlb.flags[slot]! & TLB_HUGE) !== 0,
            },
      marked: watched.isMarked(fold),
      restriction: watched.restriction,
      ackBefore: watched.ackOf(through, cpu),
    };
  }

  #pte(batch: EventBatch, row: number, fold: Fold): void {
    const cause = PTE_CAUSES[batch.slots[pte.slot.cause]![row]!] ?? 'observed'; // a later version may know more
    const before = oldFlags(batch, row, fold);
    const after = newFlags(batch, row, fold);
    const place = { space: batch.space[row]!, page: batch.page[row]! };
    const pages = (before | after) & PTE_HUGE ? blockOf(place.page) : { from: place.page, to: place.page + 1 };
    const change = this.#change(batch, row, 'pte', cause);
    for (const watched of this.#watched) {
      if (!watched.owns(place.space, pages.from, pages.to)) continue;
      if (cause === 'split' && !watched.owns(place.space, place.page, place.page + 1)) {
        watched.splitAround(fold);
        continue;
      }
      watched.carriersMayChange(fold, change);
      if (cause === 'walker' && after & ~before & PTE_DIRTY) watched.walkerSetDirty(this.#moment(batch, row));
      if (after & PTE_PRESENT) watched.remapped();
      if (restrictedBy(before, after) !== 0) watched.restricted(change);
    }
  }

  #onPage(kind: string, batch: EventBatch, row: number, fold: Fold): void {
    this.#inRange(batch, row, 1, (watched) => watched.carriersMayChange(fold, this.#change(batch, row, kind)));
  }

  #ack(batch: EventBatch, row: number, fold: Fold): void {
    const cpu = batch.cpu[row]!;
    const space = batch.space[row]!;
    const scope = FLUSH_SCOPES[batch.slots[flushAck.slot.scope]![row]!];
    const from = batch.page[row]!;
    const to = from + batch.slots[flushAck.slot.pages]![row]!;
    const tlb = fold.tlb(cpu);
    const covers = (place: Place) => {
      if (scope === 'all') return true;
      if (place.space !== space) return false;
      if (scope === 'space' || (place.page >= from && place.page < to)) return true;
      // A huge entry goes when any of its pages is flushed.
      const slot = fold.translation(cpu, fold.pages.find(space, place.page));
      if (tlb === undefined || slot < 0 || (tlb.flags[slot]! & TLB_HUGE) === 0) return false;
      const block = blockOf(place.page);
      return block.from < to && from < block.to;
    };
    const reason = FLUSH_REASONS[batch.slots[flushAck.slot.reason]![row]!];
    const isForConsumer = reason !== 'fault' && reason !== 'unmap' && reason !== 'move';
    const ack = { ...this.#moment(batch, row), isForConsumer };
    for (const watched of this.#watched) watched.acknowledged(cpu, ack, covers);
  }

  #change(batch: EventBatch, row: number, kind: string, cause: PteCause | null = null) {
    return { ...this.#moment(batch, row), kind, cause };
  }

  #moment(batch: EventBatch, row: number): Moment {
    return { seq: seqOf(batch, row), harvest: this.#harvest };
  }

  #inRange(batch: EventBatch, row: number, pages: number, visit: (watched: Watched) => void): void {
    const page = batch.page[row]!;
    for (const watched of this.#watched) if (watched.owns(batch.space[row]!, page, page + pages)) visit(watched);
  }
}
