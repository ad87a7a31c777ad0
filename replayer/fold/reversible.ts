/**
 * Folding an event so that it can be taken back: what it is about to change is noted, and a function puts it back. Kept apart from the
 * fold, which has no time for it when it passes through. A step backwards then costs what a step forwards costs.
 */
import {
  cacheFlush,
  frameMove,
  harvestBegin,
  harvestEnd,
  map,
  mark,
  methodSwitch,
  pte,
  tlbFill,
  tlbUpdate,
  transfer,
  unmap,
  write,
  type EventBatch,
} from '../../traces/index.js';
import type { Fold } from './fold.js';
import type { CpuTlb } from './tlb.js';

/** Takes an event back from tables and TLBs; position and time are the caller's. Events are taken back in reverse order. */
export type Undo = () => void;

/** Folds the event in that row, which must follow what was folded before. */
export function applyReversibly(fold: Fold, batch: EventBatch, row: number): Undo {
  const undo = noted(fold, batch, row);
  const tlb = fold.tlb(batch.cpu[row]!);
  const dropped = applyWatching(fold, batch, row, tlb);
  // Tens of thousands are kept, so each is as small as it can be.
  return dropped.length === 0 ? undo : inReverse([...dropped, undo]);
}

/** Folds the event; how to put back the entries that it drops. */
function applyWatching(fold: Fold, batch: EventBatch, row: number, tlb: CpuTlb | undefined): Undo[] {
  const dropped: Undo[] = [];
  if (tlb !== undefined) tlb.onDrop = (slot) => void dropped.push(refill(tlb, slot));
  fold.apply(batch, row, row + 1);
  if (tlb !== undefined) tlb.onDrop = null;
  return dropped;
}

function inReverse(undos: readonly Undo[]): Undo {
  return () => {
    for (let i = undos.length - 1; i >= 0; i--) undos[i]!();
  };
}

/** Fills a slot with what it holds now. */
function refill(tlb: CpuTlb, slot: number): Undo {
  const [page, frame, asid, flags] = [tlb.page[slot]!, tlb.frame[slot]!, tlb.asid[slot]!, tlb.flags[slot]!];
  return () => tlb.fill(slot, page, frame, asid, flags);
}

/** What the event is about to change, but for entries that it drops from a TLB. The batch may hold other events when it is put back. */
function noted(fold: Fold, batch: EventBatch, row: number): Undo {
  const { pages } = fold;
  const slots = batch.slots;
  const space = batch.space[row]!;
  const page = batch.page[row]!;
  const cpu = batch.cpu[row]!;
  switch (batch.kind[row]) {
    case write.code:
      return notedWrite(fold, fold.frameOfWrite(cpu, fold.pageOfWrite(cpu, space, page)));
    case pte.code: {
      const index = pages.ensure(space, page);
      const [low, high] = [pages.pteLow[index]!, pages.pteHigh[index]!];
      return () => {
        pages.pteLow[index] = low;
        pages.pteHigh[index] = high;
      };
    }
    case tlbFill.code: {
      const slot = slots[tlbFill.slot.slot]![row]!;
      return () => fold.tlb(cpu)?.empty(slot);
    }
    case tlbUpdate.code: {
      const slot = slots[tlbUpdate.slot.slot]![row]!;
      const flags = fold.tlb(cpu)?.flags[slot];
      return flags === undefined ? () => {} : () => fold.tlb(cpu)?.update(slot, flags);
    }
    case mark.code:
      return notedMarks(fold, space, page, slots[mark.slot.pages]![row]!);
    case cacheFlush.code:
      return notedFrames(fold, space, page, slots[cacheFlush.slot.pages]![row]!, 'cached');
    case transfer.code:
      return notedFrames(fold, space, page, slots[transfer.slot.pages]![row]!, 'captured');
    case map.code:
      return notedMapping(fold, space, page, slots[map.slot.frame]![row]!);
    case frameMove.code:
      return notedMapping(fold, space, page, slots[frameMove.slot.newFrame]![row]!);
    case unmap.code:
      return notedMapping(fold, space, page, null);
    case harvestBegin.code:
    case harvestEnd.code:
    case methodSwitch.code: {
      const { harvesting, harvests, reads } = fold;
      return () => Object.assign(fold, { harvesting, harvests, reads });
    }
    default:
      return () => {};
  }
}

/** The write's frame, and the host's frame behind it. */
function notedWrite(fold: Fold, frame: number): Undo {
  const { frames, pages } = fold;
  const behind = fold.backing(frame);
  const undo = notedWrites(frames, frame);
  return behind < 0 ? undo : inReverse([undo, notedWrites(frames, pages.frame[behind]!)]);
}

function notedWrites(frames: Fold['frames'], frame: number): Undo {
  const [generation, cached] = [frames.generation[frame]!, frames.cached[frame]!];
  return () => {
    frames.generation[frame] = generation;
    frames.cached[frame] = cached;
  };
}

/** Marks of a range; pages that the trail has not spoken of have none. */
function notedMarks({ pages }: Fold, space: number, page: number, count: number): Undo {
  const known = indicesIn(pages, space, page, count);
  const marks = known.map((index) => pages.marks[index]!);
  const before = pages.count;
  return () => {
    known.forEach((index, i) => (pages.marks[index] = marks[i]!));
    pages.forRange(space, page, count, (index) => {
      if (index >= before) pages.marks[index] = 0;
    });
  };
}

/** A column of the frames behind a range. */
function notedFrames(
  { pages, frames }: Fold,
  space: number,
  page: number,
  count: number,
  column: 'cached' | 'captured',
): Undo {
  const behind = indicesIn(pages, space, page, count).map((index) => pages.frame[index]!);
  const values = behind.map((frame) => frames[column][frame]!);
  return () => behind.forEach((frame, i) => (frames[column][frame] = values[i]!));
}

/** A page's frame, entry and marks, and what is known of that frame and of the one it comes to. @param number of that frame; null for none */
function notedMapping(fold: Fold, space: number, page: number, number: number | null): Undo {
  const { pages, frames, mappings } = fold;
  const index = pages.ensure(space, page);
  const frame = pages.frame[index]!;
  const [low, high, marks] = [pages.pteLow[index]!, pages.pteHigh[index]!, pages.marks[index]!];
  const next = number === null ? 0 : frames.ensure(number, fold.spaces.isGuest(space));
  const known = [frame, next].map((at) => ({
    at,
    generation: frames.generation[at]!,
    captured: frames.captured[at]!,
    cached: frames.cached[at]!,
    memory: frames.memory[at]!,
  }));
  return () => {
    mappings.release(index);
    mappings.attach(index, frame);
    pages.pteLow[index] = low;
    pages.pteHigh[index] = high;
    pages.marks[index] = marks;
    for (const { at, generation, captured, cached, memory } of known) {
      frames.generation[at] = generation;
      frames.captured[at] = captured;
      frames.cached[at] = cached;
      frames.memory[at] = memory;
    }
  };
}

function indicesIn(pages: Fold['pages'], space: number, page: number, count: number): number[] {
  const indices: number[] = [];
  pages.forRange(space, page, count, (index) => void indices.push(index));
  return indices;
}
