/** The machine's own state in the canonical form of a snapshot: sorted columns, frame and page numbers instead of indices. */
import type { MachineSnapshot, PteLayout } from '../../traces/index.js';
import type { Machine } from './machine.js';
import { nextMapped } from './order.js';

/** @param reads carrier mask of what the consumer reads */
export function snapshotOf(machine: Machine, layout: PteLayout, reads: number): MachineSnapshot {
  const { pages, journal } = machine;
  const order: number[] = [];
  for (let page = nextMapped(pages, -1); page >= 0; page = nextMapped(pages, page)) order.push(page);
  const frames = Array.from({ length: pages.frameCount }, (_, frame) => frame);
  frames.sort((a, b) => pages.frameNumber[a]! - pages.frameNumber[b]!);
  const entries: Array<{ cpu: number; slot: number }> = [];
  for (const [cpu, tlb] of machine.tlbs.entries()) {
    for (let slot = 0; slot < tlb.page.length; slot++) if (tlb.page[slot]! >= 0) entries.push({ cpu, slot });
  }
  const frameNumberOf = (page: number) => pages.frameNumber[pages.frame[page]!]!;
  const cached = <T>(read: (cpu: number, slot: number) => T) => entries.map(({ cpu, slot }) => read(cpu, slot));
  const pageIn = (cpu: number, slot: number) => machine.tlbs[cpu]!.page[slot]!;
  return {
    seq: journal.seq,
    timeNs: journal.time,
    harvests: machine.harvests,
    harvesting: machine.harvesting,
    reads,
    pages: {
      space: Uint16Array.from(order, (page) => pages.space[page]!),
      page: Float64Array.from(order, (page) => pages.number[page]!),
      frame: Float64Array.from(order, frameNumberOf),
      pteLow: Uint32Array.from(order, (page) => layout.low(pages.flags[page]!, frameNumberOf(page))),
      pteHigh: Uint32Array.from(order, (page) => layout.high(pages.flags[page]!, frameNumberOf(page))),
      marks: Uint16Array.from(order, (page) => pages.marks[page]!),
    },
    frames: {
      frame: Float64Array.from(frames, (frame) => pages.frameNumber[frame]!),
      generation: Float64Array.from(frames, (frame) => pages.generation[frame]!),
      captured: Float64Array.from(frames, (frame) => pages.captured[frame]!),
      memory: Uint8Array.from(frames, (frame) => pages.memory[frame]!),
    },
    tlbs: {
      cpu: Int16Array.from(cached((cpu) => cpu)),
      slot: Uint32Array.from(cached((_, slot) => slot)),
      space: Uint16Array.from(cached((cpu, slot) => pages.space[pageIn(cpu, slot)]!)),
      page: Float64Array.from(cached((cpu, slot) => pages.number[pageIn(cpu, slot)]!)),
      frame: Float64Array.from(cached((cpu, slot) => pages.frameNumber[machine.tlbs[cpu]!.frame[slot]!]!)),
      asid: new Uint16Array(entries.length),
      flags: Uint8Array.from(cached((cpu, slot) => machine.tlbs[cpu]!.flags[slot]!)),
    },
  };
}
