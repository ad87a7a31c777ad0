/**
 * The state of the machine as an answer: entries, TLB entries, marks and stale pages in lists sorted by space and page, from a fold
 * that stands at the event asked for. Filters narrow the lists; they never change what an item says.
 */
import {
  CARRIERS,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_WRITABLE,
  TLB_DIRTY,
  TLB_WRITABLE,
  type Carrier,
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
  /** The raw 64 bits, 0x-hex. */
  readonly raw: string;
  /** The set bits by name. */
  readonly bits: string;
  /** Frame behind the page; null where the trail never said. */
  readonly frame: number | null;
  /** Writes that frame has seen, and how many of them the consumer has. */
  readonly generation: number;
  readonly captured: number;
}

export interface TlbState {
  readonly cpu: number;
  readonly space: number;
  readonly page: number;
  readonly writable: boolean;
  readonly dirty: boolean;
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
  /** Carriers the consumer reads at this point. */
  readonly reads: readonly Carrier[];
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
    reads: CARRIERS.filter((_, code) => fold.reads & (1 << code)),
    ptes: pages.map((index) => pteState(fold, index)),
    tlbs: tlbStates(fold, filter),
    marks: pages.flatMap((index) => markStates(fold, index)),
    stale: [...new Set(pages.filter((index) => fold.isStale(index)).map((index) => fold.pages.page[index]!))],
  };
}

function pteState(fold: Fold, index: number): PteState {
  const { pages } = fold;
  const space = pages.space[index]!;
  const low = pages.pteLow[index]!;
  const high = pages.pteHigh[index]!;
  const flags = fold.pteFlags(index);
  return {
    space,
    page: pages.page[index]!,
    present: (flags & PTE_PRESENT) !== 0,
    writable: (flags & PTE_WRITABLE) !== 0,
    dirty: (flags & PTE_DIRTY) !== 0,
    accessed: (flags & PTE_ACCESSED) !== 0,
    raw: rawHex(low, high),
    bits: fold.layoutOf(space).describe(low, high),
    frame: fold.isMapped(index) ? fold.frames.numberOf(pages.frame[index]!) : null,
    generation: fold.isMapped(index) ? fold.generationOf(index) : 0,
    captured: fold.isMapped(index) ? fold.capturedOf(index) : 0,
  };
}

/** A raw entry as people read it: `0x` and no leading zeros. */
export function rawHex(low: number, high: number): string {
  return high === 0 ? `0x${low.toString(16)}` : `0x${high.toString(16)}${low.toString(16).padStart(8, '0')}`;
}

function tlbStates(fold: Fold, filter: StateFilter): TlbState[] {
  const states: TlbState[] = [];
  fold.tlbs.forEach((tlb, cpu) => {
    if (tlb === undefined || (filter.cpu !== undefined && cpu !== filter.cpu)) return;
    tlb.page.forEach((index, slot) => {
      if (index < 0 || (filter.page !== undefined && fold.pages.page[index] !== filter.page)) return;
      states.push({
        cpu,
        space: fold.pages.space[index]!,
        page: fold.pages.page[index]!,
        writable: (tlb.flags[slot]! & TLB_WRITABLE) !== 0,
        dirty: (tlb.flags[slot]! & TLB_DIRTY) !== 0,
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
