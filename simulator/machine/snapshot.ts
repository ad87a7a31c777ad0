/** The machine's own state in the canonical form of a snapshot: sorted columns, frame and page numbers instead of indices. */
import { PAGES_PER_TABLE } from '../../base/index.js';
import type { MachineSnapshot, PteLayout } from '../../traces/index.js';
import type { Machine } from './machine.js';
import type { PageStore } from './pages.js';
import type { Tlb } from './tlb.js';

export function snapshotOf(machine: Machine, layout: PteLayout): MachineSnapshot {
  const { pages, journal } = machine;
  return {
    seq: journal.seq,
    timeNs: journal.time,
    harvests: machine.harvests,
    harvesting: machine.harvesting,
    reads: machine.reads,
    pages: pageColumns(pages, layout),
    frames: frameColumns(pages),
    tlbs: tlbColumns(machine.mmu.tlbs, pages),
  };
}

function pageColumns(pages: PageStore, layout: PteLayout): MachineSnapshot['pages'] {
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
    for (let slot = 0; slot < PAGES_PER_TABLE; slot++) {
      const page = table.entries[slot]!;
      if (page < 0) continue;
      const frame = pages.frameNumber[pages.frame[page]!]!;
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

/** Frames of one kind of memory are handed out upwards, so they are in order unless both kinds are in use. */
function frameColumns(pages: PageStore): MachineSnapshot['frames'] {
  const order = Int32Array.from({ length: pages.frameCount }, (_, frame) => frame);
  const numbers = pages.frameNumber;
  if (order.some((frame) => frame > 0 && numbers[frame]! < numbers[frame - 1]!))
    order.sort((a, b) => numbers[a]! - numbers[b]!);
  const columns = {
    frame: new Float64Array(order.length),
    generation: new Float64Array(order.length),
    captured: new Float64Array(order.length),
    memory: new Uint8Array(order.length),
  };
  for (let row = 0; row < order.length; row++) {
    const frame = order[row]!;
    columns.frame[row] = numbers[frame]!;
    columns.generation[row] = pages.generation[frame]!;
    columns.captured[row] = pages.captured[frame]!;
    columns.memory[row] = pages.memory[frame]!;
  }
  return columns;
}

function tlbColumns(tlbs: readonly Tlb[], pages: PageStore): MachineSnapshot['tlbs'] {
  const count = tlbs.reduce((sum, tlb) => sum + tlb.valid, 0);
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
  for (const [cpu, tlb] of tlbs.entries()) {
    for (let slot = 0; slot < tlb.page.length; slot++) {
      const page = tlb.page[slot]!;
      if (page < 0) continue;
      columns.cpu[row] = cpu;
      columns.slot[row] = slot;
      columns.space[row] = pages.space[page]!;
      columns.page[row] = pages.number[page]!;
      columns.frame[row] = pages.frameNumber[tlb.frame[slot]!]!;
      columns.flags[row++] = tlb.flags[slot]!;
    }
  }
  return columns;
}
