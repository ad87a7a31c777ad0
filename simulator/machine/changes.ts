/**
 * The machine's state as what changed since it was asked for last, for checkpoints: column by column against a copy of what was told then, in
 * the order in which pages and frames were made, so that a million pages take milliseconds.
 */
import { PAGES_PER_TABLE } from '../../base/index.js';
import {
  type CheckpointState,
  type MachineSnapshot,
  PAGE_GONE,
  PageRows,
  type PteLayout,
  rangeShard,
} from '../../traces/index.js';
import { grown } from './frames.js';
import type { Machine } from './machine.js';
import { headOf, tlbsOf } from './snapshot.js';

export class Changes {
  readonly #machine: Machine;
  /** By address space; those that are not named have the first. */
  readonly #layouts: readonly PteLayout[];
  /** What was told, by page. */
  #frame = new Int32Array(0);
  #flags = new Uint8Array(0);
  #marks = new Uint16Array(0);
  /** What was told, by frame. */
  #generation = new Float64Array(0);
  #captured = new Float64Array(0);
  #cached = new Float64Array(0);
  #mappers = new Uint32Array(0);
  /** Pages on each frame now, and whether it is not as it was told. */
  #mappersNow = new Uint32Array(0);
  #isChanged = new Uint8Array(0);

  constructor(machine: Machine, layouts: readonly PteLayout[]) {
    this.#machine = machine;
    this.#layouts = layouts;
  }

  /** The state now; it must be used before the machine goes on. */
  take(): CheckpointState {
    this.#makeRoom();
    this.#compareFrames();
    return {
      ...headOf(this.#machine),
      changed: this.#rowsOf(this.#comparePages()),
      pagesIn: (shards) => this.#rowsOf(this.#pagesIn(shards)),
      shared: this.#sharedFrames(),
      tlbs: tlbsOf(this.#machine),
    };
  }

  #compareFrames(): void {
    const { pages } = this.#machine;
    const { frames, frame: frameOf } = pages;
    const mappers = this.#mappersNow.fill(0);
    for (let page = 0; page < pages.count; page++) if (frameOf[page]! >= 0) mappers[frameOf[page]!]!++;
    for (let frame = 0; frame < frames.count; frame++) {
      const generation = frames.generation[frame]!;
      const captured = frames.captured[frame]!;
      const cached = frames.cached[frame]!;
      const isChanged =
        generation !== this.#generation[frame] ||
        captured !== this.#captured[frame] ||
        cached !== this.#cached[frame] ||
        mappers[frame] !== this.#mappers[frame];
      this.#isChanged[frame] = isChanged ? 1 : 0;
      if (!isChanged) continue;
      this.#generation[frame] = generation;
      this.#captured[frame] = captured;
      this.#cached[frame] = cached;
      this.#mappers[frame] = mappers[frame]!;
    }
  }

  /** Pages that are not as they were told, by (space, page). */
  #comparePages(): Int32Array {
    const { count, frame, flags, marks, space, number } = this.#machine.pages;
    const changed = new Int32Array(count);
    let found = 0;
    let ascend = true;
    for (let page = 0; page < count; page++) {
      const behind = frame[page]!;
      if (
        behind === this.#frame[page] &&
        flags[page] === this.#flags[page] &&
        marks[page] === this.#marks[page] &&
        (behind < 0 || this.#isChanged[behind] === 0)
      )
        continue;
      this.#frame[page] = behind;
      this.#flags[page] = flags[page]!;
      this.#marks[page] = marks[page]!;
      if (found > 0) {
        const last = changed[found - 1]!;
        ascend &&= space[last]! < space[page]! || (space[last] === space[page] && number[last]! < number[page]!);
      }
      changed[found++] = page;
    }
    const pages = changed.subarray(0, found);
    return ascend ? pages : pages.sort((a, b) => space[a]! - space[b]! || number[a]! - number[b]!);
  }

  #pagesIn(shards: ReadonlySet<number>): Int32Array {
    const tables = this.#machine.pages.tables.filter(({ basePage }) => shards.has(rangeShard(basePage)));
    const pages = new Int32Array(tables.reduce((sum, { used }) => sum + used, 0));
    let count = 0;
    for (const { entries } of tables)
      for (let slot = 0; slot < PAGES_PER_TABLE; slot++) if (entries[slot]! >= 0) pages[count++] = entries[slot]!;
    return pages;
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
      if (this.#mappersNow[frame] !== 1) continue;
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
    for (let frame = 0; frame < frames.count; frame++) if (this.#mappersNow[frame]! > 1) shared.push(frame);
    // A guest numbers its frames by itself, so one of the host's may have the same number.
    shared.sort((a, b) => frames.number[a]! - frames.number[b]! || frames.memory[a]! - frames.memory[b]!);
    return {
      frame: Float64Array.from(shared, (frame) => frames.number[frame]!),
      generation: Float64Array.from(shared, (frame) => frames.generation[frame]!),
      captured: Float64Array.from(shared, (frame) => frames.captured[frame]!),
      cached: Float64Array.from(shared, (frame) => frames.cached[frame]!),
      memory: Uint8Array.from(shared, (frame) => frames.memory[frame]!),
      mappers: Uint32Array.from(shared, (frame) => this.#mappersNow[frame]!),
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
    }
    if (this.#generation.length >= frames.number.length) return;
    const capacity = frames.number.length;
    this.#generation = grown(this.#generation, new Float64Array(capacity));
    this.#captured = grown(this.#captured, new Float64Array(capacity));
    this.#cached = grown(this.#cached, new Float64Array(capacity));
    this.#mappers = grown(this.#mappers, new Uint32Array(capacity));
    this.#mappersNow = new Uint32Array(capacity);
    this.#isChanged = new Uint8Array(capacity);
  }
}
