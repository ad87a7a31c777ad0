/**
 * The story of a few pages: for each, the events that decide whether its last uncaptured write was lost, and why. A look at a trail
 * with the question already known, so it keeps roles rather than a history: the write, the TLB entry it went through, what was taken
 * from the in-memory entry before and after, the flushes on that CPU, the transfer before, and the event that cleared the last carrier.
 */
import {
  flushAck,
  FLUSH_SCOPES,
  harvestBegin,
  mark,
  pte,
  PTE_CAUSES,
  PTE_DIRTY,
  transfer,
  type EventBatch,
  type PteCause,
} from '../traces/index.js';
import { seqOf, type Fold } from '../replayer/index.js';
import { FillTimes } from './collectors/fill-times.js';
import { EXCESSES, excessOf, restrictedBy, type Excess } from './entry-permissions.js';
import type { CollectorDefinition } from './pass.js';
import { newFlags, oldFlags } from './rows.js';

/** An event and the harvest during which it happened; harvest 0 is outside any. */
export interface Moment {
  readonly seq: number;
  readonly harvest: number;
}

export interface Change extends Moment {
  readonly kind: string;
  /** For pte events. */
  readonly cause: PteCause | null;
}

export interface UncapturedWrite extends Moment {
  readonly cpu: number;
  /** The TLB entry it went through; null where the CPU had none. */
  readonly entry: { readonly fillSeq: number; readonly excess: Excess | null } | null;
  /** Whether a carrier that the consumer reads was set when it came. */
  readonly marked: boolean;
  /** The last change before it that took something from the in-memory entry. */
  readonly restriction: Change | null;
  /** The last flush of the page that this CPU acknowledged before it. */
  readonly ackBefore: Moment | null;
}

export interface PageStory {
  readonly space: number;
  readonly page: number;
  /** The first write after the last transfer; null where there is none. */
  readonly write: UncapturedWrite | null;
  readonly transfer: Moment | null;
  /** The last event that left no carrier set of those that the consumer reads, and the first such event after the write. */
  readonly carrierCleared: Change | null;
  readonly clearedAfter: Change | null;
  /** The last transfer, of any page, in the harvest of `clearedAfter`; 0 where there was none. */
  readonly transfersOverSeq: number;
  /** The last time the walker set D. */
  readonly walkerSetDirty: Moment | null;
  /** The first restriction after the write, and the first flush of the page that the writing CPU acknowledged after it. */
  readonly restrictionAfter: Change | null;
  readonly ackAfter: Moment | null;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

interface Watched {
  readonly story: Writable<PageStory>;
  readonly acks: Map<number, Moment>;
  restriction: Change | null;
  /** The last event that may have changed the carriers, and whether one was set before it. */
  last: Change | null;
  markedBefore: boolean;
}

/** A collector of the stories of these pages. */
export function storiesOf(
  pages: ReadonlyArray<{ readonly space: number; readonly page: number }>,
): CollectorDefinition<PageStory[]> {
  return { id: 'page-stories', create: () => new StoryCollector(pages) };
}

class StoryCollector {
  readonly #watched: Watched[];
  readonly #byPage = new Map<number, Watched[]>();
  readonly #fills = new FillTimes();
  /** Seq of the last transfer by harvest; a map, because the trail gives the number of a harvest and may give any. */
  readonly #lastTransfers = new Map<number, number>();
  #harvest = 0;

