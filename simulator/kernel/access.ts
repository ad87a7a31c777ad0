/**
 * One access of a program, from the CPU's TLB lookup to memory, with the faults on its way. The recorder's fast path does the
 * same without generators where nothing can come in between; this is the form that can be interleaved, and the meaning of both.
 */
import { FAULT_HANDLERS, FAULT_PRESENT, FAULT_USER, FAULT_WRITE } from '../../traces/index.js';
import { Lookup, type Micro, micro, Op, Walk } from '../micro-ops.js';
import type { StrategyCode } from '../strategies/define.js';
import { dirtyTrap } from './faults.js';

const NOT_PRESENT = FAULT_HANDLERS.indexOf('not-present');
const WRITE_PROTECT = FAULT_HANDLERS.indexOf('write-protect');
const DIRTY_TRAP = FAULT_HANDLERS.indexOf('dirty-trap');

/** A store of `size` bytes at `offset` of the page. It is repeated from the start after each fault, as an instruction is. */
export function* store(strategy: StrategyCode, page: number, offset: number, size: number): Micro {
  while (!(yield* translateForStore(page))) yield* fault(strategy, page, FAULT_PRESENT | FAULT_WRITE | FAULT_USER);
  yield micro(Op.commit, 'store', page, offset, size);
}

/** Leaves the CPU with an entry that has W and D, or says that it must fault. */
function* translateForStore(page: number): Micro<boolean> {
  const seen = yield micro(Op.tlbLookup, 'store', page);
  if (seen === Lookup.dirty) return true;
  // A cached read-only entry faults even where memory has become writable meanwhile: a spurious fault.
  if (seen === Lookup.readOnly) return false;
  if (seen === Lookup.miss) {
    const walked = yield micro(Op.walk, 'hardware walk', page);
    if (walked === Walk.filled) return true;
    if (walked !== Walk.needsDirty) return false;
  }
  return (yield micro(Op.setDirty, 'hardware sets D', page)) === Walk.filled;
}

/** A load of `size` bytes at `offset` of the page. */
export function* load(strategy: StrategyCode, page: number, offset: number, size: number): Micro {
  for (;;) {
    const seen = yield micro(Op.tlbLookup, 'load', page);
    if (seen !== Lookup.miss || (yield micro(Op.walkForLoad, 'hardware walk', page)) === Walk.filled) break;
    yield* fault(strategy, page, FAULT_PRESENT | FAULT_USER);
  }
  yield micro(Op.load, 'load', page, offset, size);
}

function* fault(strategy: StrategyCode, page: number, error: number): Micro {
  const handler = yield micro(Op.faultEnter, 'fault entry', page, error);
  if (handler === NOT_PRESENT) yield* strategy.notPresentFault(page);
  else if (handler === WRITE_PROTECT) yield* strategy.writeFault(page);
  else if (handler === DIRTY_TRAP) yield* dirtyTrap(page);
  // Spurious: the entry allows by now what was tried; return and retry.
}
