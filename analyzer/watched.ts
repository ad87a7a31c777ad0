/**
 * A page whose story is being followed: the pages of its frame, those of a guest that write to it, and what is known so far. The pass
 * shows the state before each event; what an event did to the carriers is seen at the next one.
 */
import { PAGES_PER_TABLE } from '../base/index.js';
import type { Fold } from '../replayer/index.js';
import type { Acknowledgement, Change, Moment, PageStory, Place, UncapturedWrite } from './story.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Other pages of a frame that are followed. Chosen: a story is about how they differ, and two do for that. */
const PLACES_MAX = 64;

/** The pages [from, to) that a huge entry over the page covers. */
export function blockOf(page: number): { readonly from: number; readonly to: number } {
  const from = page - (page % PAGES_PER_TABLE);
  return { from, to: from + PAGES_PER_TABLE };
}

export class Watched {
  /** The last change that took something from an entry of the frame. */
  restriction: Change | null = null;
  readonly #story: Writable<PageStory>;
  /** Pages of the frame: what is marked, restricted or transferred there counts. */
  readonly #owners: Place[];
  /** These, and pages of a guest on the frame in front: what is cached for these writes to the frame. */
  readonly #writers: Array<{ readonly place: Place; readonly acks: Map<number, Acknowledgement> }>;
  /** The first of the writes that are in CPU caches alone. */
  #cached: UncapturedWrite | null = null;
  /** The last event that may have changed the carriers, and whether one was set before it. */
  #last: Change | null = null;
  #markedBefore = false;
  #splitting = false;
  #gone = false;
  #index = -1;

  constructor({ space, page }: Place, end: Fold) {
    this.#story = {
      space,
      page,
      write: null,
      transfer: null,
      oldBytes: null,
      carrierCleared: null,
      clearedAfter: null,
      moveAfter: null,
      transfersOverSeq: 0,
      walkerSetDirty: null,
      restrictionAfter: null,
      ackAfter: null,
    };
    const index = end.pages.find(space, page);
    const owners = index < 0 ? [] : placesOn(end, end.pages.frame[index]!);
    this.#owners = owners.some((place) => isSame(place, { space, page })) ? owners : [{ space, page }, ...owners];
    const inFront = space === end.spaces.secondStage ? placesOn(end, Math.max(0, end.frames.find(page, true))) : [];
    this.#writers = [...this.#owners, ...inFront].map((place) => ({ place, acks: new Map<number, Acknowledgement>() }));
  }

  /** Whether one of the frame's pages lies in [from, to) of the space. */
  owns(space: number, from: number, to: number): boolean {
    return this.#owners.some((place) => place.space === space && place.page >= from && place.page < to);
  }

  /** The frame of the page at this point (an index); 0 where it has none yet. */
  frameNow(fold: Fold): number {
    const index = this.#indexIn(fold);
    return index < 0 ? 0 : fold.pages.frame[index]!;
  }

  isMarked(fold: Fold): boolean {
    const index = this.#indexIn(fold);
    return index >= 0 && fold.isMarked(index);
  }

  /** Logical flags of the entry that this page's consumer goes by, when `page` is written. */
  allowed(fold: Fold, page: number): number {
    return fold.pteFlags(this.#story.space === fold.spaces.secondStage ? this.#indexIn(fold) : page);
  }

  /** The last flush of a page that a CPU acknowledged. */
  ackOf(through: Place, cpu: number): Acknowledgement | null {
    return this.#writers.find(({ place }) => isSame(place, through))?.acks.get(cpu) ?? null;
  }

  /** A page that has left the frame since may have written to it. @param isOwner it was on the frame itself, not before it */
  wroteThrough(place: Place, isOwner: boolean): void {
    if (this.#writers.length >= PLACES_MAX || this.#writers.some((writer) => isSame(writer.place, place))) return;
    this.#writers.push({ place, acks: new Map() });
    if (isOwner) this.#owners.push(place);
  }

  written(fold: Fold, staysInCaches: boolean, describe: () => UncapturedWrite): void {
    if (this.#story.write === null) this.#story.write = describe();
    if (!staysInCaches || fold.frames.cached[this.frameNow(fold)] !== 0) return;
    this.#cached = describe();
  }

  cachesFlushed(): void {
    this.#cached = null;
  }

  transferred(fold: Fold, moment: Moment): void {
    const story = this.#story;
    const missed = (fold.frames.cached[this.frameNow(fold)] ?? 0) > 0 ? this.#cached : null;
    story.transfer = moment;
    story.write = missed;
    story.oldBytes = missed === null ? null : moment;
    story.clearedAfter = story.moveAfter = story.restrictionAfter = story.ackAfter = null;
  }

  restricted(change: Change): void {
    this.restriction = change;
    if (this.#story.write !== null) this.#story.restrictionAfter ??= change;
  }

  walkerSetDirty(moment: Moment): void {
    this.#story.walkerSetDirty = moment;
  }

  /** An entry maps the page again. */
  remapped(): void {
    this.#gone = false;
  }

  moved(moment: Moment): void {
    if (this.#gone && this.#story.clearedAfter !== null) this.#story.moveAfter ??= moment;
  }

  acknowledged(cpu: number, moment: Acknowledgement, covers: (place: Place) => boolean): void {
    const { write } = this.#story;
    for (const { place, acks } of this.#writers) {
      if (!covers(place)) continue;
      acks.set(cpu, moment);
      if (write?.cpu === cpu && isSame(write.through, place)) this.#story.ackAfter ??= moment;
    }
  }

  carriersMayChange(fold: Fold, change: Change): void {
    const marked = this.#settle(fold);
    // Between the split of the huge entry and that of this page's share nothing is set; that is no loss yet.
    this.#markedBefore = marked || (this.#splitting && this.#markedBefore);
    this.#splitting = false;
    this.#last = change;
  }

  /** The huge entry over the page is split; the small one follows. */
  splitAround(fold: Fold): void {
    this.#markedBefore = this.#settle(fold);
    this.#splitting = true;
    this.#last = null;
  }

  finish(end: Fold): PageStory {
    this.#settle(end);
    return this.#story;
  }

  /** What the last change did to the carriers; whether one is set now. */
  #settle(fold: Fold): boolean {
    const story = this.#story;
    const marked = this.isMarked(fold);
    const last = this.#last;
    if (marked) story.clearedAfter = story.moveAfter = null;
    else if (this.#markedBefore && last !== null) {
      story.carrierCleared = last;
      this.#gone = last.cause === 'unmap' || last.cause === 'exchange';
      if (story.write !== null && last.seq > story.write.seq) story.clearedAfter = last;
      this.#markedBefore = false;
    }
    return marked;
  }

  #indexIn(fold: Fold): number {
    if (this.#index < 0) this.#index = fold.pages.find(this.#story.space, this.#story.page);
    return this.#index;
  }
}

function isSame(a: Place, b: Place): boolean {
  return a.page === b.page && a.space === b.space;
}

function placesOn(fold: Fold, frame: number): Place[] {
  const places: Place[] = [];
  if (frame === 0) return places;
  for (let on = fold.mappings.firstOf(frame); on >= 0 && places.length < PLACES_MAX; on = fold.mappings.nextOf(on))
    places.push({ space: fold.pages.space[on]!, page: fold.pages.page[on]! });
  return places;
}
