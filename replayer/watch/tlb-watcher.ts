/**
 * Watchpoints on what a CPU caches for a page: the entry of the page itself, or the huge one that covers it. The entry comes by a fill,
 * which is the anchor; it changes by an update of its slot, and goes by a flush, an eviction, or a fill of another page into its slot.
 */
import { PAGES_PER_TABLE } from '../../base/index.js';
import { FLUSH_SCOPES, flushAck, TLB_HUGE, tlbEvict, tlbFill, tlbUpdate, type EventBatch } from '../../traces/index.js';
import type { Fold } from '../fold/index.js';
import type { TlbStop } from './stop.js';
import { hasKind, speaksOf, type Watcher, type WatcherState } from './watcher.js';

const KINDS = (1 << tlbFill.code) | (1 << tlbUpdate.code) | (1 << tlbEvict.code) | (1 << flushAck.code);
const SCOPE_RANGE = FLUSH_SCOPES.indexOf('range');
const SCOPE_SPACE = FLUSH_SCOPES.indexOf('space');
const NO_SLOT = -1;

/** A cached entry; `slot` is NO_SLOT where there is none. */
interface Cell {
  readonly page: number;
  slot: number;
  frame: number;
  flags: number;
  asid: number;
}

export function tlbWatcher({ cpu, space, page }: TlbStop): Watcher {
  const headPage = page - (page % PAGES_PER_TABLE);
  const own = cellOf(page);
  const head = headPage === page ? null : cellOf(headPage);
  const cells = head === null ? [own] : [own, head];

  /** The entry that a write to the page goes through. */
  const entry = (): Cell | null => {
    if (own.slot !== NO_SLOT) return own;
    return head !== null && head.slot !== NO_SLOT && head.flags & TLB_HUGE ? head : null;
  };
  const isOurFill = (batch: EventBatch, row: number): boolean =>
    batch.kind[row] === tlbFill.code &&
    batch.cpu[row] === cpu &&
    batch.space[row] === space &&
    (batch.page[row] === page || batch.page[row] === headPage);

  const state: WatcherState = {
    begin(fold) {
      for (const cell of cells) load(fold, cpu, space, cell);
    },
    anchorKinds: 1 << tlbFill.code,
    mayAnchor: (chunk) =>
      hasKind(chunk, [tlbFill.kind]) && (speaksOf(chunk, page, page) || speaksOf(chunk, headPage, headPage)),
    isAnchor: isOurFill,
    trailing: true,
    get settled() {
      return cells.every(({ slot }) => slot === NO_SLOT);
    },
  };

  return {
    kinds: KINDS,
    mayHold: (chunk) => (state.settled ? state.mayAnchor(chunk) : hasKind(chunk, TLB_KINDS)),
    matches(batch, row) {
      if (batch.cpu[row] !== cpu) return false;
      if (state.settled && !isOurFill(batch, row)) return false;
      const was = entry();
      const { frame, flags, asid } = was ?? own;
      for (const cell of cells) step(cell, batch, row, space);
      const now = entry();
      return was !== now || (now !== null && (now.frame !== frame || now.flags !== flags || now.asid !== asid));
    },
    state,
  };
}

const TLB_KINDS = [tlbFill.kind, tlbUpdate.kind, tlbEvict.kind, flushAck.kind];

/** What the event does to the cell, as the fold has it. */
function step(cell: Cell, batch: EventBatch, row: number, space: number): void {
  const { slots } = batch;
  switch (batch.kind[row]) {
    case tlbFill.code: {
      const slot = slots[tlbFill.slot.slot]![row]!;
      if (batch.space[row] === space && batch.page[row] === cell.page) {
        cell.slot = slot;
        cell.frame = slots[tlbFill.slot.frame]![row]!;
        cell.flags = slots[tlbFill.slot.flags]![row]!;
        cell.asid = slots[tlbFill.slot.asid]![row]!;
      } else if (slot === cell.slot) {
        cell.slot = NO_SLOT;
      }
      return;
    }
    case tlbUpdate.code:
      if (slots[tlbUpdate.slot.slot]![row] === cell.slot) cell.flags = slots[tlbUpdate.slot.flags]![row]!;
      return;
    case tlbEvict.code:
      if (slots[tlbEvict.slot.slot]![row] === cell.slot) cell.slot = NO_SLOT;
      return;
    case flushAck.code:
      if (isFlushed(cell, batch, row, space)) cell.slot = NO_SLOT;
      return;
    default:
  }
}

function isFlushed({ page, flags }: Cell, batch: EventBatch, row: number, space: number): boolean {
  const scope = batch.slots[flushAck.slot.scope]![row]!;
  if (scope !== SCOPE_RANGE && scope !== SCOPE_SPACE) return true;
  if (batch.space[row] !== space) return false;
  if (scope === SCOPE_SPACE) return true;
  const first = batch.page[row]!;
  const pages = batch.slots[flushAck.slot.pages]![row]!;
  const held = flags & TLB_HUGE && page % PAGES_PER_TABLE === 0 ? PAGES_PER_TABLE : 1;
  return pages > 0 && page + held > first && page < first + pages;
}

function cellOf(page: number): Cell {
  return { page, slot: NO_SLOT, frame: 0, flags: 0, asid: 0 };
}

function load(fold: Fold, cpu: number, space: number, cell: Cell): void {
  const tlb = fold.tlb(cpu);
  const index = fold.pages.find(space, cell.page);
  cell.slot = tlb === undefined || index < 0 ? NO_SLOT : tlb.slotOf(index);
  if (cell.slot === NO_SLOT) return;
  cell.frame = fold.frames.numberOf(tlb!.frame[cell.slot]!);
  cell.flags = tlb!.flags[cell.slot]!;
  cell.asid = tlb!.asid[cell.slot]!;
}
