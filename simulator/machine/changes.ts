/**
 * The machine's state as what changed since it was asked for last, for checkpoints: column by column against a copy of what was told then, in
 * the order in which pages were made, so that a million pages take milliseconds.
 */
import { type CheckpointState, type MachineSnapshot, PAGE_GONE, PageRows, type PteLayout } from '../../traces/index.js';
import { grown } from './frames.js';
import type { Machine } from './machine.js';
import { headOf, tlbsOf } from './snapshot.js';

export class Changes {
  readonly #machine: Machine;
  /** By address space; those that are not named have the first. */
  readonly #layouts: readonly PteLayout[];
  /** What was told, by page; of its frame nothing where others were on it, too. */
  #frame = new Int32Array(0);
  #flags = new Uint8Array(0);
  #marks = new Uint16Array(0);
  #own = new Uint8Array(0);
  #generation = new Float64Array(0);
  #captured = new Float64Array(0);
  #cached = new Float64Array(0);
  /** Pages on each frame now. */
  #mappers = new Uint32Array(0);

  constructor(machine: Machine, layouts: readonly PteLayout[]) {
    this.#machine = machine;
    this.#layouts = layouts;
  }

  /** The state now; it must be used before the machine goes on. */
  take(): CheckpointState {
    this.#makeRoom();
    this.#countMappers();
    const pages = this.#changedPages();
    const before = this.#told(pages);
    const changed = this.#rowsOf(pages);
    for (let row = 0; row < pages.length; row++) this.#tell(pages[row]!);
    return { ...headOf(this.#machine), changed, before, shared: this.#sharedFrames(), tlbs: tlbsOf(this.#machine) };
  }

  #countMappers(): void {
    const { count, frame } = this.#machine.pages;
    const mappers = this.#mappers.fill(0);
    for (let page = 0; page < count; page++) if (frame[page]! >= 0) mappers[frame[page]!]!++;
  }

  /** Pages that are not as they were told, by (space, page). */
  #changedPages(): Int32Array {
    const { count, frame, flags, marks, space, number, frames } = this.#machine.pages;
    const { generation, captured, cached } = frames;
    const changed = new Int32Array(count);
    let found = 0;
    let ascend = true;
    for (let page = 0; page < count; page++) {
      const behind = frame[page]!;
      if (behind === this.#frame[page] && flags[page] === this.#flags[page] && marks[page] === this.#marks[page]) {
        if (behind < 0) continue;
        const isOwn = this.#mappers[behind] === 1;
        const isSame =
          generation[behind] === this.#generation[page] &&
          captured[behind] === this.#captured[page] &&
          cached[behind] === this.#cached[page];
        if (this.#own[page] === (isOwn ? 1 : 0) && (!isOwn || isSame)) continue;
      }
      if (found > 0) {
        const last = changed[found - 1]!;
        ascend &&= space[last]! < space[page]! || (space[last] === space[page] && number[last]! < number[page]!);
      }
      changed[found++] = page;
    }
    const pages = changed.subarray(0, found);
    return ascend ? pages : pages.sort((a, b) => space[a]! - space[b]! || number[a]! - number[b]!);
  }

  /** What a difference is stored to. */
  #told(pages: Int32Array): CheckpointState['before'] {
    const { number } = this.#machine.pages.frames;
    const before = { frame: new Float64Array(pages.length), generation: new Float64Array(pages.length) };
    for (let row = 0; row < pages.length; row++) {
      const frame = this.#frame[pages[row]!]!;
      before.frame[row] = frame < 0 ? PAGE_GONE : number[frame]!;
      before.generation[row] = this.#generation[pages[row]!]!;
    }
    return before;
  }

  #tell(page: number): void {
    const { frame, flags, marks, frames } = this.#machine.pages;
    const behind = frame[page]!;
    const isOwn = behind >= 0 && this.#mappers[behind] === 1;
    this.#frame[page] = behind;
    this.#flags[page] = flags[page]!;
    this.#marks[page] = marks[page]!;
    this.#own[page] = isOwn ? 1 : 0;
    this.#generation[page] = isOwn ? frames.generation[behind]! : 0;
    this.#captured[page] = isOwn ? frames.captured[behind]! : 0;
    this.#cached[page] = isOwn ? frames.cached[behind]! : 0;
  }

  #rowsOf(chosen: Int32Array): PageRows {
    const { pages } = this.#machine;
    const { frames } = pages;
    const rows = new PageRows(chosen.length);
    for (let row = 0; row < chosen.length; row++) {
      const page = chosen[row]!;
      rows.space[row] = pages.space[page]!;
      rows.page[row] = pages.number[page]!;
      const frame = pages.frame[page]!;
      if (frame < 0) {
        rows.frame[row] = PAGE_GONE;
        continue;
      }
      const number = frames.number[frame]!;
      const flags = pages.flags[page]!;
      const layout = this.#layouts[pages.space[page]!] ?? this.#layouts[0]!;
      rows.frame[row] = number;
      rows.pteLow[row] = layout.low(flags, number);
      rows.pteHigh[row] = layout.high(flags, number);
      rows.marks[row] = pages.marks[page]!;
      if (this.#mappers[frame] !== 1) continue;
      rows.own[row] = 1 + frames.memory[frame]!;
      rows.generation[row] = frames.generation[frame]!;
      rows.captured[row] = frames.captured[frame]!;
      rows.cached[row] = frames.cached[frame]!;
    }
    return rows;
  }

  #sharedFrames(): MachineSnapshot['frames'] {
    const { frames } = this.#machine.pages;
    const shared: number[] = [];
    for (let frame = 0; frame < frames.count; frame++) if (this.#mappers[frame]! > 1) shared.push(frame);
    // A guest numbers its frames by itself, so one of the host's may have the same number.
    shared.sort((a, b) => frames.number[a]! - frames.number[b]! || frames.memory[a]! - frames.memory[b]!);
    return {
      frame: Float64Array.from(shared, (frame) => frames.number[frame]!),
      generation: Float64Array.from(shared, (frame) => frames.generation[frame]!),
      captured: Float64Array.from(shared, (frame) => frames.captured[frame]!),
      cached: Float64Array.from(shared, (frame) => frames.cached[frame]!),
      memory: Uint8Array.from(shared, (frame) => frames.memory[frame]!),
      mappers: Uint32Array.from(shared, (frame) => this.#mappers[frame]!),
    };
  }

  #makeRoom(): void {
    const { pages } = this.#machine;
    const { frames } = pages;
    if (this.#frame.length < pages.number.length) {
      const capacity = pages.number.length;
      // A page that was not there was without a frame, as one that is gone.
      this.#frame = grown(this.#frame, new Int32Array(capacity).fill(-1));
      this.#flags = grown(this.#flags, new Uint8Array(capacity));
      this.#marks = grown(this.#marks, new Uint16Array(capacity));
      this.#own = grown(this.#own, new Uint8Array(capacity));
      this.#generation = grown(this.#generation, new Float64Array(capacity));
      this.#captured = grown(this.#captured, new Float64Array(capacity));
      this.#cached = grown(this.#cached, new Float64Array(capacity));
    }
    if (this.#mappers.length < frames.number.length) this.#mappers = new Uint32Array(frames.number.length);
  }
}
