/** Fault handlers that strategies share. */
import { invariant } from '../../base/index.js';
import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';

/**
 * An access to a page without an entry: installs one with these flags, under the page-table lock. Where an entry has appeared
 * meanwhile (another CPU, or a cleaner that had taken it out for a moment) there is nothing to do but retry.
 */
export function* mapOnFault(page: number, flags: number): Micro {
  yield micro(Op.lock, 'lock', page, LOCK['page-table']);
  const present = (yield micro(Op.pteLoad, 'install entry', page)) & PTE_PRESENT;
  if (!present) yield micro(Op.mapPage, 'install entry', page, flags);
  yield micro(Op.unlock, 'lock', page, LOCK['page-table']);
}

/** A write fault that only has to change the entry: sets and clears logical flags under the page-table lock. */
export function* upgradeEntry(page: number, set: number, clear = 0): Micro {
  yield micro(Op.lock, 'lock', page, LOCK['page-table']);
  yield micro(Op.pteUpgrade, 'make entry writable', page, set, clear);
  yield micro(Op.unlock, 'lock', page, LOCK['page-table']);
}

/**
 * A store to a writable, clean entry where no hardware sets D: the kernel does, unless the entry lost W while it waited for the
 * lock; the retry then faults for that.
 */
export function* dirtyTrap(page: number): Micro {
  yield micro(Op.lock, 'lock', page, LOCK['page-table']);
  if ((yield micro(Op.pteLoad, 'set D in software', page)) & PTE_WRITABLE) {
    yield micro(Op.pteUpgrade, 'set D in software', page, PTE_DIRTY | PTE_ACCESSED, 0);
  }
  yield micro(Op.unlock, 'lock', page, LOCK['page-table']);
}

/** Write-fault handler of strategies whose entries are always writable. */
// biome-ignore lint/correctness/useYield: it must have the shape of a handler.
export function* neverProtected(): Micro {
  invariant(false, 'a write-protection fault under a strategy that protects nothing');
}