  constructor(pages: ReadonlyArray<{ readonly space: number; readonly page: number }>) {
    this.#watched = pages.map(({ space, page }) => ({
      story: {
        space,
        page,
        write: null,
        transfer: null,
        carrierCleared: null,
        clearedAfter: null,
        transfersOverSeq: 0,
        walkerSetDirty: null,
        restrictionAfter: null,
        ackAfter: null,
      },
      acks: new Map(),
      restriction: null,
      last: null,
      markedBefore: false,
    }));
    for (const watched of this.#watched) {
      const same = this.#byPage.get(watched.story.page) ?? [];
      this.#byPage.set(watched.story.page, [...same, watched]);
    }
  }

  readonly on = {
    'tlb-fill': (batch: EventBatch, row: number) => this.#fills.note(batch, row),
    'harvest-begin': (batch: EventBatch, row: number) =>
      void (this.#harvest = batch.slots[harvestBegin.slot.harvest]![row]!),
    'harvest-end': () => void (this.#harvest = 0),
    pte: (batch: EventBatch, row: number, fold: Fold) => this.#pte(batch, row, fold),
    mark: (batch: EventBatch, row: number, fold: Fold) =>
      this.#inRange(batch, row, batch.slots[mark.slot.pages]![row]!, (watched) =>
        this.#carriersMayChange(watched, batch, row, fold, 'mark', null),
      ),
    map: (batch: EventBatch, row: number, fold: Fold) =>
      this.#inRange(batch, row, 1, (watched) => this.#carriersMayChange(watched, batch, row, fold, 'map', null)),
    unmap: (batch: EventBatch, row: number, fold: Fold) =>
      this.#inRange(batch, row, 1, (watched) => this.#carriersMayChange(watched, batch, row, fold, 'unmap', null)),
    switch: (batch: EventBatch, row: number, fold: Fold) => {
      for (const watched of this.#watched) this.#carriersMayChange(watched, batch, row, fold, 'switch', null);
    },
    'flush-ack': (batch: EventBatch, row: number) => this.#ack(batch, row),
    transfer: (batch: EventBatch, row: number) => {
      this.#lastTransfers.set(this.#harvest, seqOf(batch, row));
      this.#inRange(batch, row, batch.slots[transfer.slot.pages]![row]!, ({ story }) => {
        story.transfer = this.#moment(batch, row);
        story.write = story.clearedAfter = story.restrictionAfter = story.ackAfter = null;
      });
    },
  };

  readonly writes = (batch: EventBatch, row: number, _to: number, fold: Fold, page: number) => {
    for (const watched of this.#byPage.get(batch.page[row]!) ?? []) {
      const { story } = watched;
      if (story.space !== batch.space[row] || story.write !== null || page < 0) continue;
      const cpu = batch.cpu[row]!;
      const tlb = cpu < 0 ? undefined : fold.tlbs[cpu];
      const slot = tlb === undefined ? -1 : tlb.slotOf(page);
      story.write = {
        ...this.#moment(batch, row),
        cpu,
        entry:
          slot < 0
            ? null
            : { fillSeq: this.#fills.seqOf(cpu, slot), excess: EXCESSES[excessOf(fold, page, tlb!, slot)] ?? null },
        marked: fold.isMarked(page),
        restriction: watched.restriction,
        ackBefore: watched.acks.get(cpu) ?? null,
      };
    }
  };

  finish(end: Fold): PageStory[] {
    return this.#watched.map((watched) => {
      const { story } = watched;
      this.#settleCarriers(watched, end);
      const harvest = story.clearedAfter?.harvest ?? 0;
      if (harvest > 0) story.transfersOverSeq = this.#lastTransfers.get(harvest) ?? 0;
      return story;
    });
  }

  #pte(batch: EventBatch, row: number, fold: Fold): void {
    const cause = PTE_CAUSES[batch.slots[pte.slot.cause]![row]!] ?? 'observed'; // a later version may know more
    const before = oldFlags(batch, row, fold);
    const after = newFlags(batch, row, fold);
    this.#inRange(batch, row, 1, (watched) => {
      const { story } = watched;
      this.#carriersMayChange(watched, batch, row, fold, 'pte', cause);
      if (cause === 'walker' && after & ~before & PTE_DIRTY) story.walkerSetDirty = this.#moment(batch, row);
      if (restrictedBy(before, after) === 0) return;
      watched.restriction = { ...this.#moment(batch, row), kind: 'pte', cause };
      if (story.write !== null) story.restrictionAfter ??= watched.restriction;
    });
  }

  #ack(batch: EventBatch, row: number): void {
    const scope = FLUSH_SCOPES[batch.slots[flushAck.slot.scope]![row]!];
    const page = batch.page[row]!;
    const end = page + batch.slots[flushAck.slot.pages]![row]!;
    for (const { story, acks } of this.#watched) {
      const covered =
        scope === 'all' ||
        (story.space === batch.space[row] && (scope === 'space' || (story.page >= page && story.page < end)));
      if (!covered) continue;
      acks.set(batch.cpu[row]!, this.#moment(batch, row));
      if (story.write?.cpu === batch.cpu[row]) story.ackAfter ??= this.#moment(batch, row);
    }
  }

  /** The pass shows the state before an event; what the event did to the carriers is seen at the next one. */
  #carriersMayChange(
    watched: Watched,
    batch: EventBatch,
    row: number,
    fold: Fold,
    kind: string,
    cause: PteCause | null,
  ): void {
    watched.markedBefore = this.#settleCarriers(watched, fold);
    watched.last = { ...this.#moment(batch, row), kind, cause };
  }

  #settleCarriers({ story, last, markedBefore }: Watched, fold: Fold): boolean {
    const index = fold.pages.find(story.space, story.page);
    const marked = index >= 0 && fold.isMarked(index);
    if (markedBefore && !marked && last !== null) {
      story.carrierCleared = last;
      if (story.write !== null && last.seq > story.write.seq) story.clearedAfter ??= last;
    }
    return marked;
  }

  #moment(batch: EventBatch, row: number): Moment {
    return { seq: seqOf(batch, row), harvest: this.#harvest };
  }

  #inRange(batch: EventBatch, row: number, pages: number, visit: (watched: Watched) => void): void {
    const page = batch.page[row]!;
    for (const watched of this.#watched) {
      const { story } = watched;
      if (story.page >= page && story.page < page + pages && story.space === batch.space[row]) visit(watched);
    }
  }
}
