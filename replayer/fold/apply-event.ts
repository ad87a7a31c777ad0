/** What each kind of event other than a write does to the state. Kinds that are not here tell what happened and change nothing. */
import {
  cacheFlush,
  carrierBit,
  flushAck,
  FLUSH_SCOPES,
  frameMove,
  harvestBegin,
  harvestEnd,
  map,
  mark,
  methodSwitch,
  pte,
  tlbEvict,
  tlbFill,
  tlbUpdate,
  transfer,
  unmap,
  fieldsOf,
  kindMask,
  type EventBatch,
  type Selection,
  type TrailMeta,
} from '../../traces/index.js';
import type { Fold } from './fold.js';
import { checkRecords } from './page-table.js';

const SCOPE_RANGE = FLUSH_SCOPES.indexOf('range');
const SCOPE_SPACE = FLUSH_SCOPES.indexOf('space');

/** What the fold must be given of events: the kinds that change the state, and of these the fields that it looks at. */
const SELECTION: Selection = fieldsOf({
  write: [],
  pte: ['newLow', 'newHigh'],
  'tlb-fill': ['frame', 'slot', 'asid', 'flags'],
  'tlb-update': ['slot', 'flags'],
  'tlb-evict': ['slot'],
  mark: ['pages', 'carrier', 'value'],
  'flush-ack': ['pages', 'scope'],
  'cache-flush': ['pages'],
  transfer: ['pages'],
  map: ['frame', 'memory'],
  unmap: [],
  'frame-move': ['newFrame', 'memory'],
  'harvest-begin': [],
  'harvest-end': ['harvest'],
  switch: ['reads'],
});

/** The same for a trail: whose write it is matters where a device does not snoop. */
export function foldSelection({ options }: Pick<TrailMeta, 'options'>): Selection {
  return { ...SELECTION, who: options['nonCoherent'] === 1 };
}

/** The kinds that change the state: bit c for event code c. */
export const FOLD_KINDS = SELECTION.kinds;

/** Of these kinds only events about a page change anything of it; all others may change what a CPU has cached of it, or who shares its frame. */
export const PAGE_KINDS = kindMask('write', 'pte', 'mark', 'transfer');
/** Of a selection what is left where a chunk has none of these about the pages that are folded. */
export function elsewhere(selection: Selection): Selection {
  return { ...selection, kinds: selection.kinds & ~PAGE_KINDS };
}

export function applyEvent(fold: Fold, batch: EventBatch, row: number): void {
  const slots = batch.slots;
  const space = batch.space[row]!;
  const page = batch.page[row]!;
  const cpu = batch.cpu[row]!;
  const { pages, frames, mappings, part } = fold;
  if (part !== null && !part.concerns(frames, batch, row)) return;
  switch (batch.kind[row]) {
    case pte.code: {
      const index = pages.ensure(space, page);
      pages.pteLow[index] = slots[pte.slot.newLow]![row]!;
      pages.pteHigh[index] = slots[pte.slot.newHigh]![row]!;
      return;
    }
    case tlbFill.code: {
      const index = pages.ensure(space, page);
      const frame = fold.frameNumbered(slots[tlbFill.slot.frame]![row]!, index);
      fold
        .tlbOf(cpu)
        .fill(
          slots[tlbFill.slot.slot]![row]!,
          index,
          frame,
          slots[tlbFill.slot.asid]![row]!,
          slots[tlbFill.slot.flags]![row]!,
        );
      return;
    }
    case tlbUpdate.code:
      fold.tlb(cpu)?.update(slots[tlbUpdate.slot.slot]![row]!, slots[tlbUpdate.slot.flags]![row]!);
      return;
    case tlbEvict.code:
      fold.tlb(cpu)?.empty(slots[tlbEvict.slot.slot]![row]!);
      return;
    case mark.code: {
      const bit = carrierBit(slots[mark.slot.carrier]![row]!);
      setMarks(fold, space, page, slots[mark.slot.pages]![row]!, bit, slots[mark.slot.value]![row] !== 0);
      return;
    }
    case flushAck.code: {
      const scope = slots[flushAck.slot.scope]![row]!;
      const tlb = fold.tlb(cpu);
      if (tlb === undefined) return;
      if (scope === SCOPE_RANGE) tlb.flushRange(pages, space, page, slots[flushAck.slot.pages]![row]!);
      else if (scope === SCOPE_SPACE) tlb.flushSpace(pages, space);
      else tlb.flushAll();
      return;
    }
    case cacheFlush.code:
      pages.forRange(space, page, slots[cacheFlush.slot.pages]![row]!, (index) => {
        frames.cached[pages.frame[index]!] = 0;
      });
      return;
    case transfer.code:
      pages.forRange(space, page, slots[transfer.slot.pages]![row]!, (index) => {
        const frame = pages.frame[index]!;
        frames.captured[frame] = frames.generation[frame]! - frames.cached[frame]!;
      });
      return;
    case map.code: {
      const frame = frames.ensure(slots[map.slot.frame]![row]!, fold.spaces.isGuest(space));
      mappings.map(pages.ensure(space, page), frame, slots[map.slot.memory]![row]!);
      return;
    }
    case unmap.code: {
      const index = pages.ensure(space, page);
      mappings.release(index);
      pages.pteLow[index] = pages.pteHigh[index] = 0;
      pages.marks[index] = 0;
      return;
    }
    case frameMove.code: {
      const frame = frames.ensure(slots[frameMove.slot.newFrame]![row]!, fold.spaces.isGuest(space));
      mappings.move(pages.ensure(space, page), frame, slots[frameMove.slot.memory]![row]!);
      return;
    }
    case harvestBegin.code:
      fold.harvesting = true;
      return;
    case harvestEnd.code:
      fold.harvesting = false;
      fold.harvests = slots[harvestEnd.slot.harvest]![row]!;
      return;
    case methodSwitch.code:
      fold.reads = slots[methodSwitch.slot.reads]![row]!;
      return;
    default:
  }
}

function setMarks(
  { pages: table, part }: Fold,
  space: number,
  page: number,
  pages: number,
  bit: number,
  set: boolean,
): void {
  if (!set) {
    table.forRange(space, page, pages, (index) => {
      table.marks[index]! &= ~bit;
    });
    return;
  }
  checkRecords(pages);
  const [from, count] = part === null ? [page, pages] : part.clipped(space, page, pages);
  for (let i = 0; i < count; i++) {
    const index = table.ensure(space, from + i);
    table.marks[index]! |= bit;
  }
}
