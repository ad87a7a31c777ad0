/**
 * The state of the machine as an answer: entries, TLB entries, marks and stale pages in lists sorted by space and page, from a fold
 * that stands at the event asked for. Filters narrow the lists; they never change what an item says.
 */
import {
  CARRIERS,
  PTE_ACCESSED,
  MEMORY_KINDS,
  PTE_DIRTY,
  PTE_HUGE,
  PTE_PRESENT,
  PTE_WRITABLE,
  TLB_DIRTY,
  TLB_HUGE,
  TLB_WRITABLE,
  type Carrier,
  type MemoryKind,
} from '../traces/index.js';
import { sortedPages, type Fold } from './fold/index.js';
import type { Position } from './position.js';
import type { Replayer } from './replayer.js';

export interface StateFilter {
  readonly page?: number;
  readonly cpu?: number;
}

export interface PteState {
  readonly space: number;
  readonly page: number;
  readonly present: boolean;
  readonly writable: boolean;
  readonly dirty: boolean;
  readonly accessed: boolean;
  /** The entry is huge and stands at the first of 512 pages, which may be another page than this. */
  readonly huge: boolean;
  /** The raw 64 bits of the entry that governs the page, 0x-hex. */
  readonly raw: string;
  /** The set bits by name. */
  readonly bits: string;
  /** Frame behind the page; null where the trail never said. */
  readonly frame: number | null;
  /** What the frame is; null where there is none. */
  readonly memory: MemoryKind | null;
  /** Writes that frame has seen, how many of them the consumer has, and how many are in CPU caches alone. */
  readonly generation: number;
  readonly captured: number;
  readonly cached: number;
}

export interface TlbState {
  /** -1: of a device. */
  readonly cpu: number;
  readonly space: number;
  readonly page: number;
  readonly writable: boolean;
  readonly dirty: boolean;
  /** It covers the 512 pages from `page` on. */
  readonly huge: boolean;
  readonly frame: number;
  readonly slot: number;
  readonly asid: number;
}

export interface MarkState {
  readonly carrier: Carrier;
  readonly space: number;
  readonly page: number;
}

export interface MachineState {
  readonly seq: number;
  readonly timeNs: number;
  /** Epoch of event `seq`. */
  readonly epoch: number;
  readonly harvesting: boolean;
  /** Carriers the consumer reads at this point, and consumers of certain spaces that read others. */
  readonly reads: readonly Carrier[];
  readonly ownReads: ReadonlyArray<{ readonly space: number; readonly reads: readonly Carrier[] }>;
  readonly ptes: readonly PteState[];
  readonly tlbs: readonly TlbState[];
  readonly marks: readonly MarkState[];
  /** Pages whose frame holds writes that the consumer has not transferred. */
  readonly stale: readonly number[];
}

/** The machine at a position. Throws a `UsageError` for a position outside the trail. */
export function stateAt(replayer: Replayer, position: Position, filter: StateFilter = {}): MachineState {
  const seq = replayer.seqOf(position);
  const epoch = replayer.epochOf(seq);
  return describeState(replayer.goTo(seq), epoch, filter);
}

/** The state a fold stands at. */
export function describeState(fold: Fold, epoch: number, filter: StateFilter = {}): MachineState {
  const pages = [...sortedPages(fold)].filter(
    (index) => filter.page === undefined || fold.pages.page[index] === filter.page,
  );
  return {
    seq: fold.seq,
    timeNs: fold.timeNs,
    epoch,
    harvesting: fold.harvesting,
    reads: carriersIn(fold.reads),
    ownReads: fold.spaces.withOwnReads.map((space) => ({ space, reads: carriersIn(fold.readsOf(space)) })),
    ptes: pages.map((index) => pteState(fold, index)),
    tlbs: tlbStates(fold, filter),
    marks: pages.flatMap((index) => markStates(fold, index)),
    stale: [...new Set(pages.filter((index) => isOwed(fold, index)).map((index) => fold.pages.page[index]!))],
  };
}

/** Whether a consumer lacks writes to the page. */
function isOwed(fold: Fold, index: number): boolean {
  return fold.isStale(index) && fold.spaces.hasConsumer(fold.pages.space[index]!);
}

function carriersIn(mask: number): Carrier[] {
  return CARRIERS.filter((_, code) => mask & (1 << code));
}

function pteState(fold: Fold, index: number): PteState {
  const { pages, frames } = fold;
  const space = pages.space[index]!;
  const frame = pages.frame[index]!;
  const entry = fold.governing(index);
  const low = pages.pteLow[entry]!;
  const high = pages.pteHigh[entry]!;
  const flags = fold.pteFlags(index);
  return {
    space,
    page: pages.page[index]!,
    present: (flags & PTE_PRESENT) !== 0,
    writable: (flags & PTE_WRITABLE) !== 0,
    dirty: (flags & PTE_DIRTY) !== 0,
    accessed: (flags & PTE_ACCESSED) !== 0,
    huge: (flags & PTE_HUGE) !== 0,
    raw: rawHex(low, high),
    bits: fold.layoutOf(space).describe(low, high),
    frame: frame === 0 ? null : frames.numberOf(frame),
    memory: frame === 0 ? null : (MEMORY_KINDS[frames.memory[frame]!] ?? null),
    generation: frame === 0 ? 0 : frames.generation[frame]!,
    captured: frame === 0 ? 0 : frames.captured[frame]!,
    cached: frame === 0 ? 0 : frames.cached[frame]!,
  };
}

/** A raw entry as people read it: `0x` and no leading zeros. */
export function rawHex(low: number, high: number): string {
  return high === 0 ? `0x${low.toString(16)}` : `0x${high.toString(16)}${low.toString(16).padStart(8, '0')}`;
}

function tlbStates(fold: Fold, filter: StateFilter): TlbState[] {
  const states: TlbState[] = [];
  fold.forTlbs((tlb, cpu) => {
    if (filter.cpu !== undefined && cpu !== filter.cpu) return;
    tlb.page.forEach((index, slot) => {
      if (index < 0 || (filter.page !== undefined && fold.pages.page[index] !== filter.page)) return;
      states.push({
        cpu,
        space: fold.pages.space[index]!,
        page: fold.pages.page[index]!,
        writable: (tlb.flags[slot]! & TLB_WRITABLE) !== 0,
        dirty: (tlb.flags[slot]! & TLB_DIRTY) !== 0,
        huge: (tlb.flags[slot]! & TLB_HUGE) !== 0,
        frame: fold.frames.numberOf(tlb.frame[slot]!),
        slot,
        asid: tlb.asid[slot]!,
      });
    });
  });
  return states.sort((a, b) => a.cpu - b.cpu || a.space - b.space || a.page - b.page);
}

function markStates(fold: Fold, index: number): MarkState[] {
  const marks = fold.pages.marks[index]!;
  const states: MarkState[] = [];
  CARRIERS.forEach((carrier, code) => {
    if (marks & (1 << code)) states.push({ carrier, space: fold.pages.space[index]!, page: fold.pages.page[index]! });
  });
  return states;
}
