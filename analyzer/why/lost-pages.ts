/** Pages of a number whose consumer lacks writes that nothing will tell it of, at the end of what is read of a trail, with their stories. */
import { type EventSource, type Fold, Replayer } from '../../replayer/index.js';
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
  // A checkpoint is near the end as a rule, so the state there costs less than a pass.
  const replayer = Replayer.open(source);
  const end = replayer.goTo(replayer.lastSeq);
  const indices: number[] = [];
  for (let space = 0; space < Math.max(1, source.meta.spaces.length); space++) {
    const index = end.pages.find(space, page);
    if (index >= 0 && end.spaces.hasConsumer(space) && end.isStale(index) && !end.isMarked(index)) indices.push(index);
  }
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
