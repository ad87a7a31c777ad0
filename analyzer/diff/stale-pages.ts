/**
 * Which pages a harvest leaves stale, as changes from one harvest to the next: pages with a write from before the harvest began that
 * the consumer still lacks when it ends. Writes made beside the harvest (fine mode) are left to the next one.
 *
 * A page that was neither written nor stale cannot become stale while each page has a frame of its own and writes reach it, so only
 * those pages are looked at; after the first exception, all are.
 */
import type { Fold } from '../../replayer/index.js';
import { NumberColumn } from '../columns.js';

export class StalePages {
  /** Indices of the pages that the last harvest left stale. */
  #stale: number[] = [];
  /** Indices of the pages to look at when the next harvest begins: those written since the last one began, and what it left. */
  #written: number[] = [];
  /** By page index: the harvest for which it was last entered in #written, from 1. */
  readonly #enteredFor = new NumberColumn();
  #harvest = 1;
  #framesApart = true;
  /** What the harvest under way has to capture: indices of pages, and by page index the generation it had when the harvest began. */
  #owed: number[] = [];
  readonly #owedGeneration = new NumberColumn();

  /** A page (an index) was written. */
  wrote(page: number): void {
    if (this.#enteredFor.get(page) === this.#harvest) return;
    this.#enteredFor.set(page, this.#harvest);
    this.#written.push(page);
  }

  /** Two pages share a frame, or a write reached another frame than its page's. */
  lookAtAll(): void {
    this.#framesApart = false;
  }

  /** A harvest begins; `fold` holds the state then. */
  harvestBegins(fold: Fold): void {
    for (const page of this.#stale) this.wrote(page);
    for (const page of this.#owed) this.wrote(page); // of a harvest that never ended
    this.#owed = [];
    const look = (page: number) => {
      if (!fold.isStale(page)) return;
      this.#owed.push(page);
      this.#owedGeneration.set(page, fold.generationOf(page));
    };
    if (this.#framesApart) {
      for (const page of this.#written) look(page);
    } else {
      for (let page = 0; page < fold.pages.count; page++) look(page);
    }
    this.#written = [];
    this.#harvest++;
  }

  /**
   * It ends. `changed`: indices of the pages that it left stale and the one before did not, or the other way round. `captured`: of those
   * that were stale when it began and are no more.
   */
  harvestEnds(fold: Fold): { readonly changed: readonly number[]; readonly captured: readonly number[] } {
    const before = new Set(this.#stale);
    const captured: number[] = [];
    const stale: number[] = [];
    for (const page of this.#owed) {
      const isLeft = fold.isStale(page) && fold.capturedOf(page) < this.#owedGeneration.get(page);
      (isLeft ? stale : captured).push(page);
    }
    this.#stale = stale;
    this.#owed = [];
    return { changed: [...stale.filter((page) => !before.delete(page)), ...before], captured };
  }
}
