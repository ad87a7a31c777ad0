/** Batches, meta and snapshots for the tests of this room. */
import { Random } from '../../base/index.js';
import { EventBatch } from '../batch.js';
import { write } from '../events/index.js';
import type { TrailEnding, TrailMeta } from '../meta.js';
import type { MachineSnapshot } from '../snapshot.js';

export const sampleMeta: TrailMeta = {
  mode: 'simulated',
  strategy: 'hw-dirty',
  variant: null,
  vm: null,
  arch: 'x86-64',
  vma: 'pfnmap',
  mutations: ['no-flush'],
  seed: 7,
  interleave: 'coarse',
  populate: 'eager',
  harvestEvery: 1000,
  tlb: { sets: 128, ways: 12 },
  carriers: ['pte-dirty', 'bitmap'],
  costProfile: { id: 'default', ns: { fault: 1000 } },
  options: { cpus: 1 },
  source: { kind: 'workload', name: 'zipf', programTime: 'assumed', reads: false, parameters: { pages: 64 } },
  actors: ['program'],
  spaces: [
    { kind: 'mm', layout: 'x86-64' },
    { kind: 'second-stage', layout: 'ept', carriers: ['pml-buffer'] },
  ],
  steps: ['', 'clean'],
  notes: [],
  methods: [],
};

export const sampleEnding: TrailEnding = {
  complete: true,
  incompleteReason: null,
  cpus: 1,
  programNs: 12,
  skippedLines: 0,
  firstSkippedLine: null,
};

/** Writes of eight bytes to random pages, numbered from `firstSeq`. */
export function writesBatch(firstSeq: number, length: number, batch: EventBatch = new EventBatch(length)): EventBatch {
  const random = new Random(firstSeq);
  batch.firstSeq = firstSeq;
  batch.length = length;
  batch.kind.fill(write.code, 0, length);
  for (let i = 0; i < length; i++) {
    batch.page[i] = 100 + random.below(50);
    batch.slots[write.slot.offset]![i] = 8 * random.below(500);
    batch.slots[write.slot.size]![i] = 8;
    batch.time[i] = firstSeq + i;
    batch.slots[write.slot.program]![i] = firstSeq + i;
  }
  return batch;
}

/** A snapshot of `pages` pages from page number `from`, each with a frame, an entry and a TLB entry on a CPU or in a device. */
export function sampleSnapshot(seq: number, pages: number, from = 0x7000_0000_0): MachineSnapshot {
  const numbers = (length: number, of: (i: number) => number) => Float64Array.from({ length }, (_, i) => of(i));
  const frame = numbers(pages, (i) => 1000 + i);
  const half = pages >> 1;
  return {
    seq,
    timeNs: seq * 3,
    harvests: 2,
    harvesting: false,
    reads: 5,
    pages: {
      space: new Uint16Array(pages).fill(1, half),
      page: numbers(pages, (i) => from + (i < half ? i * 3 : i)),
      frame,
      pteLow: Uint32Array.from({ length: pages }, (_, i) => (((1000 + i) << 12) | (i % 4 === 0 ? 0x267 : 0x225)) >>> 0),
      pteHigh: new Uint32Array(pages).fill(0x8000_0000),
      marks: Uint16Array.from({ length: pages }, (_, i) => i % 3),
    },
    frames: {
      frame,
      generation: numbers(pages, (i) => i * i),
      captured: numbers(pages, (i) => i * i - (i % 5 === 0 && i > 0 ? 1 : 0)),
      cached: numbers(pages, (i) => (i % 7 === 0 ? i : 0)),
      memory: new Uint8Array(pages).fill(1),
      mappers: new Uint32Array(pages).fill(1),
    },
    tlbs: {
      cpu: Int16Array.from({ length: pages }, (_, i) => (i < half ? -1 : 1)),
      slot: Uint32Array.from({ length: pages }, (_, i) => i),
      space: new Uint16Array(pages),
      page: numbers(pages, (i) => from + i * 3),
      frame,
      asid: new Uint16Array(pages),
      flags: new Uint8Array(pages).fill(3),
    },
  };
}
