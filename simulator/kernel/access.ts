/**
 * One access of a program, from the CPU's TLB lookup to memory, with the faults on its way. The coarse scheduler's fast path does
 * the same without generators where nothing can come in between; this is the form that can be interleaved, and the meaning of both.
 *
 * An instruction is one thing: every page that it touches is translated before any byte is written, a fault starts it anew, and no
 * flush lands on its CPU in between.
 */
import { FAULT_PRESENT, FAULT_USER, FAULT_WRITE } from '../../traces/index.js';
import { AccessKind } from '../accesses.js';
import { FAULT_HANDLER } from '../machine/codes.js';
import { ACTOR_DEVICE, ACTOR_KERNEL } from '../machine/journal.js';
import { Lookup, type Micro, micro, Op, Walk } from '../micro-ops.js';
import type { StrategyCode } from '../strategies/define.js';
import { dirtyTrap, mapOnFault } from './faults.js';

const STORE = FAULT_WRITE | FAULT_USER;
const LOAD = FAULT_USER;
/** What a translation gives that needs no fault; anything else is the fault's error bits. */
const TRANSLATED = -1;

/** What an access touches of one page. */
export interface Part {
  /** Page index. */
  readonly page: number;
  readonly offset: number;
  readonly size: number;
}

/** An access of the given kind. */
export function access(strategy: StrategyCode, kind: number, parts: readonly Part[]): Micro {
  if (kind === AccessKind.store) return store(strategy, parts);
  if (kind === AccessKind.load) return load(strategy, parts);
  return kind === AccessKind.deviceWrite
    ? writeAround(strategy, parts, ACTOR_DEVICE, 'device write')
    : writeAround(strategy, parts, ACTOR_KERNEL, 'kernel write');
}

function* store(strategy: StrategyCode, parts: readonly Part[]): Micro {
  yield* translateAll(strategy, parts, translateForStore);
  for (const [i, { page, offset, size }] of parts.entries()) {
    yield micro(Op.commit, i === 0 ? 'store' : 'store, continued', page, offset, size);
  }
  yield micro(Op.retire, 'store');
}

function* load(strategy: StrategyCode, parts: readonly Part[]): Micro {
  yield* translateAll(strategy, parts, translateForLoad);
  for (const [i, { page, offset, size }] of parts.entries()) {
    yield micro(Op.load, i === 0 ? 'load' : 'load, continued', page, offset, size);
  }
  yield micro(Op.retire, 'load');
}

/** A write by an actor that goes through no page table; a page that is not mapped yet is mapped for it, armed as any other. */
function* writeAround(
  strategy: StrategyCode,
  parts: readonly Part[],
  writer: number,
  step: 'device write' | 'kernel write',
): Micro {
  for (const [i, { page, offset, size }] of parts.entries()) {
    yield* mapOnFault(page, strategy.mappedFlags);
    yield micro(Op.otherWrite, i === 0 ? step : 'store, continued', page, offset, size, writer);
  }
}

function* translateAll(
  strategy: StrategyCode,
  parts: readonly Part[],
  translate: (page: number) => Micro<number>,
): Micro {
  for (let done = 0; done < parts.length; ) {
    const { page } = parts[done]!;
    const error = yield* translate(page);
    if (error === TRANSLATED) {
      done++;
    } else {
      yield* fault(strategy, page, error);
      done = 0;
    }
  }
}

/** Leaves the CPU with an entry that has W and D, or gives the error bits of the fault that it must take. */
function* translateForStore(page: number): Micro<number> {
  const seen = yield micro(Op.tlbLookup, 'store', page);
  if (seen === Lookup.dirty) return TRANSLATED;
  // A cached read-only entry faults even where memory has become writable meanwhile: a spurious fault.
  if (seen === Lookup.readOnly) return STORE | FAULT_PRESENT;
  let walked: number = Walk.needsDirty;
  if (seen === Lookup.miss) walked = yield micro(Op.walkForStore, 'hardware walk', page);
  if (walked === Walk.needsDirty) walked = yield micro(Op.setDirty, 'hardware sets D', page);
  if (walked === Walk.filled) return TRANSLATED;
  return walked === Walk.notPresent ? STORE : STORE | FAULT_PRESENT;
}

function* translateForLoad(page: number): Micro<number> {
  const seen = yield micro(Op.tlbLookup, 'load', page);
  if (seen !== Lookup.miss) return TRANSLATED;
  return (yield micro(Op.walkForLoad, 'hardware walk', page)) === Walk.filled ? TRANSLATED : LOAD;
}

function* fault(strategy: StrategyCode, page: number, error: number): Micro {
  const handler = yield micro(Op.faultEnter, 'fault entry', page, error);
  if (handler === FAULT_HANDLER['not-present']) yield* strategy.notPresentFault(page, error);
  else if (handler === FAULT_HANDLER['write-protect']) yield* strategy.writeFault(page);
  else if (handler === FAULT_HANDLER['dirty-trap']) yield* dirtyTrap(page);
  // Spurious: the entry allows by now what was tried; return and retry.
}
