/**
 * The fold's state as a `MachineSnapshot` and back. The canonical form is sorted, so equal states give equal snapshots whatever
 * the order of events that led there. A page appears while it is mapped, has an entry or a mark; a frame while a page maps it.
 */
import { MEMORY_KINDS, type MachineSnapshot } from '../../traces/index.js';
import type { Fold } from './fold.js';

const MEMORY_GUEST = MEMORY_KINDS.indexOf('guest');

export function takeSnapshot(fold: Fold): MachineSnapshot {
  return {
    seq: fold.seq,
    timeNs: fold.timeNs,
    harvests: fold.harvests,
    harvesting: fold.harvesting,
    reads: fold.reads,
    pages: takePages(fold),
    frames: takeFrames(fold),
    tlbs: takeTlbs(fold),
  };
}

export function loadSnapshot(fold: Fold, snapshot: MachineSnapshot): void {
  fold.reset();
  fold.seq = snapshot.seq;
  fold.timeNs = snapshot.timeNs;
  fold.harvests = snapshot.harvests;
  fold.harvesting = snapshot.harvesting;
  fold.reads = snapshot.reads;
  const { pages, frames, mappings, spaces } = fold;
  const from = snapshot.pages;
  const hasGuest = spaces.secondStage >= 0;
  const { frame: numbers, generation, captured, cached, memory } = snapshot.frames;
  frames.reserve(numbers.length + 1);
  for (let i = 0; i < numbers.length; i++) {
    const frame = frames.append(numbers[i]!, hasGuest && memory[i] === MEMORY_GUEST);
    frames.generation[frame] = generation[i]!;
    frames.captured[frame] = captured[i]!;
    frames.cached[frame] = cached[i]!;
    frames.memory[frame] = memory[i]!;
  }
  const near = hasGuest ? null : new NearFrames(numbers);
  pages.reserve(from.page.length);
  for (let i = 0; i < from.page.length; i++) {
    const page = pages.append(from.space[i]!, from.page[i]!);
    const number = from.frame[i]!;
    const frame = near?.indexOf(number) ?? 0;
    if (frame > 0 || number < 0) mappings.attach(page, frame);
    else mappings.attach(page, frames.ensure(number, spaces.isGuest(from.space[i]!)));
    pages.pteLow[page] = from.pteLow[i]!;
    pages.pteHigh[page] = from.pteHigh[i]!;
    pages.marks[page] = from.marks[i]!;
  }
  const tlbs = snapshot.tlbs;
  for (let i = 0; i < tlbs.cpu.length; i++) {
    const page = pages.ensure(tlbs.space[i]!, tlbs.page[i]!);
    const frame = frames.ensure(tlbs.frame[i]!, spaces.isGuest(tlbs.space[i]!));
    fold.tlbOf(tlbs.cpu[i]!).fill(tlbs.slot[i]!, page, frame, tlbs.asid[i]!, tlbs.flags[i]!);
  }
}

/** Index by frame number of frames that were just loaded in order: frames of a machine lie close together, so that no hash is needed. */
class NearFrames {
  readonly #first: number;
  readonly #index: Int32Array;

