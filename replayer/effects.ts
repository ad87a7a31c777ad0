/**
 * What an event changed, cell by cell and in words: generations, captured generations, marks, what tells the consumer, TLB slots. A probe
 * notes the cells that the event may touch while the fold stands before it, and is compared when the fold stands after it.
 */
import { formatPage } from '../base/index.js';
import {
  CARRIERS,
  flushAck,
  type EventBatch,
  methodSwitch,
  PAGES_SLOT,
  TLB_DIRTY,
  TLB_HUGE,
  TLB_WRITABLE,
  tlbEvict,
  tlbFill,
  tlbUpdate,
  write,
} from '../traces/index.js';
import type { Fold } from './fold/index.js';

export interface Effect {
  /** What is different: `page 0x10`, `cpu 0 slot 3`. */
  readonly subject: string;
  /** The page it is about, or -1. */
  readonly page: number;
  /** What of it; '' where the subject says all. */
  readonly cell: string;
  readonly before: string;
  readonly after: string;
}

interface Cell {
  readonly subject: string;
  readonly page: number;
  readonly cell: string;
  read(): string;
}

/** Pages of a range that are looked at, of those the trail has spoken of: a range over more is told by its first ones. */
const PAGES_MAX = 65_536;

export class Probe {
  readonly #cells: readonly Cell[];
  readonly #before: readonly string[];

  /** The fold stands just before the event. It must be the same one that `effects` is asked about. */
  constructor(fold: Fold, batch: EventBatch, row: number) {
    this.#cells = cellsOf(fold, batch, row);
    this.#before = this.#cells.map((cell) => cell.read());
  }

  /** What is different now that the fold stands after the event. */
  effects(): Effect[] {
    return this.#cells.flatMap((cell, index) => {
      const before = this.#before[index]!;
      const after = cell.read();
      return before === after ? [] : [{ subject: cell.subject, page: cell.page, cell: cell.cell, before, after }];
    });
  }
}

function cellsOf(fold: Fold, batch: EventBatch, row: number): Cell[] {
  const cpu = batch.cpu[row]!;
  const space = batch.space[row]!;
  const page = batch.page[row]!;
  const field = (slot: number): number => batch.slots[slot]![row]!;
  switch (batch.kind[row]) {
    case tlbFill.code: {
      const own = fold.pages.find(space, page);
      const earlier = own < 0 ? -1 : (fold.tlb(cpu)?.slotOf(own) ?? -1);
      const slots = new Set([field(tlbFill.slot.slot), ...(earlier < 0 ? [] : [earlier])]);
      return [...slots].map((slot) => tlbCell(fold, cpu, slot));
    }
    case tlbUpdate.code:
      return [tlbCell(fold, cpu, field(tlbUpdate.slot.slot))];
    case tlbEvict.code:
      return [tlbCell(fold, cpu, field(tlbEvict.slot.slot))];
    case flushAck.code: {
      const slots = Array.from(fold.tlb(cpu)?.page ?? [], (held, slot) => (held < 0 ? -1 : slot));
      return slots.filter((slot) => slot >= 0).map((slot) => tlbCell(fold, cpu, slot));
    }
    case methodSwitch.code:
      return [{ subject: 'the consumer', page: -1, cell: 'reads', read: () => carrierNames(fold.reads) }];
    case write.code:
      return [...pageCells(fold, space, page), ...reachedCells(fold, cpu, space, page)];
    default: {
      if (page < 0) return [];
      const slot = PAGES_SLOT[batch.kind[row]!]!;
      return rangeOf(fold, space, page, slot < 0 ? 1 : field(slot)).flatMap((at) => pageCells(fold, space, at));
    }
  }
}

/** The pages of a range that the trail has spoken of; the first even if it has not, because the event may be what speaks of it. */
function rangeOf(fold: Fold, space: number, page: number, pages: number): number[] {
  const known = new Set<number>([page]);
  fold.pages.forRange(space, page, pages, (index) => {
    if (known.size < PAGES_MAX) known.add(fold.pages.page[index]!);
  });
  // A mark may be the first that is said of any page of its range.
  for (let at = page; at < page + pages && known.size < Math.min(pages, 512); at++) known.add(at);
  return [...known].sort((a, b) => a - b);
}

