/**
 * The monitor under a guest: what it does when a translation of its own stops a virtual CPU. With nested paging the second stage is its
 * own business; with shadow paging it derives the table that the hardware walks from the guest's, sets A and D there on the guest's behalf, and lets
 * a page be written only once the guest's D is set, so that the first write after a clean comes back to it.
 */
import { FAULT_PRESENT, FAULT_WRITE, PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { FAULT_HANDLER, LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import type { StrategyCode } from '../strategies/define.js';

/** The access is to be tried again. */
const RETRY = -1;

export interface MonitorCode {
  /** An access of the guest, with these error bits, met an entry that the monitor must see to. Gives the bits of the fault that is the guest's own, or -1. */
  violation(page: number, error: number): Micro<number>;
}

/** @param host the strategy that tracks in the second stage */
export function nestedMonitor(host: StrategyCode): MonitorCode {
  return {
    *violation(page, error) {
      const handler = yield micro(Op.violation, 'exit to the monitor', page, error);
      const under = yield micro(Op.pageUnder, 'exit to the monitor', page);
      if (handler === FAULT_HANDLER['not-present']) yield* host.notPresentFault(under, error);
      else if (handler === FAULT_HANDLER['write-protect']) yield* host.writeFault(under);
      yield micro(Op.resume, 'exit to the monitor');
      return RETRY;
    },
  };
}

/**
 * @param host the strategy that tracks by the shadow, or null
 * @param broken it does not emulate D: it never sets the guest's, and lets a page be written whenever the guest's W allows
 */
export function shadowMonitor(host: StrategyCode | null, broken: boolean): MonitorCode {
  /** Derives the shadow entry; gives the error bits of the guest's own fault, or -1. */
  function* derive(page: number, error: number): Micro<number> {
    const guest = yield micro(Op.pteLoad, 'exit to the monitor', page);
    if ((guest & PTE_PRESENT) === 0) return error;
    const isStore = (error & FAULT_WRITE) !== 0;
    if (isStore && (guest & PTE_WRITABLE) === 0) return error | FAULT_PRESENT;
    const sets = PTE_ACCESSED | (isStore ? PTE_DIRTY : 0);
    if (!broken) yield micro(Op.pteMonitor, 'monitor sets D', page, sets);
    const under = yield micro(Op.pageUnder, 'exit to the monitor', page);
    const written = isStore || broken || (guest & PTE_DIRTY) !== 0;
    const writable = (guest & PTE_WRITABLE) !== 0 && written && (isStore || host === null);
    if (isStore && host !== null) yield* host.noteWrite!(under);
    const flags = PTE_PRESENT | PTE_ACCESSED | (writable ? PTE_WRITABLE | PTE_DIRTY : 0);
    yield micro(Op.pteMonitor, 'monitor installs shadow entry', under, flags);
    return RETRY;
  }
  return {
    *violation(page, error) {
      yield micro(Op.violation, 'exit to the monitor', page, error);
      yield micro(Op.lock, 'lock', -1, LOCK.mmu);
      const found = yield* derive(page, error);
      yield micro(Op.unlock, 'lock', -1, LOCK.mmu);
      yield micro(Op.resume, 'exit to the monitor');
      return found;
    },
  };
}
