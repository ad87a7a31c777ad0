/** What the scenarios of soft-dirty bits share: the faults that set the bit, and a checkpoint that clears it. Its steps are those of the strategy. */
import { FAULT_WRITE, PTE_PRESENT, PTE_SOFT_DIRTY, PTE_WRITABLE } from '../../../traces/index.js';
import {
  flushRange,
  LOCK,
  mapOnFault,
  type Micro,
  micro,
  Op,
  upgradeEntry,
  WRITTEN,
} from '../../../simulator/index.js';
import type { Handlers, ScenarioPiece } from '../../scenario.js';

export const ON_WRITE = WRITTEN | PTE_SOFT_DIRTY;

/** A write fault sets the bit; an area is tracked unless somebody says otherwise. */
export const SOFT_DIRTY_FAULTS = {
  mappedFlags: PTE_PRESENT,
  writeFault: (page) => upgradeEntry(page, ON_WRITE),
  notPresentFault: (page, error) => mapOnFault(page, PTE_PRESENT | (error & FAULT_WRITE ? ON_WRITE : 0)),
} as const satisfies Handlers;

/** The checkpointer clears the bit of a page and copies what it holds. */
export function checkpoint(page: number): ScenarioPiece {
  return { label: 'checkpoint', code: () => clearAndCopy(page) };
}

function* clearAndCopy(page: number): Micro {
  yield micro(Op.lock, 'lock', page, LOCK['page-table']);
  yield micro(Op.pteChange, 'clear_refs', page, PTE_WRITABLE | PTE_SOFT_DIRTY, 0);
  yield* flushRange(page, page, 'harvest');
  yield micro(Op.unlock, 'lock', page, LOCK['page-table']);
  yield micro(Op.transfer, 'transfer', page);
}
