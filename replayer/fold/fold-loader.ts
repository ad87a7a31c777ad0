/** Takes a stored state into a fold, piece by piece: a state of a million pages is never there twice. */
import {
  MEMORY_KINDS,
  type MachineHead,
  type MachineSnapshot,
  type PageRows,
  type StateSink,
} from '../../traces/index.js';
import type { Fold } from './fold.js';

const MEMORY_GUEST = MEMORY_KINDS.indexOf('guest');

export class FoldLoader implements StateSink {
  readonly #fold: Fold;

  constructor(fold: Fold) {
    this.#fold = fold;
  }

  begin({ seq, timeNs, harvests, harvesting, reads }: MachineHead): void {
    const fold = this.#fold;
    fold.reset();
    fold.seq = seq;
    fold.timeNs = timeNs;
    fold.harvests = harvests;
    fold.harvesting = harvesting;
    fold.reads = reads;
  }

  pages(rows: PageRows): void {
    const { pages, frames, mappings, spaces, part } = this.#fold;
    pages.reserve(pages.count + rows.rows);
    let space = -1;
    let isGuest = false;
    for (let row = 0; row < rows.rows; row++) {
      if (rows.space[row] !== space) {
        space = rows.space[row]!;
        isGuest = spaces.isGuest(space);
      }
      const page = pages.append(space, rows.page[row]!);
      pages.pteLow[page] = rows.pteLow[row]!;
      // What is zero already is not written: see `zero`.
      if (rows.pteHigh[row] !== 0) pages.pteHigh[page] = rows.pteHigh[row]!;
      pages.marks[page] = rows.marks[row]!;
      const number = rows.frame[row]!;
      if (number < 0) continue;
      if (rows.own[row] === 0) {
        mappings.attach(page, frames.ensure(number, isGuest));
        if (part !== null) part.shared = true;
        continue;
      }
      const frame = frames.append(number, isGuest);
      frames.memory[frame] = rows.own[row]! - 1;
      frames.generation[frame] = rows.generation[row]!;
      frames.captured[frame] = rows.captured[row]!;
      if (rows.cached[row] !== 0) frames.cached[frame] = rows.cached[row]!;
      mappings.attach(page, frame);
    }
  }

  frames({ frame: numbers, generation, captured, cached, memory }: MachineSnapshot['frames']): void {
    const { frames, spaces } = this.#fold;
    for (let i = 0; i < numbers.length; i++) {
      const frame = frames.ensure(numbers[i]!, spaces.secondStage >= 0 && memory[i] === MEMORY_GUEST);
      frames.generation[frame] = generation[i]!;
      frames.captured[frame] = captured[i]!;
      frames.cached[frame] = cached[i]!;
      frames.memory[frame] = memory[i]!;
    }
  }

  tlbs({ cpu, slot, space, page, frame, asid, flags }: MachineSnapshot['tlbs']): void {
    const { pages, part } = this.#fold;
    // Where only a few pages were loaded, most of these are others.
    if (part !== null) pages.reserve(pages.count + cpu.length);
    for (let i = 0; i < cpu.length; i++) {
      const index = pages.ensure(space[i]!, page[i]!);
      const behind = this.#fold.frameNumbered(frame[i]!, index);
      this.#fold.tlbOf(cpu[i]!).fill(slot[i]!, index, behind, asid[i]!, flags[i]!);
    }
  }
}
