/**
 * One access of a program, from the CPU's TLB lookup to memory, with the faults and exits on its way. The coarse scheduler's fast path does
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
import type { StrategyCode, StrategyOptions } from '../strategies/define.js';
import { dirtyTrap } from './faults.js';
import type { MonitorCode } from './monitor.js';

const STORE = FAULT_WRITE | FAULT_USER;
const LOAD = FAULT_USER;
/** What a translation gives that needs nobody; error bits are those of a fault. */
const TRANSLATED = -1;
const VIOLATION = -2;
const LOG_FULL = -3;
/** An instruction begins anew: nothing of its first try is left. */
const ANEW = micro(Op.settle, 'store', -1, 1);

/** Whose code an access meets on its way. */
export interface Tracking {
  /** That of the program's own kernel, or of a monitor whose guest is not modelled. */
  readonly strategy: StrategyCode;
  readonly options: StrategyOptions;
  /** That which tracks in the second stage under a guest; null where there is none. */
  readonly host: StrategyCode | null;
  /** What the monitor does about its second stage or shadow; null where there is none. */
  readonly monitor: MonitorCode | null;
  /** A page of the guest gets its entry in the second stage along with its own. */
  readonly mapsBothStages: boolean;
  /** That which owns the log the walker writes. */
  readonly logged: StrategyCode | null;
  /** Devices write through an MMU of their own. */
  readonly deviceMmu: boolean;
}

/** What an access touches of one page. */
export interface Part {
  /** Page index. */
  readonly page: number;
  readonly offset: number;
  readonly size: number;
}

/** An access of the given kind. */
export function access(tracking: Tracking, kind: number, parts: readonly Part[]): Micro {
  if (kind === AccessKind.store) return store(tracking, parts);
  if (kind === AccessKind.load) return load(tracking, parts);
  if (kind === AccessKind.kernelWrite) return writeAround(tracking.strategy, parts, ACTOR_KERNEL, 'kernel write');
  return tracking.deviceMmu
    ? writeThroughDeviceMmu(tracking.strategy, parts)
    : writeAround(tracking.strategy, parts, ACTOR_DEVICE, 'device write');
}

function* store(tracking: Tracking, parts: readonly Part[]): Micro {
  yield* translateAll(tracking, parts, translateForStore);
  for (const [i, { page, offset, size }] of parts.entries()) {
    yield micro(Op.commit, i === 0 ? 'store' : 'store, continued', page, offset, size);
  }
  yield micro(Op.retire, 'store');
}

function* load(tracking: Tracking, parts: readonly Part[]): Micro {
  yield* translateAll(tracking, parts, translateForLoad);
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
    yield micro(Op.enterKernel, step);
    yield* strategy.notPresentFault(page, 0);
    yield micro(Op.resume, step);
    yield micro(Op.otherWrite, i === 0 ? step : 'store, continued', page, offset, size, writer);
  }
}

/** A device that follows the page table: what it has no translation for it asks of the kernel, which treats it as a write fault. */
function* writeThroughDeviceMmu(strategy: StrategyCode, parts: readonly Part[]): Micro {
  for (const [i, { page, offset, size }] of parts.entries()) {
    const step = i === 0 ? 'device write' : 'store, continued';
    while (!(yield micro(Op.deviceStore, step, page, offset, size))) {
      const handler = yield micro(Op.deviceFault, 'device request', page, FAULT_WRITE | FAULT_PRESENT);
      yield* handle(strategy, handler, page, FAULT_WRITE);
      yield micro(Op.resume, 'device request');
      yield micro(Op.deviceFill, 'device request', page);
      yield micro(Op.settle, step, -1, 1 + i);
    }
  }
}

function* translateAll(
  tracking: Tracking,
  parts: readonly Part[],
  translate: (page: number, hasMonitor: boolean) => Micro<number>,
): Micro {
  const error = translate === translateForStore ? STORE : LOAD;
  for (let done = 0; done < parts.length; ) {
    const { page } = parts[done]!;
    let found = yield* translate(page, tracking.monitor !== null);
    if (found === TRANSLATED) {
      done++;
      continue;
    }
    if (found === VIOLATION) found = yield* tracking.monitor!.violation(page, error);
    if (found === LOG_FULL) yield* tracking.logged!.logFull!();
    else if (found >= 0) yield* fault(tracking.strategy, page, found);
    done = 0;
    yield ANEW;
  }
}

/** Leaves the CPU with an entry that has W and D, or gives the error bits of the fault that it must take. */
function* translateForStore(page: number, hasMonitor: boolean): Micro<number> {
  const seen = yield micro(Op.tlbLookup, 'store', page);
  if (seen === Lookup.dirty) return TRANSLATED;
  // A cached read-only entry faults even where memory has become writable meanwhile: a spurious fault. Where two tables decide, the CPU
  // looks at them again to tell whose refusal it is.
  if (seen === Lookup.readOnly && !hasMonitor) return STORE | FAULT_PRESENT;
  let walked: number = Walk.needsDirty;
  if (seen !== Lookup.clean) walked = yield micro(Op.walkForStore, 'hardware walk', page);
  if (walked === Walk.needsDirty) walked = yield micro(Op.setDirty, 'hardware sets D', page);
  if (walked === Walk.needsSecondDirty) walked = yield micro(Op.setSecondDirty, 'hardware sets D', page);
  if (walked === Walk.filled) return TRANSLATED;
  if (walked === Walk.violation) return VIOLATION;
  if (walked === Walk.logFull) return LOG_FULL;
  return walked === Walk.notPresent ? STORE : STORE | FAULT_PRESENT;
}

function* translateForLoad(page: number): Micro<number> {
  const seen = yield micro(Op.tlbLookup, 'load', page);
  if (seen !== Lookup.miss) return TRANSLATED;
  const walked = yield micro(Op.walkForLoad, 'hardware walk', page);
  if (walked === Walk.filled) return TRANSLATED;
  return walked === Walk.violation ? VIOLATION : LOAD;
}

function* fault(strategy: StrategyCode, page: number, error: number): Micro {
  const handler = yield micro(Op.faultEnter, 'fault entry', page, error);
  yield* handle(strategy, handler, page, error);
  yield micro(Op.resume, 'fault entry');
}

/** What the kernel does about a fault; of a spurious one, nothing: the entry allows by now what was tried, and the access is retried. */
function* handle(strategy: StrategyCode, handler: number, page: number, error: number): Micro {
  if (handler === FAULT_HANDLER['not-present']) yield* strategy.notPresentFault(page, error);
  else if (handler === FAULT_HANDLER['write-protect']) yield* strategy.writeFault(page);
  else if (handler === FAULT_HANDLER['dirty-trap']) yield* dirtyTrap(page);
}
