/**
 * For each frame the write that made it dirty: the first one since the consumer had all of the frame. What a harvest spends on the page is
 * charged to it, because without it (and those that came in its wake) nothing would have had to be collected.
 */
import type { Fold } from '../../replayer/index.js';
import { widened } from '../columns.js';
import type { WriteRecords } from './write-records.js';

/** Nothing is dirty here. */
export const CLEAN = 0;
/** Any other token is a row of the records, plus 1. */
export const tokenOf = (row: number) => row + 1;
export const rowOf = (token: number) => token - 1;

export class DirtyingWrites {
  /** By frame index. Every row in it is held open in the records. */
  #tokens = new Int32Array(1024);
  readonly #records: WriteRecords;
  readonly #settled: (row: number) => void;
  // A move takes the token along to the new frame, which the fold knows once it has applied the event.
  #moved: Array<{ readonly page: number; readonly from: number }> = [];

  /** @param settled called with a row that nothing holds open any more */
  constructor(records: WriteRecords, settled: (row: number) => void) {
    this.#records = records;
    this.#settled = settled;
  }

  of(frame: number): number {
    return frame < this.#tokens.length ? this.#tokens[frame]! : CLEAN;
  }

  /** That write made the frame dirty. */
  set(frame: number, token: number): void {
    if (frame >= this.#tokens.length)
      this.#tokens = widened(this.#tokens, new Int32Array(2 ** Math.ceil(Math.log2(frame + 1))));
    const before = this.#tokens[frame]!;
    this.#tokens[frame] = token;
    this.hold(token);
    this.release(before);
  }

  hold(token: number): void {
    if (token !== CLEAN) this.#records.opened(rowOf(token));
  }

  release(token: number): void {
    if (token !== CLEAN && this.#records.closed(rowOf(token))) this.#settled(rowOf(token));
  }

  /** A page is about to be moved off its frame. */
  moves(page: number, from: number): void {
    this.#moved.push({ page, from });
  }

  /** Looks after the pages that have been moved since. */
  settleMoves({ pages, frames }: Fold): void {
    if (this.#moved.length === 0) return;
    for (const { page, from } of this.#moved) {
      const to = pages.frame[page]!;
      if (to === from || to === 0) continue;
      const token = this.of(from);
      if (frames.generation[to] === frames.captured[to]) this.set(to, CLEAN);
      else if (token !== CLEAN) this.set(to, token);
      if (frames.mappers[from] === 0) this.set(from, CLEAN);
    }
    this.#moved = [];
  }
}
