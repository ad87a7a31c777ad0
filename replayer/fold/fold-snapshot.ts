/**
 * The fold's state as a `MachineSnapshot`. The canonical form is sorted, so equal states give equal snapshots whatever
 * the order of events that led there. A page appears while it is mapped, has an entry or a mark; a frame while a page maps it.
 */
import type { MachineSnapshot } from '../../traces/index.js';
import type { Fold } from './fold.js';

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
