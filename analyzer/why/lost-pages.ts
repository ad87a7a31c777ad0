/** Pages of a number whose consumer lacks writes that nothing will tell it of, at the end of what is read of a trail, with their stories. */
import type { EventSource, Fold } from '../../replayer/index.js';
import { missedPages, uncapturedWrites } from '../collectors/uncaptured-writes.js';
import { storiesOf } from '../page-stories.js';
import { runPass } from '../pass.js';
import type { PageStory } from '../story.js';

export interface LostPage {
  readonly story: PageStory;
  /** Writes that the consumer lacks. */
  readonly writes: number;
}

/** @param page its number; several address spaces may have it */
export function lostPages(source: EventSource, page: number): LostPage[] {
  const results = runPass(source, [uncapturedWrites]);
  const { end } = results;
  const missed = missedPages(end, results.facts(uncapturedWrites));
  const indices = [...missed.lost.pages, ...missed.invisible.pages].filter((index) => end.pages.page[index] === page);
  return storiesAbout(source, end, indices);
}

/** @param indices pages of the state at the end */
export function storiesAbout(source: EventSource, end: Fold, indices: readonly number[]): LostPage[] {
  if (indices.length === 0) return [];
  const places = indices.map((index) => ({ space: end.pages.space[index]!, page: end.pages.page[index]! }));
  const definition = storiesOf(places, end);
  const stories = runPass(source, [definition]).facts(definition);
  return indices.map((index, at) => ({
    story: stories[at]!,
    writes: end.generationOf(index) - end.capturedOf(index),
  }));
}
