/**
 * Micro-operations on the small machine. Each does to its state what `Machine.execute` of the simulator does to its own, and gives the same
 * number back; a property test and the re-execution of every counterexample hold the two together. What is told apart here and not there is which
 * rules an operation breaks.
 */
import { UsageError } from '../../base/index.js';
import { CARRIER, LOCK, type MicroOp, Op } from '../../simulator/index.js';
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITABLE } from '../../traces/index.js';
import { BROKEN } from '../rules.js';
import { checkUnlock, declare } from './claims.js';
import { send } from './flushes.js';
import { discardFrame, mapPage, moveFrame, replaceFrame } from './frames.js';
import * as hardware from './hardware.js';
import { markClear, markMove, report, transfer } from './harvesting.js';
import { DECLARED, type PackedState } from './packed-state.js';
import type { Performer } from './performer.js';
import { bounded, forHomes, forPages, lastWith, nextWith } from './pages.js';

const ALLOWED = PTE_PRESENT | PTE_WRITABLE;

/** Whether the operation can be executed now, or has to wait. */
export function isReady(state: PackedState, op: MicroOp, actor: number): boolean {
  switch (op.code) {
    case Op.lock:
      return state.get(lockField(state, op)) === 0;
    case Op.flushWait:
      return state.get(state.awaited + actor) === 0;
    case Op.stopProgram:
      return !hardware.instructionUnderWay(state) && !inKernel(state);
    case Op.tlbLookup:
      return state.get(state.stopped) === 0;
    case Op.kick:
      return op.a >= state.shape.cpus || state.get(state.inInstruction + op.a) === 0;
    case Op.pteStore:
    case Op.pteExchange:
    case Op.pteChange:
    case Op.pteUnmap:
    case Op.replaceFrame:
      return !(state.shape.invalidatesWithEntry && hardware.instructionUnderWay(state));
    default:
      return true;
  }
}

