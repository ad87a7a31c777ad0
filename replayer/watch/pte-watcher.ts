/**
 * Watchpoints on an entry: the one that governs the page, its own or that of the huge page it is part of. Two cells hold both, and an
 * event about either says all that the cell holds afterwards.
 */
import { PAGES_PER_TABLE } from '../../base/index.js';
import { PTE_HUGE, pte, unmap, type EventBatch, type PteLayout } from '../../traces/index.js';
import type { Fold } from '../fold/index.js';
import type { PteStop } from './stop.js';
import { hasKind, speaksOf, type Watcher, type WatcherState } from './watcher.js';

const KINDS = (1 << pte.code) | (1 << unmap.code);

export function pteWatcher(stop: PteStop, layout: PteLayout): Watcher {
  const { space, page, flags } = stop;
  const head = page - (page % PAGES_PER_TABLE);
  // [low, high] of the page's own entry and of the head's.
  const own: [number, number] = [0, 0];
  const huge: [number, number] = [0, 0];

  /** The value now: the flags asked for, or the raw halves. */
  const value = (): readonly [number, number] => {
    const governed = own[0] === 0 && own[1] === 0 && layout.flags(huge[0], huge[1]) & PTE_HUGE ? huge : own;
    return flags === null ? [governed[0], governed[1]] : [layout.flags(governed[0], governed[1]) & flags, 0];
  };
  const isOurs = (batch: EventBatch, row: number): boolean =>
    batch.space[row] === space && (batch.page[row] === page || batch.page[row] === head);
  const mayHold: Watcher['mayHold'] = (chunk) =>
    hasKind(chunk, [pte.kind, unmap.kind]) && (speaksOf(chunk, page, page) || speaksOf(chunk, head, head));

  const state: WatcherState = {
    begin(fold) {
      load(fold, space, page, own);
      if (head === page) huge.fill(0);
      else load(fold, space, head, huge);
    },
    anchorKinds: KINDS,
    mayAnchor: mayHold,
    isAnchor(batch, row) {
      if (!isOurs(batch, row)) return false;
      if (flags === null || batch.kind[row] !== pte.code || batch.page[row] !== page) return true;
      // The event tells what was there: most changes of other bits are seen to change nothing here.
      const [oldLow, oldHigh, newLow, newHigh] = halves(batch, row);
      if ((oldLow === 0 && oldHigh === 0) || (newLow === 0 && newHigh === 0)) return true;
      return ((layout.flags(oldLow, oldHigh) ^ layout.flags(newLow, newHigh)) & flags) !== 0;
    },
    trailing: false,
    settled: true,
  };

  return {
    kinds: KINDS,
    mayHold,
    matches(batch, row) {
      if (!isOurs(batch, row)) return false;
      const [low, high] = value();
      const cell = batch.page[row] === page ? own : huge;
      const [, , newLow, newHigh] = halves(batch, row);
      cell[0] = batch.kind[row] === pte.code ? newLow : 0;
      cell[1] = batch.kind[row] === pte.code ? newHigh : 0;
      const [lowNow, highNow] = value();
      return low !== lowNow || high !== highNow;
    },
    state,
  };
}

function load({ pages }: Fold, space: number, page: number, cell: [number, number]): void {
  const index = pages.find(space, page);
  cell[0] = index < 0 ? 0 : pages.pteLow[index]!;
  cell[1] = index < 0 ? 0 : pages.pteHigh[index]!;
}

function halves({ slots }: EventBatch, row: number): readonly [number, number, number, number] {
  return [
    slots[pte.slot.oldLow]![row]!,
    slots[pte.slot.oldHigh]![row]!,
    slots[pte.slot.newLow]![row]!,
    slots[pte.slot.newHigh]![row]!,
  ];
}
