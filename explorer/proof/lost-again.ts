/**
 * Whether a write is lost in a run of its accesses under other conditions. It is known by its CPU, its page and the program time at which it is made, which
 * stay the same whatever the machine does; what it wrote is captured if the consumer has as much of the frame as there was then.
 */
import { Fold } from '../../replayer/index.js';
import { type EventBatch, type TrailMeta, write } from '../../traces/index.js';

export interface LostWrite {
  readonly cpu: number;
  readonly space: number;
  readonly page: number;
  readonly programNs: number;
}

export class LostAgain {
  readonly #write: LostWrite;
  /** The page that the finding is about: the same, another one of its frame, or the host's behind it. */
  readonly #page: number;
  readonly #spaces: number;
  #fold: Fold | null = null;
  /** Generation of the page's frame right after the write, by space; null before it is made. */
  #generations: readonly number[] | null = null;

  constructor(lost: LostWrite, page: number, spaces: number) {
    this.#write = lost;
    this.#page = page;
    this.#spaces = Math.max(1, spaces);
  }

  /** Looks on while a run is made. */
  begin(meta: TrailMeta): (batch: EventBatch) => void {
    const fold = (this.#fold = new Fold(meta));
    return (batch) => {
      const row = this.#generations === null ? this.#rowOf(batch) : -1;
      fold.apply(batch, 0, row + 1);
      if (row >= 0)
        this.#generations = Array.from({ length: this.#spaces }, (_, space) => {
          const index = fold.pages.find(space, this.#page);
          return index < 0 ? Infinity : fold.generationOf(index);
        });
      fold.apply(batch, row + 1);
    };
  }

  /** At the end: whether the write is lost, and whether anything is that was written to the page. */
  end(): { readonly isFound: boolean; readonly isPageLost: boolean } {
    const fold = this.#fold;
    let isFound = false;
    let isPageLost = false;
    for (let space = 0; fold !== null && space < this.#spaces; space++) {
      const index = fold.pages.find(space, this.#page);
      if (index < 0 || !fold.spaces.hasConsumer(space) || !fold.isStale(index) || fold.isMarked(index)) continue;
      isPageLost = true;
      if (fold.capturedOf(index) < (this.#generations?.[space] ?? -1)) isFound = true;
    }
    return { isFound, isPageLost };
  }

  #rowOf({ kind, cpu, space, page, slots, length }: EventBatch): number {
    const program = slots[write.slot.program]!;
    const { cpu: by, space: within, page: at, programNs } = this.#write;
    for (let row = 0; row < length; row++) {
      if (
        kind[row] === write.code &&
        page[row] === at &&
        program[row] === programNs &&
        cpu[row] === by &&
        space[row] === within
      )
        return row;
    }
    return -1;
  }
}