function pageCells(fold: Fold, space: number, page: number): Cell[] {
  const subject = `page ${formatPage(page)}`;
  const cell = (name: string, ofPage: (index: number) => string, without: string): Cell => ({
    subject,
    page,
    cell: name,
    read() {
      const index = fold.pages.find(space, page);
      return index < 0 ? without : ofPage(index);
    },
  });
  const ofFrame = (column: 'generation' | 'captured' | 'cached') => (index: number) =>
    String(fold.pages.frame[index] === 0 ? 0 : fold.frames[column][fold.pages.frame[index]!]!);
  return [
    cell('frame', (index) => frameText(fold, fold.pages.frame[index]!), 'none'),
    cell('generation', ofFrame('generation'), '0'),
    cell('captured', ofFrame('captured'), '0'),
    cell('in caches', ofFrame('cached'), '0'),
    cell('marks', (index) => carrierNames(fold.pages.marks[index]!), 'none'),
    cell('told by', (index) => toldBy(fold, index), 'nothing'),
    cell('stale', (index) => (fold.isStale(index) ? 'yes' : 'no'), 'no'),
  ];
}

/** Where a write goes to another frame than the page's own, through a stale TLB entry: that frame. */
function reachedCells(fold: Fold, cpu: number, space: number, page: number): Cell[] {
  const index = fold.pages.find(space, page);
  const frame = fold.frameOfWrite(cpu, index);
  if (index < 0 || frame === 0 || frame === fold.pages.frame[index]) return [];
  const number = fold.frames.numberOf(frame);
  const ofGuest = fold.frames.isGuest(frame);
  return [
    {
      subject: `frame ${formatPage(number)}`,
      page: -1,
      cell: 'generation',
      read: () => String(fold.frames.generation[Math.max(fold.frames.find(number, ofGuest), 0)]!),
    },
  ];
}

function tlbCell(fold: Fold, cpu: number, slot: number): Cell {
  return {
    subject: `${cpu < 0 ? 'device' : `cpu ${cpu}`} TLB slot ${slot}`,
    page: -1,
    cell: '',
    read: () => tlbSlotText(fold, cpu, slot),
  };
}

/** What a slot of a TLB holds: `page 0x10 WD, frame 0x8000`, or `empty`. */
export function tlbSlotText(fold: Fold, cpu: number, slot: number): string {
  const tlb = fold.tlb(cpu);
  const held = tlb?.page[slot] ?? -1;
  if (held < 0) return 'empty';
  const space = fold.pages.space[held]!;
  const frame = formatPage(fold.frames.numberOf(tlb!.frame[slot]!));
  return `page ${formatPage(fold.pages.page[held]!)}${space === 0 ? '' : ` of space ${space}`} ${tlbFlagsText(tlb!.flags[slot]!)}, frame ${frame}`;
}

/** `WD`, `W-`, `--`, and `2M` after it where the entry is huge. */
export function tlbFlagsText(flags: number): string {
  return `${flags & TLB_WRITABLE ? 'W' : '-'}${flags & TLB_DIRTY ? 'D' : '-'}${flags & TLB_HUGE ? ' 2M' : ''}`;
}

/** What will tell the consumer of writes to the page; `nothing`. */
export function toldBy(fold: Fold, page: number): string {
  const carriers = fold.carriersOf(page);
  return carriers === 0 ? 'nothing' : carrierNames(carriers);
}

/** The carriers of a mask by name; `none`. */
export function carrierNames(mask: number): string {
  return CARRIERS.filter((_, code) => mask & (1 << code)).join('+') || 'none';
}

function frameText(fold: Fold, frame: number): string {
  return frame === 0 ? 'none' : formatPage(fold.frames.numberOf(frame));
}