/** Performs an operation; gives its result. */
export function execute(state: PackedState, op: MicroOp, by: Performer): number {
  const { shape } = state;
  const { page } = op;
  switch (op.code) {
    case Op.pteLoad:
      return state.get(state.flags + page);
    case Op.pteStore:
      return store(state, page, op.a, by.loaded);
    case Op.pteExchange:
      return change(state, page, op.a);
    case Op.pteChange:
      return change(state, page, (state.get(state.flags + page) & ~op.a) | op.b);
    case Op.pteUnmap:
      return change(state, page, 0);
    case Op.pteUpgrade: {
      const old = state.get(state.flags + page);
      // As a compare-and-swap does that finds another value than it was given.
      return old & PTE_PRESENT ? state.change(page, (old & ~op.b) | op.a) : old;
    }
    case Op.pteMonitor:
      return state.change(page, state.get(state.flags + page) | op.a);
    case Op.mapPage:
      mapPage(state, page, op.a);
      return 0;
    case Op.markSet:
      return state.setMark(page, op.a);
    case Op.recordEntry:
      state.setMark(page, op.a);
      return 0;
    case Op.markClear:
      markClear(state, page, op.b, op.a);
      return 0;
    case Op.markTest:
      return (state.get(state.marks + shape.home[page]!) >> op.a) & 1;
    case Op.markMove:
      return markMove(state, page, op.a, op.b);
    case Op.nextRun:
      return nextWith(state, page, op.a);
    case Op.nextRunWithin:
      return bounded(state, nextWith(state, page, op.a), op.b);
    case Op.lastMarked:
      return lastWith(state, page, op.a);
    case Op.moveFrame:
      return moveFrame(state, page);
    case Op.replaceFrame:
      return replaceFrame(state, page, op.a);
    case Op.discardFrame:
      discardFrame(state, page);
      return 0;
    case Op.flushSend:
      send(state, op, by);
      return 0;
    case Op.cacheFlush:
      forHomes(state, page, op.b, (home) => state.set(state.cached + home, 0));
      return 0;
    case Op.report:
      report(state, page, op.b);
      return 0;
    case Op.transfer:
      forHomes(state, page, op.b, (home) => transfer(state, home));
      return 0;
    case Op.switchMethod:
      state.set(state.readsNow, op.c);
      return 0;
    case Op.lock:
      state.set(lockField(state, op), 1);
      return 0;
    case Op.unlock:
      checkUnlock(state, op);
      state.set(lockField(state, op), 0);
      return 0;
    case Op.stopProgram:
      state.set(state.stopped, 1);
      return 0;
    case Op.resumeProgram:
      state.set(state.stopped, 0);
      return 0;
    case Op.tlbLookup:
      return hardware.lookup(state, by.cpu, page);
    case Op.walkForStore:
      return hardware.walkForStore(state, by.cpu, page);
    case Op.setDirty:
      return hardware.setDirty(state, by.cpu, page);
    case Op.setSecondDirty:
      return hardware.setSecondDirty(state, by.cpu, page);
    case Op.walkForLoad:
      return hardware.walkForLoad(state, by.cpu, page);
    case Op.commit:
      hardware.commit(state, by.cpu, page);
      return 0;
    case Op.retire:
    case Op.exit:
      state.set(state.inInstruction + by.cpu, 0);
      return 0;
    case Op.faultEnter:
      return hardware.fault(state, by.cpu, page, op.a);
    case Op.violation:
      return hardware.violation(state, by.cpu, page, op.a);
    case Op.enterKernel:
      state.set(state.inKernel + by.cpu, 1);
      return 0;
    case Op.resume:
      state.set(state.inKernel + by.cpu, 0);
      state.set(state.inMonitor + by.cpu, 0);
      return 0;
    case Op.kick:
      return op.a < shape.cpus ? state.get(state.ran + op.a) : 0;
    case Op.logTake: {
      const cpu = op.a < 0 ? by.cpu : op.a;
      if (op.b === 0) return hardware.takeLogged(state, state.logLength, state.log, cpu);
      return hardware.takeLogged(state, state.ringLength, state.ring, cpu);
    }
    case Op.ringPush:
      hardware.appendLogged(state, state.ringLength, state.ring, by.cpu, page);
      state.setMark(page, CARRIER.ring);
      return 0;
    case Op.otherWrite:
      hardware.otherWrite(state, page, op.c === 1);
      return 0;
    case Op.declare:
      forPages(state, page, op.b, (at) => declare(state, at, op.a, by));
      return 0;
    case Op.remember: {
      const old = state.get(state.variable(op.a));
      state.set(state.variable(op.a), op.b);
      return old;
    }
    case Op.recall:
      return state.get(state.variable(op.a));
    case Op.load:
    case Op.flushQueue:
    case Op.flushWait:
    case Op.walkEnd:
    case Op.populate:
    case Op.compareContents:
    case Op.notify:
      return 0;
    default:
      throw new UsageError({
        what: `operation ${op.code} of this program is not modelled in a search`,
        why: 'huge entries, forks and devices with an MMU of their own have more state than a search packs',
        mend: 'record it with --interleave fine and many seeds instead',
      });
  }
}

function inKernel(state: PackedState): boolean {
  for (let cpu = 0; cpu < state.shape.cpus; cpu++) if (state.get(state.inKernel + cpu)) return true;
  return false;
}

function lockField(state: PackedState, op: MicroOp): number {
  const { shape } = state;
  if (op.page < 0) return state.locks + op.a;
  return op.a === LOCK['page-table']
    ? state.tableLocks + shape.tableOf[op.page]!
    : state.pageLocks + shape.home[op.page]!;
}

/** A plain store of flags computed from what was loaded. */
function store(state: PackedState, page: number, flags: number, loaded: number): number {
  const now = state.get(state.flags + page);
  const gained = loaded >= 0 ? now & ~loaded : 0;
  if (gained & ~flags & ALLOWED || gained & ~flags & PTE_DIRTY) state.broken |= BROKEN['clobbered-dirty'];
  return change(state, page, flags);
}

function change(state: PackedState, page: number, flags: number): number {
  const { shape } = state;
  const old = state.change(page, flags);
  if ((old & PTE_PRESENT) === 0 && flags & PTE_PRESENT && state.get(state.declared + page) & DECLARED.gone)
    state.broken |= BROKEN['transient-none'];
  const lost = old & ~flags & (PTE_PRESENT | PTE_WRITABLE | PTE_DIRTY);
  if (shape.invalidatesWithEntry && lost) hardware.invalidateEverywhere(state, page);
  return old;
}
