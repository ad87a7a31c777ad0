/** The machine's own state in the canonical form of a snapshot: sorted columns, frame and page numbers instead of indices. */
import { PAGES_PER_TABLE } from '../../base/index.js';
import type { MachineHead, MachineSnapshot, PteLayout } from '../../traces/index.js';
import type { Machine } from './machine.js';
import type { PageStore } from './pages.js';
import type { Tlb } from './tlb.js';

/** @param layouts by address space; those that are not named have the first */
export function snapshotOf(machine: Machine, layouts: readonly PteLayout[]): MachineSnapshot {
  const { pages } = machine;
  return { ...headOf(machine), pages: pageColumns(pages, layouts), frames: frameColumns(pages), tlbs: tlbsOf(machine) };
}

export function headOf({ journal, harvests, harvesting, reads }: Machine): MachineHead {
  return { seq: journal.seq, timeNs: journal.time, harvests, harvesting, reads };
}

/** What all CPUs and the device have cached. */
export function tlbsOf({ device, cpus, pages }: Machine): MachineSnapshot['tlbs'] {
  return tlbColumns([[-1, device.tlb], ...cpus.tlbs.entries()], pages);
}

function pageColumns(pages: PageStore, layouts: readonly PteLayout[]): MachineSnapshot['pages'] {
  const count = pages.tables.reduce((sum, table) => sum + table.used, 0);
  const columns = {
    space: new Uint16Array(count),
    page: new Float64Array(count),
    frame: new Float64Array(count),
    pteLow: new Uint32Array(count),
    pteHigh: new Uint32Array(count),
    marks: new Uint16Array(count),
  };
  let row = 0;
  for (const table of pages.tables) {
    const layout = layouts[table.space] ?? layouts[0]!;
    for (let slot = 0; slot < PAGES_PER_TABLE; slot++) {
      const page = table.entries[slot]!;
      if (page < 0) continue;
      const frame = pages.frames.number[pages.frame[page]!]!;
      const flags = pages.flags[page]!;
      columns.space[row] = table.space;
      columns.page[row] = table.basePage + slot;
      columns.frame[row] = frame;
      columns.pteLow[row] = layout.low(flags, frame);
      columns.pteHigh[row] = layout.high(flags, frame);
      columns.marks[row++] = pages.marks[page]!;
    }
  }
  return columns;
}

/** Frames that a page is on, in order. Those that were moved away from are nobody's. */
function frameColumns({ count, frame: frameOf, frames }: PageStore): MachineSnapshot['frames'] {
  const mappers = new Uint32Array(frames.count);
  let used = 0;
  for (let page = 0; page < count; page++) {
    const frame = frameOf[page]!;
    if (frame >= 0 && mappers[frame]!++ === 0) used++;
  }
  const order = new Int32Array(used);
  let sorted = true;
  for (let frame = 0, at = 0; frame < frames.count; frame++) {
    if (mappers[frame] === 0) continue;
    order[at] = frame;
    // Frames are handed out in order, so this is true of all but machines with several kinds of memory.
    sorted &&= at === 0 || frames.number[order[at - 1]!]! < frames.number[frame]!;
    at++;
  }
  // A guest numbers its frames by itself, so one of the host's may have the same number.
  if (!sorted) order.sort((a, b) => frames.number[a]! - frames.number[b]! || frames.memory[a]! - frames.memory[b]!);
  const columns = {
    frame: new Float64Array(order.length),
    generation: new Float64Array(order.length),
    captured: new Float64Array(order.length),
    cached: new Float64Array(order.length),
    memory: new Uint8Array(order.length),
    mappers: new Uint32Array(order.length),
  };
  for (let row = 0; row < order.length; row++) {
    const frame = order[row]!;
    columns.frame[row] = frames.number[frame]!;
    columns.generation[row] = frames.generation[frame]!;
    columns.captured[row] = frames.captured[frame]!;
    columns.cached[row] = frames.cached[frame]!;
    columns.memory[row] = frames.memory[frame]!;
    columns.mappers[row] = mappers[frame]!;
  }
  return columns;
}

function tlbColumns(tlbs: ReadonlyArray<readonly [number, Tlb]>, pages: PageStore): MachineSnapshot['tlbs'] {
  const count = tlbs.reduce((sum, [, tlb]) => sum + tlb.valid, 0);
  const columns = {
    cpu: new Int16Array(count),
    slot: new Uint32Array(count),
    space: new Uint16Array(count),
    page: new Float64Array(count),
    frame: new Float64Array(count),
    asid: new Uint16Array(count),
    flags: new Uint8Array(count),
  };
  let row = 0;
  for (const [cpu, tlb] of tlbs) {
    for (let slot = 0; slot < tlb.page.length; slot++) {
      const page = tlb.page[slot]!;
      if (page < 0) continue;
      columns.cpu[row] = cpu;
      columns.slot[row] = slot;
      columns.space[row] = pages.space[page]!;
      columns.page[row] = pages.number[page]!;
      columns.frame[row] = pages.frames.number[tlb.frame[slot]!]!;
      columns.asid[row] = tlb.tag[slot]!;
      columns.flags[row++] = tlb.flags[slot]!;
    }
  }
  return columns;
}
