/** Fault handlers that strategies share. Each looks at the entry again under its lock: what the CPU saw may be gone by then. */
import { invariant } from '../../base/index.js';
import { PTE_ACCESSED, PTE_DIRTY, PTE_HUGE, PTE_PRESENT, PTE_WRITABLE, PTE_SPECIAL } from '../../traces/index.js';
import { CARRIER, LOCK } from '../machine/codes.js';
import { type Micro, micro, Op } from '../micro-ops.js';
import type { StrategyOptions } from '../strategies/define.js';
import { flushEntries } from './restrict.js';

/** What a write fault leaves in an entry. */
export const WRITTEN = PTE_WRITABLE | PTE_DIRTY | PTE_ACCESSED;

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

/** The same where a swap entry, or a marker in its place, may remember a carrier: the mark goes, and the entry gets the flags that say so. */
export function* mapCarrying(page: number, carrier: number, flags: number, flagsIfCarried: number): Micro {
  yield micro(Op.lock, 'lock', page, LOCK['page-table']);
  const present = (yield micro(Op.pteLoad, 'install entry', page)) & PTE_PRESENT;
  if (!present) {
    const carried = yield micro(Op.markMove, 'install entry', page, carrier, -1);
    yield micro(Op.mapPage, 'install entry', page, carried ? flagsIfCarried : flags);
  }
  yield micro(Op.unlock, 'lock', page, LOCK['page-table']);
}

/** The same under a lock that an unmap or a move holds all the while. */
export function* mapUnder(lock: number, page: number, flags: number): Micro {
  yield micro(Op.lock, 'lock', -1, lock);
  yield* mapOnFault(page, flags);
  yield micro(Op.unlock, 'lock', -1, lock);
}

/**
 * A write fault that only has to change the entry: sets and clears logical flags under the page-table lock. An entry that was taken out
 * meanwhile stays out; the access is retried.
 */
export function* upgradeEntry(page: number, set: number, clear = 0): Micro {
  yield micro(Op.lock, 'lock', page, LOCK['page-table']);
  const present = (yield micro(Op.pteLoad, 'make entry writable', page)) & PTE_PRESENT;
  if (present) yield micro(Op.pteUpgrade, 'make entry writable', page, set, clear);
  yield micro(Op.unlock, 'lock', page, LOCK['page-table']);
}

/** The same under a lock that the harvest, or an unmap, holds. */
export function* upgradeUnder(lock: number, page: number, set: number): Micro {
  yield micro(Op.lock, 'lock', -1, lock);
  yield* upgradeEntry(page, set);
  yield micro(Op.unlock, 'lock', -1, lock);
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

/** A huge entry around the page becomes small ones, and what was cached of it goes. What becomes of its D is the split policy. */
export function* splitAround(options: StrategyOptions, page: number): Micro {
  const step = 'split huge entry';
  yield micro(Op.lock, 'lock', page, LOCK['page-table']);
  const flags = yield micro(Op.pteLoad, step, page);
  if (flags & PTE_HUGE) {
    const { splitPolicy, mutations } = options;
    const dirty = (flags & PTE_DIRTY) !== 0;
    if (dirty && splitPolicy === 'mark-all') yield micro(Op.recordEntry, step, page, CARRIER.bitmap);
    const keepsDirty = splitPolicy === 'propagate' && !mutations.has('split-drops-dirty');
    const small = flags & ~(PTE_HUGE | PTE_SPECIAL) & ~(keepsDirty ? 0 : PTE_DIRTY);
    const old = yield micro(Op.splitEntry, step, page, small);
    // A walker may have set D since the load: the exchange tells, unless nobody looks.
    if (keepsDirty && old & ~flags & PTE_DIRTY) yield micro(Op.recordEntry, step, page, CARRIER.bitmap);
    yield* flushEntries(options, page, page);
  }
  yield micro(Op.unlock, 'lock', page, LOCK['page-table']);
}

/** Write-fault handler of strategies whose entries are always writable. */
// biome-ignore lint/correctness/useYield: it must have the shape of a handler.
export function* neverProtected(): Micro {
  invariant(false, 'a write-protection fault under a strategy that protects nothing');
}