  constructor(numbers: Float64Array) {
    this.#first = numbers[0] ?? 0;
    const span = numbers.length === 0 ? 0 : numbers[numbers.length - 1]! - this.#first + 1;
    this.#index = new Int32Array(span <= numbers.length * 8 ? span : 0);
    if (this.#index.length > 0) for (let i = 0; i < numbers.length; i++) this.#index[numbers[i]! - this.#first] = i + 1;
  }

  /** 0 where it is not among them, or where they lie too far apart. */
  indexOf(number: number): number {
    return this.#index[number - this.#first] ?? 0;
  }
}

function takePages(fold: Fold): MachineSnapshot['pages'] {
  const { pages, frames } = fold;
  const order = sortedPages(fold);
  const n = order.length;
  const out = {
    space: new Uint16Array(n),
    page: new Float64Array(n),
    frame: new Float64Array(n),
    pteLow: new Uint32Array(n),
    pteHigh: new Uint32Array(n),
    marks: new Uint16Array(n),
  };
  for (let i = 0; i < n; i++) {
    const index = order[i]!;
    out.space[i] = pages.space[index]!;
    out.page[i] = pages.page[index]!;
    out.frame[i] = frames.numberOf(pages.frame[index]!);
    out.pteLow[i] = pages.pteLow[index]!;
    out.pteHigh[i] = pages.pteHigh[index]!;
    out.marks[i] = pages.marks[index]!;
  }
  return out;
}

/** Indices of the pages that count, by (space, page). */
export function sortedPages(fold: Fold): Int32Array {
  const { pages } = fold;
  const chosen = new Int32Array(pages.count);
  let n = 0;
  let sorted = true;
  for (let index = 0; index < pages.count; index++) {
    if (pages.frame[index] === 0 && pages.pteLow[index] === 0 && pages.pteHigh[index] === 0 && pages.marks[index] === 0)
      continue;
    const before = n === 0 ? -1 : chosen[n - 1]!;
    if (before >= 0 && comparePages(fold, before, index) > 0) sorted = false;
    chosen[n++] = index;
  }
  return sorted ? chosen.subarray(0, n) : sortByPage(fold, chosen.subarray(0, n));
}

function comparePages({ pages }: Fold, a: number, b: number): number {
  return pages.space[a]! - pages.space[b]! || pages.page[a]! - pages.page[b]!;
}

/** Page numbers are sorted natively, space by space, and looked up again: 5 times as fast as sorting with a comparison in JS. */
function sortByPage({ pages }: Fold, chosen: Int32Array): Int32Array {
  const spaces = [...new Set(Array.from(chosen, (index) => pages.space[index]!))].sort((a, b) => a - b);
  const out = new Int32Array(chosen.length);
  const numbers = new Float64Array(chosen.length);
  let done = 0;
  for (const space of spaces) {
    let n = 0;
    for (const index of chosen) if (pages.space[index] === space) numbers[n++] = pages.page[index]!;
    for (const page of numbers.subarray(0, n).sort()) out[done++] = pages.find(space, page);
  }
  return out;
}

function takeFrames(fold: Fold): MachineSnapshot['frames'] {
  const { frames } = fold;
  const numbers = new Float64Array(frames.count);
  let n = 0;
  for (let index = 1; index < frames.count; index++) {
    if (frames.mappers[index]! > 0) numbers[n++] = frames.numberOf(index);
  }
  const frame = numbers.slice(0, n).sort();
  const out = {
    frame,
    generation: new Float64Array(n),
    captured: new Float64Array(n),
    cached: new Float64Array(n),
    memory: new Uint8Array(n),
    mappers: new Uint32Array(n),
  };
  for (let i = 0; i < n; i++) {
    // Of two frames with one number the guest's is the second.
    const real = i > 0 && frame[i] === frame[i - 1] ? -1 : frames.find(frame[i]!);
    const index = real >= 0 && frames.mappers[real]! > 0 ? real : frames.find(frame[i]!, true);
    out.generation[i] = frames.generation[index]!;
    out.captured[i] = frames.captured[index]!;
    out.cached[i] = frames.cached[index]!;
    out.memory[i] = frames.memory[index]!;
    out.mappers[i] = frames.mappers[index]!;
  }
  return out;
}

function takeTlbs(fold: Fold): MachineSnapshot['tlbs'] {
  let n = 0;
  fold.forTlbs((tlb) => (n += tlb.count));
  const out = {
    cpu: new Int16Array(n),
    slot: new Uint32Array(n),
    space: new Uint16Array(n),
    page: new Float64Array(n),
    frame: new Float64Array(n),
    asid: new Uint16Array(n),
    flags: new Uint8Array(n),
  };
  let at = 0;
  fold.forTlbs((tlb, cpu) => {
    for (let slot = 0; slot < tlb.page.length; slot++) {
      const page = tlb.page[slot]!;
      if (page < 0) continue;
      out.cpu[at] = cpu;
      out.slot[at] = slot;
      out.space[at] = fold.pages.space[page]!;
      out.page[at] = fold.pages.page[page]!;
      out.frame[at] = fold.frames.numberOf(tlb.frame[slot]!);
      out.asid[at] = tlb.asid[slot]!;
      out.flags[at] = tlb.flags[slot]!;
      at++;
    }
  });
  return out;
}
